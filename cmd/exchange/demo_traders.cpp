#include "cmd/exchange/demo_traders.h"

#include <algorithm>
#include <limits>

#include "pkg/core/check.h"

namespace exchange {
namespace {

constexpr std::size_t kIngressBusy = 64;  // commands of others on their way
constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

}  // namespace

bool DemoTraders::may_act() const {
  return unanswered_ == 0 && exchange_.in_flight() < kIngressBusy && exchange_.ready();
}

void DemoTraders::turn() {
  if (!may_act()) return;
  const core::Time now = exchange_.now();
  traders_.act(now, exchange_.views(), [this, now](const engine::Command& command) {
    if (!exchange_.submit(command, 0, *this, now)) return false;
    ++unanswered_;
    return true;
  });
}

std::int64_t DemoTraders::wait_ns_max() const {
  const auto next = traders_.next_at();
  if (!next || !may_act()) return kForever;
  return std::max<std::int64_t>(next->ns - exchange_.now().ns, 0);
}

void DemoTraders::describe(json::object& out) const {
  const traders::Counters& counters = traders_.counters();
  out["demo_commands"] = counters.submitted;
  out["demo_commands_rejected"] = counters.rejected;
  out["demo_top_ups"] = counters.top_ups;
}

void DemoTraders::on_reply(const gateways::Reply& reply) {
  CHECK(unanswered_ > 0);
  --unanswered_;
  traders_.hear(reply.time, reply.events);
}

}  // namespace exchange
