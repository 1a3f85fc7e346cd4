#include "cmd/exchange/loop.h"

#include <signal.h>
#include <spdlog/spdlog.h>

#include <algorithm>
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
    if (at_.exchange.failure()) return std::unexpected(*at_.exchange.failure());
    const std::int64_t now_ns = at_.clock.monotonic_ns();
    if (now_ns < next_tick_ns_) continue;
    next_tick_ns_ = std::max(next_tick_ns_ + kTickNs, now_ns + kTickNs / 2);  // on a grid: streams have a beat
    at_.gateway.tick(now_ns);
    at_.streams.tick(now_ns, at_.clock.now());
    for (const std::string& message : at_.stores.take_messages()) spdlog::warn("{}", message);
    if (signals.asked()) return stop();
  }
}

void Loop::turn() {
  const host::Turn turn = at_.exchange.step();
  at_.snapshots.tick(at_.exchange);
  at_.stores.follow(at_.exchange.durable());
  at_.archive.poll();
  if (at_.traders != nullptr) at_.traders->turn();
  std::int64_t wait = wait_ns(turn, at_.clock.monotonic_ns());
  if (at_.traders != nullptr) wait = std::min(wait, at_.traders->wait_ns_max());
  at_.network.run_once(wait);
}

// 0: look again at once.
std::int64_t Loop::wait_ns(const host::Turn& turn, std::int64_t now_ns) {
  const std::int64_t to_tick_ns = std::clamp<std::int64_t>(next_tick_ns_ - now_ns, 0, kTickNs);
  if (at_.exchange.in_flight() == 0) {
    pending_since_ns_ = 0;
    return to_tick_ns;
  }
  if (pending_since_ns_ == 0 || turn.released > 0) pending_since_ns_ = now_ns;
  if (turn.call_again_ns) return *turn.call_again_ns - now_ns > kMillisecond ? kMillisecond : 0;
  return now_ns - pending_since_ns_ < kSpinNsMax ? 0 : to_tick_ns;
}

core::Result<void> Loop::stop() {
  at_.network.stop_listening();
  at_.streams.announce_shutdown(at_.clock.now());
  at_.gateway.stop();
  at_.archive.stop();
  at_.exchange.request_checkpoint();
  at_.exchange.stop();
  const std::int64_t until_ns = at_.clock.monotonic_ns() + kStopNsMax;
  do {
    at_.exchange.step();
    if (at_.exchange.failure()) return std::unexpected(*at_.exchange.failure());
    if (at_.exchange.drained()) at_.gateway.close_websockets();  // not before their last replies
    at_.network.run_once(at_.exchange.drained() ? 0 : kMillisecond);
  } while (!(at_.exchange.drained() && at_.network.all_sent()) && at_.clock.monotonic_ns() < until_ns);
  return {};
}

}  // namespace exchange
