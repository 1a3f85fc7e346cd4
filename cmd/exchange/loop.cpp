#include "cmd/exchange/loop.h"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <optional>
#include <thread>

#include "pkg/core/check.h"

namespace exchange {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kTickNs = 100 * kMillisecond;        // time-outs, signals, snapshots
constexpr std::int64_t kSpinNsMax = 500'000;                // a few commits of a good disk; then block until woken
constexpr std::int64_t kStopNsMax = 10'000 * kMillisecond;  // for clients to take their last answers

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stop_signals();
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  ::signal(SIGPIPE, SIG_IGN);
}

bool StopSignals::asked() {
  const sigset_t set = stop_signals();
  const timespec none{};
  return sigtimedwait(&set, nullptr, &none) > 0;
}

core::Result<std::vector<orders::AccountEvent>> carry_out(Exchange& exchange, const engine::Command& command) {
  class Waiter final : public gateways::ReplyHandler {
   public:
    void on_reply(const gateways::Reply& reply) override { events.emplace(reply.events.begin(), reply.events.end()); }
    std::optional<std::vector<orders::AccountEvent>> events;
  } waiter;
  // Just after start the first segment may still be in the making; a full disk shows as no_space.
  for (int tries = 0; !exchange.submit(command, 0, waiter, exchange.now()); ++tries) {
    exchange.step();
    if (exchange.failure()) return std::unexpected(*exchange.failure());
    if (tries > 5000)
      return core::fail(core::ErrorKind::no_space, "the journal has no room for a command", {},
                        "make room on the data folder's disk");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  while (!waiter.events) {
    exchange.step();
    if (exchange.failure()) return std::unexpected(*exchange.failure());
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  return std::move(*waiter.events);
}

core::Result<void> Loop::run(StopSignals& signals) {
  while (true) {
    turn();
    if (exchange_.failure()) return std::unexpected(*exchange_.failure());
    const std::int64_t now_ns = clock_.monotonic_ns();
    if (now_ns < next_tick_ns_) continue;
    next_tick_ns_ = now_ns + kTickNs;
    gateway_.tick(now_ns);
    for (const std::string& message : stores_.take_messages()) spdlog::warn("{}", message);
    if (signals.asked()) return stop();
  }
}

void Loop::turn() {
  const host::Turn turn = exchange_.step();
  snapshots_.tick(exchange_);
  stores_.follow(exchange_.durable());
  archive_.poll();
  network_.run_once(wait_ns(turn, clock_.monotonic_ns()));
}

// 0: look again at once.
std::int64_t Loop::wait_ns(const host::Turn& turn, std::int64_t now_ns) {
  if (exchange_.in_flight() == 0) {
    pending_since_ns_ = 0;
    return kTickNs;
  }
  if (pending_since_ns_ == 0 || turn.released > 0) pending_since_ns_ = now_ns;
  if (turn.call_again_ns) return *turn.call_again_ns - now_ns > kMillisecond ? kMillisecond : 0;
  return now_ns - pending_since_ns_ < kSpinNsMax ? 0 : kTickNs;
}

core::Result<void> Loop::stop() {
  network_.stop_listening();
  gateway_.stop();
  archive_.stop();
  exchange_.request_checkpoint();
  exchange_.stop();
  const std::int64_t until_ns = clock_.monotonic_ns() + kStopNsMax;
  do {
    exchange_.step();
    if (exchange_.failure()) return std::unexpected(*exchange_.failure());
    network_.run_once(exchange_.drained() ? 0 : kMillisecond);
  } while (!(exchange_.drained() && network_.all_sent()) && clock_.monotonic_ns() < until_ns);
  return {};
}

}  // namespace exchange
