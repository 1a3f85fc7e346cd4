// The matching fold by kind of command and by shape of book: what an order to rest, a cancel, a move, a reduction, and
// taking one order or many levels cost in books of a thousand orders and of four million, in one market and in 100,000.
//
// Every level has two orders of 100 lots. Commands pick markets, orders and prices at random over the whole book, so
// that nothing but the touch is warm by itself. They come in small batches, made beforehand; after each batch the book
// is made again what it was, which is not timed. Self-trade prevention and price bands are off.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bench {

struct BookShape {
  std::uint32_t markets = 1;
  std::uint64_t orders = 1'000;  // resting in all; at least kShapeOrdersMin in each market
};
inline constexpr std::uint64_t kShapeOrdersMin = 40;  // of a market: ten levels a side

// By depth, then, with as many orders in all, by markets.
inline constexpr BookShape kBookShapes[] = {{1, 1'000},          {1, 10'000},         {1, 100'000},
                                            {1, 1'000'000},      {1, 4'000'000},      {100, 4'000'000},
                                            {10'000, 4'000'000}, {100'000, 4'000'000}};

enum class ShapeCommand { add, cancel, move, reduce, take_one, take_levels };
inline constexpr std::array<std::string_view, 6> kShapeCommandNames = {"add",    "cancel",   "move",
                                                                       "reduce", "take_one", "take_levels"};
inline constexpr std::uint64_t kLevelsTaken = 8;  // by one take_levels

struct ShapeOptions {
  int runs = 5;                     // over one book, >= 1; the median counts
  std::uint64_t commands = 50'000;  // about how many of each kind in a run
};

struct ShapeResult {
  BookShape shape;
  std::array<double, kShapeCommandNames.size()> ns_per_command{};  // by ShapeCommand, medians
  double bytes_per_order = 0;  // of all the fold's memory in use: orders, levels, markets
  bool as_expected = false;    // every command did what it should, and the book is sound and whole afterwards
};

[[nodiscard]] ShapeResult bench_shape(BookShape shape, const ShapeOptions& options);

}  // namespace bench
