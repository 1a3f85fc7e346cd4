#include "services/engine/engine.h"

#include <string>

#include "services/engine/digest.h"
#include "services/engine/nodes.h"

namespace engine {

using core::ErrorKind;

void AccountsNode::command(orders::Step& step, const Command& command) {
  const auto apply = [&]<class Body>(const Body& body) {
    // The host's own records: nothing for the folds in them.
    if constexpr (!std::is_same_v<Body, Checkpoint> && !std::is_same_v<Body, Started>) fold.apply(step, body);
  };
  std::visit(apply, command);
}

struct Engine::State {
  AccountsNode accounts;
  MatchingNode matching;
  core::Digest account_digest, market_digest;  // two, since the two kinds of events are not ordered against each other
  // The queues between the folds, empty between steps; kept for their capacity.
  std::vector<orders::ToMatching> messages;
  std::vector<matching::Report> reports;

  void drain(orders::Step& step, Output& out);
  [[nodiscard]] core::Result<void> audit_books() const;
};

Engine::Engine() : state_(std::make_unique<State>()) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::apply(const core::RecordHeader& header, const Command& command, Output& out) {
  State& state = *state_;
  const std::size_t account_events = out.account_events.size();
  const std::size_t market_events = out.market_events.size();
  orders::Step step{header.sequence, header.time, out.account_events, state.messages};
  state.accounts.command(step, command);
  if (!state.messages.empty()) state.drain(step, out);
  for (std::size_t i = account_events; i < out.account_events.size(); ++i) {
    add(state.account_digest, out.account_events[i]);
  }
  for (std::size_t i = market_events; i < out.market_events.size(); ++i) add(state.market_digest, out.market_events[i]);
}

// Both queues to the end, each message in its order.
void Engine::State::drain(orders::Step& step, Output& out) {
  core::MarketId traded;
  while (!messages.empty()) {
    for (const orders::ToMatching& message : messages) {
      CHECK(matching.receive(accounts.link.stamp(), message, {reports, out.market_events}));
    }
    messages.clear();
    for (const matching::Report& report : reports) {
      if (report.kind == matching::ReportKind::filled) {
        CHECK_MSG(traded.is_none() || traded == report.market, "one step trades in one market");
        traded = report.market;
      }
      CHECK(accounts.receive(step, matching.link.stamp(), report));
    }
    reports.clear();
  }
  CHECK_MSG(traded.is_none() || accounts.fold.is_settled(traded), "a clearing account is not empty after the step");
}

std::uint64_t Engine::output_digest() const {
  return core::Digest{}.add(state_->account_digest.value(), state_->market_digest.value()).value();
}

std::uint64_t Engine::state_hash() const {
  core::Digest digest;
  digest.add(state_->accounts.fold.state_hash()).add(state_->matching.fold.state_hash()).add(output_digest());
  state_->accounts.link.hash(digest);
  state_->matching.link.hash(digest);
  return digest.value();
}

core::Result<void> Engine::audit() const {
  if (auto result = state_->accounts.fold.audit(); !result) return result;
  if (auto result = state_->matching.fold.audit(); !result) return result;
  if (!state_->accounts.fold.is_idle()) return core::fail(ErrorKind::corrupt, "an order waits for the book");
  return state_->audit_books();
}

namespace {

// Whether accounts knows the order that the book has, as one in the book.
bool agrees(const orders::Accounts& accounts, const matching::RestingOrder& there) {
  const orders::OpenOrders& orders = accounts.orders();
  if (!orders.holds(there.account_slot, there.order)) return false;
  const orders::OpenOrder& order = orders[there.account_slot];
  const orders::Desk& desk = orders.desk_of(order);
  return desk.account == there.account && desk.market == there.market && order.side == there.side &&
         order.price == there.price && order.remaining() == there.open && order.handle == there.handle &&
         !is_closed(order.status) && !orders.waits(order);
}

// Likewise, as one that waits for the same.
bool agrees(const orders::Accounts& accounts, const matching::WaitingOrder& there) {
  const orders::OpenOrders& orders = accounts.orders();
  if (!orders.holds(there.account_slot, there.order)) return false;
  const orders::OpenOrder& order = orders[there.account_slot];
  const orders::Desk& desk = orders.desk_of(order);
  const orders::Condition& condition = orders.condition(order);
  const bool is_limit = order.type == orders::OrderType::limit;
  return desk.account == there.account && desk.market == there.market && order.side == there.side &&
         order.type == there.type && order.price == there.price && order.remaining() == there.open &&
         order.handle == there.handle && orders.waits(order) && order.status == orders::OrderStatus::open &&
         condition.trigger == there.trigger && condition.trailing_bp == there.trailing_bp &&
         condition.price == there.trigger_price && orders.peak(order) == there.peak &&
         (is_limit || there.budget == accounts.ledger().remaining(order.hold));
}

}  // namespace

// The books hold the orders that accounts has open, exactly.
core::Result<void> Engine::State::audit_books() const {
  const orders::OpenOrders& orders = accounts.fold.orders();
  core::OrderId different;
  std::size_t known = 0;
  const auto look = [&](const auto& there) {
    ++known;
    if (different.is_none() && !agrees(accounts.fold, there)) different = there.order;
  };
  matching.fold.for_each_order(look);
  matching.fold.for_each_waiting(look);
  if (!different.is_none()) {
    return core::fail(ErrorKind::corrupt, "the book and the accounts disagree",
                      "order " + std::to_string(different.value()));
  }
  if (known != orders.open_count() || orders.count() != orders.open_count()) {
    return core::fail(ErrorKind::corrupt, "the accounts have open orders that no book holds");
  }
  return {};
}

void Engine::save(core::ByteWriter& out) const {
  state_->accounts.fold.save(out);
  state_->accounts.link.save(out);
  state_->matching.fold.save(out);
  state_->matching.link.save(out);
  out.put(state_->account_digest.value());
  out.put(state_->market_digest.value());
}

core::Result<void> Engine::load(core::ByteReader& in) {
  state_ = std::make_unique<State>();
  if (auto result = state_->accounts.fold.load(in); !result) return result;
  state_->accounts.link.load(in);
  if (auto result = state_->matching.fold.load(in); !result) return result;
  state_->matching.link.load(in);
  state_->account_digest = core::Digest{in.get<std::uint64_t>()};
  state_->market_digest = core::Digest{in.get<std::uint64_t>()};
  if (!in.ok()) return core::fail(ErrorKind::corrupt, "the snapshot of the engine is cut short");
  // What the folds rely on from here on without looking: a snapshot that contradicts itself is refused now.
  return audit();
}

}  // namespace engine
