// Every shape is built as it says, every kind of command does what it is timed for, and the book is whole afterwards.
#include "bench/shapes.h"

#include <gtest/gtest.h>

namespace bench {
namespace {

TEST(Shapes, AreMeasuredAndWhole) {
  const BookShape shapes[] = {{1, 40}, {1, 1'000}, {7, 2'000}, {100, 4'000}};
  for (const BookShape& shape : shapes) {
    const ShapeResult result = bench_shape(shape, {.runs = 2, .commands = 500});
    EXPECT_TRUE(result.as_expected) << shape.markets << " markets, " << shape.orders << " orders";
    for (std::size_t kind = 0; kind < kShapeCommandNames.size(); ++kind)
      EXPECT_GT(result.ns_per_command[kind], 0) << kShapeCommandNames[kind];
    EXPECT_GE(result.bytes_per_order, 72) << "an order and its links";
  }
}

TEST(Shapes, DeepBooksKeepTheMemoryTarget) {
  // The fold's target, see services/matching/README.md; pages of a small book weigh more.
  EXPECT_LE(bench_shape({1, 100'000}, {.runs = 1, .commands = 100}).bytes_per_order, 128);
  EXPECT_GT(bench_shape({1'000, 40'000}, {.runs = 1, .commands = 100}).bytes_per_order, 100)
      << "two pages for every market are counted";
}

TEST(Shapes, AreTheOnesAskedFor) {
  for (const BookShape& shape : kBookShapes) EXPECT_GE(shape.orders / shape.markets, kShapeOrdersMin);
}

}  // namespace
}  // namespace bench
