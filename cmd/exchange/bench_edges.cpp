// `exchange bench rest` and `exchange bench websocket`: a child exchange, and the generators of bench/ against it.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>
#include <vector>

#include "bench/idle.h"
#include "bench/load.h"
#include "bench/rest_client.h"
#include "bench/stream_readers.h"
#include "bench/websocket_client.h"
#include "cmd/exchange/bench_child.h"
#include "cmd/exchange/bench_command.h"
#include "cmd/exchange/cli.h"
#include "cmd/exchange/load_output.h"
#include "cmd/exchange/output.h"
#include "cmd/exchange/temporary_folder.h"

namespace exchange {
namespace {

using core::Result;

constexpr int kAccounts = 16;
constexpr std::uint64_t kRateHz = 5'000;         // of the latency measurement
constexpr std::uint64_t kFanOutRateHz = 10'000;  // orders that make the messages
constexpr const char* kFanOutPath = "/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@depth@100ms";
constexpr std::uint64_t kOtherDescriptors = 64;  // of a process, beside its idle connections

struct Part {
  std::string name;
  int pipelined;
  std::uint64_t rate_hz;
};

std::vector<Part> parts(const BenchOptions& options) {
  return {{"closed_loop", 1, 0}, {"pipelined_16", 16, 0}, {"fixed_rate", 1, options.rate > 0 ? options.rate : kRateHz}};
}

bench::LoadOptions load_options(const BenchChild& child, const BenchOptions& options, const Part& part) {
  return {.endpoint = child.endpoint(),
          .connections = options.connections,
          .pipelined = part.pipelined,
          .rate_hz = part.rate_hz,
          .measure_ns = static_cast<std::int64_t>(options.seconds) * 1'000'000'000};
}

// Closed loop, pipelined, and at a fixed rate; an object each into `out`. False when anything was refused.
Result<bool> measure_orders(const BenchChild& child, const BenchOptions& options, const bench::ClientFactory& clients,
                            const std::string& title, json::object& out) {
  bool all_well = true;
  for (const Part& part : parts(options)) {
    const auto result = bench::run_load(load_options(child, options, part), clients);
    if (!result) return std::unexpected(result.error());
    all_well &= is_clean(*result);
    if (!options.json) print_load_line(title + part.name, *result);
    out[part.name] = load_object(*result, part.rate_hz);
  }
  return all_well;
}

Result<bool> measure_rest(const BenchChild& child, const BenchOptions& options, json::object& out) {
  const auto keys = child.make_accounts(kAccounts, false);
  if (!keys) return std::unexpected(keys.error());
  return measure_orders(child, options, bench::rest_clients(*keys, {}), "", out);
}

// Every request signed with HMAC, and sessions that have logged on with an Ed25519 key.
Result<bool> measure_websocket_orders(const BenchChild& child, const BenchOptions& options, json::object& out) {
  bool all_well = true;
  for (const bool is_ed25519 : {false, true}) {
    const auto keys = child.make_accounts(kAccounts, is_ed25519);
    if (!keys) return std::unexpected(keys.error());
    const std::string name = is_ed25519 ? "logged_on" : "signed";
    json::object one;
    const auto clients = bench::websocket_api_clients({.endpoint = child.endpoint(), .credentials = *keys});
    const auto well = measure_orders(child, options, clients, name + " ", one);
    if (!well) return well;
    all_well &= *well;
    out[name] = std::move(one);
  }
  return all_well;
}

// False when anything was refused, or did not reach the readers.
Result<bool> measure_fan_out(const BenchChild& child, const BenchOptions& options, json::object& out) {
  const auto keys = child.make_accounts(kAccounts, false);
  if (!keys) return std::unexpected(keys.error());
  bool all_well = true;
  for (const Part& part :
       {Part{"at_rate", 4, options.rate > 0 ? options.rate : kFanOutRateHz}, Part{"saturated", 4, 0}}) {
    const auto result =
        bench::run_fan_out({.endpoint = child.endpoint(), .path = kFanOutPath, .readers = options.readers},
                           load_options(child, options, part), bench::rest_clients(*keys, {}));
    if (!result) return std::unexpected(result.error());
    const auto& streams = result->streams;
    const double per_receive =
        streams.receives == 0 ? 0 : static_cast<double>(streams.messages) / static_cast<double>(streams.receives);
    if (!options.json) {
      fmt::print("fan_out {:<10} {:>9.0f} messages/s  {:.0f} MB/s  {:.1f} a receive  {} of {} readers lost {}\n",
                 part.name, result->messages_per_second, result->megabytes_per_second, per_receive,
                 streams.readers_lost, options.readers, streams.first_loss);
      print_load_line("  orders", result->orders);
    }
    all_well &= is_clean(*result, options.readers, part.rate_hz);
    json::object one{{"readers", options.readers},
                     {"messages_per_s", result->messages_per_second},
                     {"megabytes_per_s", result->megabytes_per_second},
                     {"messages_per_receive", per_receive},
                     {"readers_lost", streams.readers_lost}};
    if (streams.readers_lost > 0) one["first_loss"] = streams.first_loss;
    one["orders"] = load_object(result->orders, part.rate_hz);
    out[part.name] = std::move(one);
  }
  return all_well;
}

// What a connection adds to the memory of a child that has served nothing else yet.
Result<void> measure_idle(const BenchOptions& options, const std::string& name, const std::string& websocket_path,
                          json::object& out) {
  const std::uint64_t limit = bench::raise_descriptor_limit();
  const int count = static_cast<int>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(options.idle), limit - std::min(limit, kOtherDescriptors)));
  const auto folder = TemporaryFolder::make(options.folder);
  if (!folder) return std::unexpected(folder.error());
  BenchChild child(folder->path());
  if (auto started = child.start(); !started) return started;
  // What the first connection brings to life (pages of code, buffers of the loop) belongs to no connection.
  if (const auto first = bench::open_idle(child.endpoint(), 8, websocket_path); !first)
    return std::unexpected(first.error());
  const auto before = child.resident_bytes();
  if (!before) return std::unexpected(before.error());
  const auto connections = bench::open_idle(child.endpoint(), count, websocket_path);
  if (!connections) return std::unexpected(connections.error());
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto after = child.resident_bytes();
  if (!after) return std::unexpected(after.error());
  std::string shortfall = connections->shortfall;
  if (shortfall.empty() && count < options.idle)
    shortfall = fmt::format("this process may open {} descriptors (ulimit -n)", limit);
  const auto open = static_cast<double>(connections->open.size());
  const double bytes = (static_cast<double>(*after) - static_cast<double>(*before)) / open;
  if (!options.json)
    fmt::print("{:<22} {:>9.0f} bytes a connection, {} open {}\n", name, bytes, connections->open.size(), shortfall);
  std::fflush(stdout);
  json::object one{{"connections", connections->open.size()}, {"resident_bytes_per_connection", bytes}};
  if (!shortfall.empty()) one["shortfall"] = shortfall;
  out[name] = std::move(one);
  return {};
}

// Runs `measure` against a child, and prints.
template <class Measure>
int with_child(const BenchOptions& options, const Measure& measure) {
  const auto folder = TemporaryFolder::make(options.folder);
  if (!folder) return report(folder.error());
  json::object out{{"connections", options.connections}, {"accounts", kAccounts}};
  bool all_well = true;
  {
    BenchChild child(folder->path());
    if (auto started = child.start(); !started) return report(started.error());
    pin_to_last_processor();
    const Result<bool> well = measure(child, out);
    if (!well) return report(well.error());
    all_well = *well;
  }
  if (options.json) print_object(out, true);
  return all_well ? kExitDone : kExitWrong;
}

}  // namespace

int bench_rest_command(const BenchOptions& options) {
  return with_child(options,
                    [&](const BenchChild& child, json::object& out) { return measure_rest(child, options, out); });
}

int bench_websocket_command(const BenchOptions& options) {
  json::object idle;
  // First, so that these children are not pinned to the generator's processor.
  for (const auto& [name, path] : {std::pair{"idle_http", ""}, {"idle_websocket", "/ws"}}) {
    if (auto measured = measure_idle(options, name, path, idle); !measured) return report(measured.error());
  }
  return with_child(options, [&](const BenchChild& child, json::object& out) -> Result<bool> {
    out["idle"] = idle;
    const auto orders = measure_websocket_orders(child, options, out);
    if (!orders) return orders;
    json::object fan_out;
    const auto streams = measure_fan_out(child, options, fan_out);
    if (!streams) return streams;
    out["fan_out"] = std::move(fan_out);
    return *orders && *streams;
  });
}

}  // namespace exchange
