#include "cmd/exchange/bench_child.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <thread>

#include "cmd/exchange/control_client.h"

namespace exchange {
namespace {

constexpr int kStartTries = 500;  // of 20 ms

}  // namespace

BenchChild::~BenchChild() {
  if (process_ <= 0) return;
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

core::Result<void> BenchChild::start() {
  process_ = ::fork();
  if (process_ < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), "fork");
  if (process_ == 0) {
    const int log = ::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (log < 0) ::_exit(127);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    const std::string data = folder_ + "/data";
    ::execl("/proc/self/exe", "exchange", "start", "--no-demo", "--limits", "open", "--listen", "127.0.0.1:0", "--data",
            data.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < kStartTries; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const auto status = ask({{"command", "status"}});
    if (!status) {
      if (::waitpid(process_, nullptr, WNOHANG) != process_) continue;
      process_ = 0;
      break;
    }
    const auto endpoint = bench::parse_url(text_of(*status, "url"));
    if (!endpoint) continue;
    endpoint_ = *endpoint;
    return {};
  }
  return core::fail(core::ErrorKind::unavailable, "the exchange did not start", folder_ + "/log");
}

core::Result<json::object> BenchChild::ask(const json::object& request) const {
  return ask_exchange(folder_ + "/data", request);
}

core::Result<std::vector<bench::Credentials>> BenchChild::make_accounts(int count, bool is_ed25519) const {
  std::vector<bench::Credentials> credentials;
  for (int i = 0; i < count; ++i) {
    const std::string account = (is_ed25519 ? "bench-ed25519-" : "bench-") + std::to_string(i);
    json::object request{{"command", "keys_create"}, {"account", account}, {"permissions", "read,trade"}};
    bench::Ed25519KeyPair pair;
    if (is_ed25519) {
      pair = bench::make_ed25519_keys();
      request["type"] = "ed25519";
      request["public_key"] = pair.public_key_pem;
    }
    const auto key = ask(request);
    if (!key) return std::unexpected(key.error());
    credentials.push_back({text_of(*key, "api_key"), text_of(*key, "secret"), pair.private_key_pem});
    for (const auto& [asset, amount] : {std::pair{"BTC", "10000"}, {"USDT", "1000000000"}}) {
      const auto deposited = ask({{"command", "deposit"}, {"account", account}, {"asset", asset}, {"amount", amount}});
      if (!deposited) return std::unexpected(deposited.error());
    }
  }
  return credentials;
}

core::Result<std::uint64_t> BenchChild::resident_bytes() const {
  const std::string path = "/proc/" + std::to_string(process_) + "/statm";
  std::ifstream in(path);
  std::uint64_t total_pages = 0, resident_pages = 0, shared_pages = 0;
  if (!(in >> total_pages >> resident_pages >> shared_pages))
    return core::fail(core::ErrorKind::io, "cannot read", path);
  return (resident_pages - shared_pages) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void pin_to_last_processor() {
  const long count = ::sysconf(_SC_NPROCESSORS_ONLN);
  if (count < 2) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(count - 1), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace exchange
