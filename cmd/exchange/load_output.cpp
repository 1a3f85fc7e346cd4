#include "cmd/exchange/load_output.h"

#include <fmt/format.h>

#include <cstdio>

namespace exchange {
namespace {

double us(std::int64_t ns) { return static_cast<double>(ns) / 1e3; }

}  // namespace

json::object load_object(const bench::LoadResult& result, std::uint64_t rate_hz) {
  json::object out;
  if (rate_hz > 0) out["rate_per_s"] = rate_hz;
  out["requests"] = result.requests;
  out["requests_per_s"] = result.requests_per_second;
  out["p50_us"] = us(result.latency.p50_ns);
  out["p99_us"] = us(result.latency.p99_ns);
  out["p999_us"] = us(result.latency.p999_ns);
  out["max_us"] = us(result.latency.max_ns);
  out["errors"] = result.errors;
  out["unanswered"] = result.unanswered;
  out["generator_busy_percent"] = result.generator_busy * 100;
  if (result.errors > 0) out["first_error"] = result.first_error;
  return out;
}

void print_load_line(const std::string& name, const bench::LoadResult& result) {
  fmt::print("{:<22} {:>9.0f} requests/s  p50 {:.0f} p99 {:.0f} p99.9 {:.0f} max {:.0f} us  {} errors", name,
             result.requests_per_second, us(result.latency.p50_ns), us(result.latency.p99_ns),
             us(result.latency.p999_ns), us(result.latency.max_ns), result.errors);
  if (result.errors > 0) fmt::print(" {}", result.first_error);
  if (result.unanswered > 0) fmt::print("  {} unanswered", result.unanswered);
  fmt::print("  generator {:.0f} % busy\n", result.generator_busy * 100);
  std::fflush(stdout);
}

bool is_clean(const bench::LoadResult& result) { return result.errors == 0 && result.unanswered == 0; }

bool is_clean(const bench::FanOutResult& result, int readers, std::uint64_t rate_hz) {
  const std::uint64_t lost_max = rate_hz > 0 ? 0 : static_cast<std::uint64_t>(readers) - 1;
  return is_clean(result.orders) && result.streams.messages > 0 && result.streams.readers_lost <= lost_max;
}

}  // namespace exchange
