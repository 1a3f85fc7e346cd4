#include "gateways/auth/sorted_payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace auth {
namespace {

std::string payload_of(std::vector<NamedText> parameters) {
  std::string scratch;
  return std::string(sorted_payload(parameters, scratch));
}

TEST(SortedPayload, SortsByTheBytesOfNamesAndLeavesTheSignatureOut) {
  struct Case {
    const char* what;
    std::vector<NamedText> parameters;
    std::string_view payload;
  };
  const std::array cases = {
      Case{"nothing", {}, ""},
      Case{"only a signature", {{"signature", "x"}}, ""},
      Case{"one", {{"a", "1"}}, "a=1"},
      Case{"an empty value", {{"b", "2"}, {"a", ""}}, "a=&b=2"},
      Case{"the signature between others", {{"signature", "x"}, {"zeta", "1"}, {"alpha", "2"}}, "alpha=2&zeta=1"},
      Case{"names that contain it stay",
           {{"signatures", "1"}, {"signature", "x"}, {"asignature", "2"}},
           "asignature=2&signatures=1"},
      Case{"a name before those it begins", {{"newOrderRespType", "ACK"}, {"new", "1"}}, "new=1&newOrderRespType=ACK"},
      Case{"capitals before small letters", {{"a", "1"}, {"B", "2"}}, "B=2&a=1"},
      Case{"nothing is encoded", {{"s", "a b&c=%20\"\n/+"}}, "s=a b&c=%20\"\n/+"},
      Case{"text beyond ASCII", {{"symbol", "１２"}, {"é", "1"}}, "symbol=１２&é=1"},
      Case{"tokens as they were written", {{"b", "true"}, {"a", "1.50e2"}, {"c", "0.10"}}, "a=1.50e2&b=true&c=0.10"},
  };
  for (const Case& each : cases) EXPECT_EQ(payload_of(each.parameters), each.payload) << each.what;
}

TEST(SortedPayload, IsTheSameForEveryOrderOfTheParameters) {
  std::array<NamedText, 5> parameters{{{"a", "1"}, {"ab", "2"}, {"b", "3"}, {"signature", "x"}, {"timestamp", "4"}}};
  auto order = std::array{0, 1, 2, 3, 4};
  do {
    std::vector<NamedText> shuffled;
    for (const int at : order) shuffled.push_back(parameters[static_cast<std::size_t>(at)]);
    EXPECT_EQ(payload_of(shuffled), "a=1&ab=2&b=3&timestamp=4");
  } while (std::ranges::next_permutation(order).found);
}

TEST(SortedPayload, UsesItsMemoryAgain) {
  std::string scratch;
  std::array<NamedText, 2> large{{{"b", std::string_view("0123456789012345678901234567890123456789")}, {"a", "1"}}};
  (void)sorted_payload(large, scratch);
  const char* const memory = scratch.data();
  std::array<NamedText, 1> small{{{"c", "2"}}};
  EXPECT_EQ(sorted_payload(small, scratch), "c=2");
  EXPECT_EQ(scratch.data(), memory);
}

}  // namespace
}  // namespace auth
