#include "gateways/streams/user_hub.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "gateways/streams/user_messages.h"
#include "pkg/core/check.h"
#include "pkg/core/flat_index.h"

namespace streams {
namespace {

using orders::AccountEvent;
using orders::BalanceEvent;
using orders::Execution;
using orders::OrderEvent;

constexpr std::array kUnits = {spot::TimeUnit::millisecond, spot::TimeUnit::microsecond};

// Who reads one account. Whoever unsubscribes while an event is being handed out leaves a null behind, so that the
// others keep their places.
struct Readers {
  std::vector<UserReader*> all;
  std::array<std::size_t, kUnits.size()> by_unit{};
};

std::size_t index_of(spot::TimeUnit unit) { return unit == spot::TimeUnit::millisecond ? 0 : 1; }

}  // namespace

struct UserHub::State {
  explicit State(gateways::ExchangePort& given) : port(given) {}

  gateways::ExchangePort& port;
  core::FlatIndex index;  // account id to position + 1 in `accounts`
  std::vector<Readers> accounts;
  std::vector<std::uint32_t> free;  // positions
  std::string json;                 // kept for its capacity
  UserHubCounters counters;
  std::uint32_t handing_out = 0;  // position + 1 of the account whose readers are being walked through

  void forget_if_unread(core::AccountId account, std::uint32_t position) {
    Readers& readers = accounts[position];
    if (!readers.all.empty() || handing_out == position + 1) return;
    index.erase(account.value());
    free.push_back(position);
  }

  // One message to all readers of the account: written once per time unit that somebody reads.
  template <class Write>
  void hand_out(std::uint32_t position, core::Time sent, Write write) {
    for (const spot::TimeUnit unit : kUnits) {
      if (accounts[position].by_unit[index_of(unit)] == 0) continue;
      json.clear();
      spot::JsonWriter writer(json);
      write(writer, UserMessageContext{port.views(), sent, unit});
      ++counters.messages_encoded;
      // By index: a reader may subscribe or unsubscribe, itself or others.
      for (std::size_t i = 0; i < accounts[position].all.size(); ++i) {
        UserReader* const reader = accounts[position].all[i];
        if (reader == nullptr || reader->time_unit() != unit) continue;
        ++counters.messages_sent;
        reader->on_user_event(json);
      }
    }
  }

  void hand_out(std::uint32_t position, core::Time sent, const AccountEvent& event, bool follows_cancel);
};

void UserHub::State::hand_out(std::uint32_t position, core::Time sent, const AccountEvent& event, bool follows_cancel) {
  if (const auto* order = std::get_if<OrderEvent>(&event.body)) {
    if (order->execution == Execution::cancel_rejected) return;
    // An order that never came to be is told of only when its account has lost another for it.
    const bool is_rejected = order->execution == Execution::rejected;
    if (is_rejected && !follows_cancel) return;
    hand_out(position, sent, [&](spot::JsonWriter& writer, const UserMessageContext& context) {
      write_execution_report(writer, context, event, *order);
    });
    if (is_rejected) return;
    hand_out(position, sent, [&](spot::JsonWriter& writer, const UserMessageContext& context) {
      write_account_position(writer, context, event, *order);
    });
  } else if (const auto* balance = std::get_if<BalanceEvent>(&event.body)) {
    hand_out(position, sent, [&](spot::JsonWriter& writer, const UserMessageContext& context) {
      write_balance_update(writer, context, event, *balance);
    });
    hand_out(position, sent, [&](spot::JsonWriter& writer, const UserMessageContext& context) {
      write_account_position(writer, context, event, *balance);
    });
  }
}

UserHub::UserHub(gateways::ExchangePort& port) : state_(std::make_unique<State>(port)) {}
UserHub::~UserHub() = default;

void UserHub::subscribe(core::AccountId account, UserReader& reader) {
  CHECK(!account.is_none());
  State& s = *state_;
  std::uint32_t position = s.index.find(account.value());
  if (position == core::FlatIndex::kAbsent) {
    if (s.free.empty()) {
      s.accounts.emplace_back();
      position = static_cast<std::uint32_t>(s.accounts.size());
    } else {
      position = s.free.back() + 1;
      s.free.pop_back();
    }
    s.index.insert(account.value(), position);
  }
  Readers& readers = s.accounts[position - 1];
  CHECK_MSG(std::ranges::find(readers.all, &reader) == readers.all.end(), "a reader subscribes once to an account");
  readers.all.push_back(&reader);
  ++readers.by_unit[index_of(reader.time_unit())];
  ++s.counters.subscriptions;
}

void UserHub::unsubscribe(core::AccountId account, UserReader& reader) {
  State& s = *state_;
  const std::uint32_t position = s.index.find(account.value());
  if (position == core::FlatIndex::kAbsent) return;
  Readers& readers = s.accounts[position - 1];
  const auto at = std::ranges::find(readers.all, &reader);
  if (at == readers.all.end()) return;
  --readers.by_unit[index_of(reader.time_unit())];
  --s.counters.subscriptions;
  if (s.handing_out == position) {
    *at = nullptr;
  } else {
    readers.all.erase(at);
  }
  s.forget_if_unread(account, position - 1);
}

void UserHub::on_events(core::Time time, std::span<const AccountEvent> account_events,
                        std::span<const matching::MarketEvent>) {
  State& s = *state_;
  if (s.index.empty()) return;
  core::Time sent{};
  core::AccountId cancelled;  // whose order this command has cancelled
  for (const AccountEvent& event : account_events) {
    core::AccountId account;
    if (const auto* order = std::get_if<OrderEvent>(&event.body)) {
      account = order->account;
      if (order->execution == Execution::cancelled) cancelled = account;
    } else if (const auto* balance = std::get_if<BalanceEvent>(&event.body)) {
      account = balance->account;
    }
    const std::uint32_t position = s.index.find(account.value());
    if (position == core::FlatIndex::kAbsent) continue;
    if (sent.ns == 0) sent = std::max(time, s.port.now());
    s.handing_out = position;
    s.hand_out(position - 1, sent, event, cancelled == account);
    s.handing_out = 0;
    std::erase(s.accounts[position - 1].all, nullptr);
    s.forget_if_unread(account, position - 1);
  }
}

const UserHubCounters& UserHub::counters() const { return state_->counters; }

}  // namespace streams
