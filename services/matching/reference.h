// The same matching fold again, as plainly as it can be written: the oracle of the fast one.
//
// It shares no code with it beyond the messages. A side is one vector of orders in priority, every step is a scan of
// it, a dry run is a run on a copy. It gives the same reports, the same events and the same handles for the same
// commands.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "services/matching/matching.h"
#include "services/matching/types.h"

namespace matching {

// What happened to orders that have something few orders have, counted by the naive fold for the coverage of a run.
enum class Seen : std::uint8_t {
  refreshed,
  refreshed_by_auction,
  refreshed_alone,
  hidden_prevented,
  hidden_reduced,
  shown_reduced,
  peak_moved,
  peak_triggered,
  random_peak,
  killed_past_peaks,
  slid,
  not_slid,
  minimum_met,
  minimum_missed,
};
inline constexpr std::size_t kSeenCount = 14;

class Reference {
 public:
  void apply(const ConfigureMarket& command, Output out);
  template <class Command>
  void apply(const Command& command, Output out) {
    carry_out(command, out);
    if (const auto found = markets_.find(command.market.value()); found != markets_.end())
      publish_figures(found->second, out);
  }

  // As Matching::for_each_order shows them.
  [[nodiscard]] std::vector<RestingOrder> resting() const;
  // As Matching::for_each_waiting shows them.
  [[nodiscard]] std::vector<WaitingOrder> waiting() const;
  // Conditional orders that let go because of another one that had, so far.
  [[nodiscard]] std::uint64_t cascaded() const { return cascaded_; }
  [[nodiscard]] std::array<std::uint64_t, kSeenCount> seen() const;

 private:
  struct Entry {
    NewOrder as_sent;  // price: the present one
    std::int64_t open = 0;
    Handle handle = kNoHandle;
    std::int64_t hidden = 0;  // of what is open
    std::uint32_t drawn = 0;  // peaks so far
  };
  // A conditional order. One that tracks has an extreme.
  struct Conditional {
    NewOrder as_sent;
    Handle handle = kNoHandle;
    std::optional<std::int64_t> extreme;
  };
  // Of an auction: its price, what trades at it, and by how much buyers are more than sellers.
  struct Figures {
    std::int64_t price = 0;
    core::int128 lots = 0, surplus = 0;
    friend bool operator==(const Figures&, const Figures&) = default;
  };
  struct Market {
    instruments::Market settings;
    Figures published;                 // in a call
    std::vector<Conditional> waiting;  // by entry
    std::vector<Conditional> fired;    // first fired first
    std::vector<Entry> bids, asks;     // best first
    std::uint64_t sequence = 0, trades = 0, preventions = 0;
    std::optional<std::int64_t> reference;
    std::optional<std::int64_t> center;  // of the static price range
    std::uint32_t state_changes = 0;
    bool interrupted = false;
    std::array<std::uint64_t, kSeenCount> seen{};

    [[nodiscard]] std::vector<Entry>& side(Side which) { return which == Side::buy ? bids : asks; }
    [[nodiscard]] core::int128 lots_at(Side which, std::int64_t price) const;   // that are shown
    [[nodiscard]] core::int128 whole_at(Side which, std::int64_t price) const;  // hidden ones too
    void see(Seen what) { ++seen[static_cast<std::size_t>(what)]; }
  };
  // Slots: handles count up from 1, the one given back last is used first.
  struct Slots {
    std::vector<Handle> free;
    Handle next = 1;
    Handle take();
    void give_back(Handle handle) { free.push_back(handle); }
  };
  // An order on its way through the other side.
  struct Run {
    NewOrder taker;
    std::int64_t worst_price = 0;  // it reaches no further than this
    core::int128 left = 0;         // lots; of market_by_quote: quote units
    bool ended = false, traded = false, any_lot_left = false;
    std::vector<std::pair<std::int64_t, int>> around;  // price ranges: reference and basis points
    bool stopped = false;                              // by them
    core::int128 lots = 0, quote_units = 0;            // traded
  };

  [[nodiscard]] core::Rejection admit(const Market& market, const NewOrder& command) const;
  static bool in_band(const Market& market, Side side, std::int64_t price);
  static bool crosses(Market& market, Side side, std::int64_t price);
  static std::int64_t worst_price(const Market& market, const NewOrder& command);
  static core::int128 unit_cost(const Market& market, std::int64_t price);

  // reference_peaks.cpp
  static core::Rejection admit_special(const Market& market, const NewOrder& order);
  static void show_next(Entry& entry);
  static void refresh_first(std::vector<Entry>& side);
  static void refresh(std::vector<Entry>& side, std::size_t which);
  static void shrink(Entry& entry, std::int64_t by);
  static std::optional<core::Price> slid(Market& market, const NewOrder& order);
  static std::int64_t least_of(const NewOrder& order);

  // reference_auction.cpp
  static bool lets_in(instruments::MarketState state, const NewOrder& order);
  static bool lets_change(instruments::MarketState state);  // the price or quantity of an order
  static bool matches(instruments::MarketState state);
  static bool calls(instruments::MarketState state);
  [[nodiscard]] Figures auction(const Market& market) const;
  void uncross(Market& market, Output out);
  void publish_figures(Market& market, Output out);

  // reference_allocation.cpp
  static std::vector<std::int64_t> allocate(const instruments::Allocation& rule, std::int64_t open,
                                            const std::vector<std::int64_t>& sizes);
  void run_level_shared(Market& market, Slots& slots, Run& run, std::int64_t open, Output out) const;
  // reference_ranges.cpp
  static void fix_ranges(const Market& market, Run& run);
  static bool is_inside(const Run& run, std::int64_t price);
  static bool interrupt(Market& market, Output out);
  void tell_interruption(Market& market, Output out);

  // What a command does, but for the figures of a call.
  void carry_out(const NewOrder& command, Output out);
  void carry_out(const CancelOrder& command, Output out);
  void carry_out(const MoveOrder& command, Output out);
  void carry_out(const ReduceOrder& command, Output out);
  void run(Market& market, Slots& slots, Run& run, Output out) const;
  void run_level(Market& market, Slots& slots, Run& run, std::int64_t open, Output out) const;
  void meet_own(Market& market, Run& run, Entry& maker, std::int64_t& open, Output out) const;
  void trade(Market& market, Run& run, Entry& maker, std::int64_t& open, Output out) const;
  [[nodiscard]] Run dry_run(const Market& market, const Run& run) const;
  static bool has_reached(const Conditional& order, std::int64_t price);
  static std::int64_t trigger_of(const Conditional& order);
  static void observe(Market& market, std::int64_t price);
  void wait(Market& market, const NewOrder& command, Output out);
  void let_go(Market& market, Output out);
  // Lets at most `allowance` fired orders go; returns what is left of it.
  unsigned let_go_on(Market& market, unsigned allowance, Output out);
  // What every command of a market begins with.
  unsigned begin(core::MarketId market, Output out);
  void place(Market& market, const NewOrder& command, Output out);
  void cancel_waiting(Market& market, Handle handle, Output out);
  [[nodiscard]] static bool waits(const Market& market, core::OrderId order, Handle handle);
  void cancel(const CancelOrder& command, Output out);
  void move(const MoveOrder& command, Output out);
  bool insert(Market& market, const Entry& entry);
  void take(Market& market, const NewOrder& command, Output out);
  void emit_level(Market& market, Side side, std::int64_t price, Output out) const;
  // The side and position of a handle's order, if it is that order's.
  [[nodiscard]] Entry* find(Market& market, core::OrderId order, Handle handle);
  void erase(Market& market, Side side, core::OrderId order, Handle handle);

  std::map<std::uint32_t, Market> markets_;
  Slots slots_;
  std::uint64_t cascaded_ = 0;
};

}  // namespace matching
