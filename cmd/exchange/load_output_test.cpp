// What ends a benchmark with 1.
#include "cmd/exchange/load_output.h"

#include <gtest/gtest.h>

namespace exchange {
namespace {

TEST(IsClean, OfAFanOutNeedsMessagesAndReaders) {
  constexpr int kReaders = 100;
  struct Row {
    const char* what;
    std::uint64_t rate_hz, errors, unanswered, messages, lost;
    bool clean;
  };
  for (const Row& row :
       {Row{"all is well", 10'000, 0, 0, 5'000, 0, true}, Row{"all is well, saturated", 0, 0, 0, 5'000, 0, true},
        Row{"an order refused", 10'000, 1, 0, 5'000, 0, false}, Row{"an order not answered", 0, 0, 1, 5'000, 0, false},
        Row{"no message", 10'000, 0, 0, 0, 0, false}, Row{"no message, saturated", 0, 0, 0, 0, 0, false},
        Row{"one reader lost", 10'000, 0, 0, 5'000, 1, false},
        Row{"slow readers lost, saturated", 0, 0, 0, 5'000, 99, true},
        Row{"all readers lost", 10'000, 0, 0, 5'000, 100, false},
        Row{"all readers lost, saturated", 0, 0, 0, 5'000, 100, false}}) {
    bench::FanOutResult result;
    result.orders.errors = row.errors;
    result.orders.unanswered = row.unanswered;
    result.streams.messages = row.messages;
    result.streams.readers_lost = row.lost;
    EXPECT_EQ(is_clean(result, kReaders, row.rate_hz), row.clean) << row.what;
  }
}

}  // namespace
}  // namespace exchange
