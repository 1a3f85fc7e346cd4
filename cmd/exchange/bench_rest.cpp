// `exchange bench rest`: this binary as a child process with limits `open`, and the load generator of bench/rest
// against it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "bench/rest.h"
#include "cmd/exchange/bench_command.h"
#include "cmd/exchange/cli.h"
#include "cmd/exchange/control_client.h"
#include "cmd/exchange/output.h"
#include "cmd/exchange/temporary_folder.h"

namespace exchange {
namespace {

using core::Result;
using std::chrono::milliseconds;

constexpr int kAccounts = 16;
constexpr int kStartTries = 500;  // of 20 ms

// A running exchange that ends with this object.
class Child {
 public:
  explicit Child(std::string data) : data_(std::move(data)) {}
  ~Child() {
    if (process_ <= 0) return;
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  Result<void> start() {
    process_ = ::fork();
    if (process_ < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), "fork");
    if (process_ == 0) {
      const int log = ::open((data_ + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
      if (log < 0) ::_exit(127);
      ::dup2(log, STDOUT_FILENO);
      ::dup2(log, STDERR_FILENO);
      const std::string folder = data_ + "/data";
      ::execl("/proc/self/exe", "exchange", "start", "--no-demo", "--limits", "open", "--listen", "127.0.0.1:0",
              "--data", folder.c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < kStartTries; ++i) {
      std::this_thread::sleep_for(milliseconds(20));
      const auto status = ask({{"command", "status"}});
      if (!status) {
        if (::waitpid(process_, nullptr, WNOHANG) != process_) continue;
        process_ = 0;
        break;
      }
      const std::string url = text_of(*status, "url");
      port_ = static_cast<std::uint16_t>(std::strtoul(url.c_str() + url.rfind(':') + 1, nullptr, 10));
      if (port_ != 0) return {};
    }
    return core::fail(core::ErrorKind::unavailable, "the exchange did not start", data_ + "/log");
  }
  [[nodiscard]] Result<json::object> ask(const json::object& request) const {
    return ask_exchange(data_ + "/data", request);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  const std::string data_;
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
};

Result<std::vector<bench::RestKey>> make_accounts(const Child& child) {
  std::vector<bench::RestKey> keys;
  for (int i = 0; i < kAccounts; ++i) {
    const std::string account = "bench-" + std::to_string(i);
    const auto key = child.ask({{"command", "keys_create"}, {"account", account}, {"permissions", "read,trade"}});
    if (!key) return std::unexpected(key.error());
    keys.push_back({text_of(*key, "api_key"), text_of(*key, "secret")});
    for (const auto& [asset, amount] : {std::pair{"BTC", "10000"}, {"USDT", "1000000000"}}) {
      const auto deposited =
          child.ask({{"command", "deposit"}, {"account", account}, {"asset", asset}, {"amount", amount}});
      if (!deposited) return std::unexpected(deposited.error());
    }
  }
  return keys;
}

// The load generator on the last processor; the exchange goes where the system puts it, which is the other one.
void pin_to_last_processor() {
  const long count = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (count < 2) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(count - 1), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

json::object result_object(const bench::RestResult& result) {
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1e3; };
  json::object out{{"requests", result.requests},
                   {"requests_per_s", result.requests_per_second},
                   {"p50_us", us(result.latency.p50_ns)},
                   {"p99_us", us(result.latency.p99_ns)},
                   {"p999_us", us(result.latency.p999_ns)},
                   {"max_us", us(result.latency.max_ns)},
                   {"errors", result.errors}};
  if (result.errors > 0) out["first_error"] = result.first_error;
  return out;
}

struct Part {
  const char* name;
  int pipelined;
  std::uint64_t rate_hz;
};

}  // namespace

int bench_rest_command(const BenchOptions& options) {
  const auto folder = TemporaryFolder::make(options.folder);
  if (!folder) return report(folder.error());
  Child child(folder->path());
  if (auto started = child.start(); !started) return report(started.error());
  const auto keys = make_accounts(child);
  if (!keys) return report(keys.error());
  pin_to_last_processor();
  json::object out{{"connections", options.connections}, {"accounts", kAccounts}};
  const std::uint64_t rate = options.rate > 0 ? options.rate : 5'000;
  bool all_well = true;
  for (const Part& part : {Part{"closed_loop", 1, 0}, Part{"pipelined_16", 16, 0}, Part{"fixed_rate", 1, rate}}) {
    bench::RestOptions rest{.port = child.port(),
                            .keys = *keys,
                            .connections = options.connections,
                            .pipelined = part.pipelined,
                            .rate_hz = part.rate_hz};
    rest.measure_ns = static_cast<std::int64_t>(options.seconds) * 1'000'000'000;
    const auto result = bench::bench_rest(rest);
    if (!result) return report(result.error());
    json::object one = result_object(*result);
    if (part.rate_hz > 0) one["rate_per_s"] = part.rate_hz;
    all_well &= result->errors == 0;
    if (!options.json) {
      fmt::print("{:<13} {:>9.0f} requests/s  p50 {:.0f} p99 {:.0f} p99.9 {:.0f} max {:.0f} us  {} errors {}\n",
                 part.name, result->requests_per_second, one.at("p50_us").as_double(), one.at("p99_us").as_double(),
                 one.at("p999_us").as_double(), one.at("max_us").as_double(), result->errors, result->first_error);
      std::fflush(stdout);
    }
    out[part.name] = std::move(one);
  }
  if (options.json) print_object(out, true);
  return all_well ? kExitDone : kExitWrong;
}

}  // namespace exchange
