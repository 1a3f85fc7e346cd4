// Commands for the tests of the codecs: random ones of every type, and comparison field by field, so that a field
// forgotten in a layout is seen whatever the layout says.
#pragma once

#include <boost/pfr.hpp>
#include <string>

#include "pkg/core/random.h"
#include "services/engine/command.h"

namespace engine::samples {

template <class T>
concept Comparable = requires(const T& a, const T& b) { static_cast<bool>(a == b); };

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (Comparable<T>) {
    return a == b;
  } else {
    bool equal = true;
    boost::pfr::for_each_field(
        a, [&](const auto& field, auto index) { equal = equal && same(field, boost::pfr::get<index>(b)); });
    return equal;
  }
}

inline bool same(const Command& a, const Command& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&b](const auto& alternative) {
        return same(alternative, std::get<std::remove_cvref_t<decltype(alternative)>>(b));
      },
      a);
}

class Filler {
 public:
  explicit Filler(core::Random& random) : random_(random) {}

  void fill(bool& value) { value = random_.chance(1, 2); }
  template <class T>
    requires std::integral<T>
  void fill(T& value) {
    value = static_cast<T>(edge());
  }
  template <class Tag, class Rep>
  void fill(core::Count<Tag, Rep>& value) {
    value = core::Count<Tag, Rep>{static_cast<Rep>(edge())};
  }
  void fill(core::Amount& value) {
    value = core::Amount{random_.chance(1, 4) ? core::int128{0}
                                              : static_cast<core::int128>(edge()) << (random_.below(2) * 60)};
  }
  template <class Tag, class Rep>
  void fill(core::Id<Tag, Rep>& value) {
    value = core::Id<Tag, Rep>{static_cast<Rep>(edge())};
  }
  template <std::size_t N>
  void fill(core::ShortText<N>& value) {
    std::string text(random_.chance(1, 3) ? 0 : random_.below(N + 1), 'a');
    for (char& c : text) c = static_cast<char>(random_.below(256));
    value = core::ShortText<N>(text);
  }
  void fill(orders::Side& value) { value = static_cast<orders::Side>(random_.below(2)); }
  void fill(orders::OrderType& value) { value = static_cast<orders::OrderType>(1 + random_.below(4)); }
  void fill(orders::TimeInForce& value) { value = static_cast<orders::TimeInForce>(1 + random_.below(3)); }
  void fill(orders::SelfTrade& value) { value = static_cast<orders::SelfTrade>(random_.below(5)); }
  void fill(orders::Trigger& value) { value = static_cast<orders::Trigger>(random_.below(3)); }
  void fill(orders::TriggerSource& value) { value = orders::TriggerSource::last; }
  void fill(orders::CancelRestriction& value) { value = static_cast<orders::CancelRestriction>(random_.below(3)); }
  void fill(orders::ReplaceMode& value) { value = static_cast<orders::ReplaceMode>(random_.below(2)); }
  void fill(instruments::MarketState& value) { value = static_cast<instruments::MarketState>(1 + random_.below(9)); }
  void fill(instruments::AllocationKind& value) { value = static_cast<instruments::AllocationKind>(random_.below(2)); }
  void fill(instruments::RangeOutcome& value) { value = static_cast<instruments::RangeOutcome>(random_.below(2)); }
  // A market's id, state and derived fields are not part of the command.
  void fill(instruments::AddMarket& command) {
    fill_fields(command.market);
    const instruments::Market defaults;
    command.market.id = defaults.id;
    command.market.state = defaults.state;
    command.market.resumes_by_auction = defaults.resumes_by_auction;
    command.market.ranges = defaults.ranges;
    command.market.allocation = defaults.allocation;
    command.market.lot_units = defaults.lot_units;
    command.market.tick_lot_units = defaults.tick_lot_units;
  }
  template <class T>
    requires std::is_aggregate_v<T>
  void fill(T& value) {
    fill_fields(value);
  }

 private:
  template <class T>
  void fill_fields(T& value) {
    boost::pfr::for_each_field(value, [this](auto& field) { fill(field); });
  }
  std::uint64_t edge() {
    switch (random_.below(4)) {
      case 0:
        return random_.below(3);
      case 1:
        return ~random_.below(3);
      default:
        return random_.next() >> random_.below(64);
    }
  }
  core::Random& random_;
};

template <std::size_t Index = 0>
Command random_command(core::Random& random, std::size_t type) {
  if constexpr (Index + 1 < std::variant_size_v<Command>) {
    if (type != Index) return random_command<Index + 1>(random, type);
  }
  std::variant_alternative_t<Index, Command> command;
  Filler(random).fill(command);
  return command;
}

}  // namespace engine::samples
