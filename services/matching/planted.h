// Bugs that can be planted in the fast books, to prove that the tests would find such bugs.
//
// Only one test program is built with EXCHANGE_PLANTED_BUGS (tests/planted): there one bug at a time is switched on,
// and what must catch it runs. In every other build PLANTED is the constant false, and the compiler leaves nothing of
// it. A new rule joins with a line here and one `PLANTED(name)` in the code.
#pragma once

#include <cstdint>

// A row is BUG(name, what it breaks).
#define MATCHING_PLANTED_BUGS(BUG)                                                                       \
  /* queues, levels, best prices (book.h) */                                                             \
  BUG(level_lots_wrap, "a level takes more lots than it can count")                                      \
  BUG(best_ignores_better, "a better price does not become the best")                                    \
  BUG(best_keeps_page, "the page of the best price stays that of the level before")                      \
  BUG(unlink_one_way, "the order behind one that leaves keeps its link to it")                           \
  BUG(unlink_keeps_lots, "a level still counts the lots of an order that left")                          \
  /* the ladder (price_ladder.h) */                                                                      \
  BUG(ladder_skips_neighbour, "the walk to the next level passes over the neighbouring price")           \
  BUG(ladder_descends_last, "the first price below a node is taken from its last child")                 \
  BUG(ladder_keeps_child, "a page that ran empty can still be found in its node")                        \
  BUG(ladder_stays_tall, "a root with one child is not taken off")                                       \
  /* slots and handles (order_pool.h) */                                                                 \
  BUG(slots_are_not_reused, "a new order never gets a slot that was given back")                         \
  BUG(handle_of_any_market, "a handle is good in every market")                                          \
  BUG(handle_of_any_order, "a handle is good for every order id")                                        \
  /* the dry run: fill or kill, budgets (taking.cpp) */                                                  \
  BUG(plan_ignores_own_orders, "the dry run counts lots that self-trade prevention would take away")     \
  BUG(plan_counts_prevented, "the dry run counts decremented lots as traded")                            \
  BUG(plan_passes_own_orders, "the dry run goes on behind an own order that would end the taker")        \
  BUG(plan_ignores_limit, "the dry run reaches beyond the limit price")                                  \
  BUG(quote_plan_forgets_prevented, "the dry run by quote does not pay for decremented lots")            \
  /* taking (taking.cpp) */                                                                              \
  BUG(takes_newest_first, "the newest order of a level trades first")                                    \
  BUG(taken_level_keeps_lots, "a level still counts the lots that traded")                               \
  BUG(taken_level_keeps_tail, "a level that ran empty still names its last order")                       \
  BUG(taken_level_keeps_link, "the new first order of a level keeps its link to the one before")         \
  BUG(emptied_level_unannounced, "a level that is taken whole is not announced as gone")                 \
  BUG(reference_keeps_first, "the reference price stays that of the first trade")                        \
  BUG(maker_fill_shows_taker_left, "a maker's fill tells what is left of the taker")                     \
  BUG(trade_event_has_maker_side, "a public trade has the maker's side")                                 \
  BUG(quote_completes_early, "an order by quote is completed with a lot still to be had")                \
  /* self-trade prevention (taking.h, taking.cpp) */                                                     \
  BUG(maker_mode_decides, "self-trade prevention is off when the maker's mode is none")                  \
  BUG(expire_both_spares_maker, "expire_both leaves the maker where it is")                              \
  BUG(decrement_spares_maker, "decrement takes nothing from the maker")                                  \
  BUG(prevented_ids_repeat, "prevented matches are not counted")                                         \
  /* admission, bands, budgets (matching.cpp) */                                                         \
  BUG(band_of_other_side, "a price is checked against the other side's band")                            \
  BUG(band_change_ignored, "a market's new band does not take effect")                                   \
  BUG(collar_ignored, "a market order trades at any price")                                              \
  BUG(sell_collar_rounds_down, "a market sell reaches a tick below its band")                            \
  BUG(notional_min_excluded, "a notional equal to the least one is refused")                             \
  BUG(budget_needs_one_more, "an order that costs its whole budget is refused")                          \
  BUG(budget_in_other_asset, "a budget is compared with the cost in the other asset")                    \
  BUG(halt_takes_orders, "a halted market takes new orders")                                             \
  /* what becomes of an order (matching.cpp) */                                                          \
  BUG(limit_maker_takes, "a limit maker that would match does")                                          \
  BUG(trades_at_limit, "trades of a taker are reported at its limit instead of the maker's price")       \
  BUG(fok_trades_partly, "a fill or kill order fills what it can")                                       \
  BUG(ioc_rests, "what an immediate order could not fill rests")                                         \
  BUG(overflow_keeps_slot, "an order whose level is full keeps its slot")                                \
  BUG(reduce_to_nothing_rests, "an order reduced by all of its lots rests on with none")                 \
  BUG(reduce_keeps_level_lots, "a level still counts the lots an order was reduced by")                  \
  BUG(move_keeps_priority, "a move to the same price keeps its place in the queue")                      \
  BUG(moved_order_keeps_slot, "a moved order that is over keeps its slot")                               \
  BUG(moved_limit_maker_takes, "a limit maker that is moved into the other side trades")                 \
  BUG(halt_moves_orders, "a halted market moves orders")                                                 \
  /* conditional orders (triggers.cpp, admission.h, matching.cpp) */                                     \
  BUG(trigger_misses_its_price, "a price has to go beyond a trigger price to fire")                      \
  BUG(trailing_rounds_inwards, "the trigger of a trailing sell is rounded towards the price")            \
  BUG(trailing_stands_still, "a new extreme does not move trailing orders")                              \
  BUG(groups_fire_last, "trailing orders fire behind all others of their trigger price")                 \
  BUG(waits_though_it_holds, "an order whose condition holds already waits")                             \
  BUG(cascade_unbounded, "any number of conditional orders goes on with one command")                    \
  BUG(every_state_fires, "conditional orders go on in a market that does not trade")                     \
  /* iceberg orders (peaks.cpp, taking.cpp, book.cpp, matching.cpp, auction.cpp) */                      \
  BUG(refresh_keeps_priority, "a refreshed peak keeps its place in the queue")                           \
  BUG(hidden_trades_in_front, "what an order hides trades before what others show")                      \
  BUG(plan_ignores_hidden, "the dry run does not count hidden lots")                                     \
  BUG(prevention_takes_what_is_shown, "self-trade prevention takes what is shown before what is hidden") \
  BUG(reduction_takes_what_is_shown, "a reduction takes what is shown before what is hidden")            \
  BUG(peaks_all_drawn_alike, "every random peak of an order is as large as the first")                   \
  BUG(any_number_of_peaks, "an order may have more than a hundred peaks")                                \
  BUG(hidden_lots_are_boundless, "hidden lots do not count for what a level can hold")                   \
  BUG(auction_ignores_hidden, "in an auction only what is shown trades in its place")                    \
  BUG(auction_refresh_keeps_priority, "a peak that an auction refreshed keeps its place")                \
  BUG(hash_ignores_hidden, "the hash does not see what an order hides")                                  \
  /* sliding and minimum quantities (admission.h, matching.cpp) */                                       \
  BUG(slides_without_bound, "a limit maker slides beyond its bound")                                     \
  BUG(minimum_one_less, "an order with a minimum trades one lot less than that")                         \
  /* market states and auctions (matching.cpp, auction.cpp, uncross.cpp) */                              \
  BUG(every_state_changes_orders, "orders are cancelled, moved and reduced in every state")              \
  BUG(call_trades, "orders that cross in a call trade at once")                                          \
  BUG(closing_does_not_trade, "a call that ends by closing leaves its orders crossed")                   \
  BUG(auction_earlier_takes, "the earlier of two orders is the taker")                                   \
  BUG(auction_fires_nothing, "no conditional order hears of an auction")                                 \
  BUG(auction_without_reference, "an auction does not know the last trade")                              \
  BUG(auction_takes_lowest, "of two prices that are as good an auction takes the lower")                 \
  BUG(auction_pressure_turned, "an auction prices against the side that is left over")                   \
  BUG(surplus_alone_untold, "figures of which only price or surplus changed are not published")          \
  /* price ranges (price_ranges.h, price_ranges.cpp, auction.cpp) */                                     \
  BUG(range_stop_unnoticed, "an order that a price range has stopped rests or expires as any other")     \
  BUG(range_rounds_down, "the lowest price of a range is a tick too low")                                \
  BUG(static_range_ignored, "only the last trade bounds prices")                                         \
  BUG(range_has_one_bound, "a range bounds a buyer above and a seller below only")                       \
  BUG(cascade_ignores_range, "conditional orders go on at any price")                                    \
  BUG(auction_moves_no_range, "an auction's price does not become the static range's reference")         \
  /* pro-rata allocation (taking.cpp, pro_rata.cpp) */                                                   \
  BUG(pro_rata_by_time, "a pro-rata market takes by time")                                               \
  BUG(pro_rata_without_top, "the oldest order has no priority")                                          \
  BUG(pro_rata_without_minimum, "shares below the minimum are given")                                    \
  BUG(pro_rata_rest_to_second, "what rounding leaves goes to the second oldest order first")             \
  /* what is said (announcer.h) */                                                                       \
  BUG(sequence_has_gaps, "a market's event sequence leaves numbers out")                                 \
  BUG(ended_says_nothing_left, "what is given back of an order that ended is reported as nothing")       \
  /* saving and loading (book_codec.cpp) */                                                              \
  BUG(load_reverses_free_slots, "after loading, free slots are used in another order")                   \
  BUG(load_forgets_reference, "after loading, a market has no reference price")                          \
  BUG(load_switches_band_off, "after loading, no market has a band")                                     \
  /* the state's hash (book.cpp) */                                                                      \
  BUG(hash_ignores_reference, "the hash does not see a market's reference price")                        \
  BUG(hash_ignores_self_trade, "the hash does not see a resting order's self-trade mode")

namespace matching {

#define MATCHING_PLANTED_BUG_NAME(name, what) name,
enum class Bug : std::uint8_t { none, MATCHING_PLANTED_BUGS(MATCHING_PLANTED_BUG_NAME) };
#undef MATCHING_PLANTED_BUG_NAME

#ifdef EXCHANGE_PLANTED_BUGS
inline Bug planted_bug = Bug::none;
inline bool planted(Bug bug) { return bug == planted_bug; }
#else
constexpr bool planted(Bug /*bug*/) { return false; }
#endif

}  // namespace matching

// The condition of a deliberate mistake: false but in the test that plants it.
#define PLANTED(name) (::matching::planted(::matching::Bug::name))
