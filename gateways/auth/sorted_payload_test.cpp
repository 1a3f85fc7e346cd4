#include "gateways/auth/sorted_payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "gateways/auth/hmac.h"

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

// The examples of the published documentation of the WebSocket API, their parameters in the order it has them. (The
// one that is not ASCII says quantity 0.01000000 first and signs 1.00000000.)
TEST(SortedPayload, PublishedExamplesOfTheApi) {
  constexpr std::string_view kApiKey = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
  const HmacVerifier verifier("NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j");
  struct Case {
    const char* what;
    std::vector<NamedText> parameters;
    std::string_view signature;
  };
  const std::array cases = {
      Case{"ASCII",
           {{"symbol", "BTCUSDT"},
            {"side", "SELL"},
            {"type", "LIMIT"},
            {"timeInForce", "GTC"},
            {"quantity", "0.01000000"},
            {"price", "52000.00"},
            {"recvWindow", "100"},
            {"timestamp", "1645423376532"},
            {"apiKey", kApiKey}},
           "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"},
      Case{"ASCII, of an earlier edition",
           {{"symbol", "BTCUSDT"},
            {"side", "SELL"},
            {"type", "LIMIT"},
            {"timeInForce", "GTC"},
            {"quantity", "0.01000000"},
            {"price", "52000.00"},
            {"newOrderRespType", "ACK"},
            {"recvWindow", "100"},
            {"timestamp", "1645423376532"},
            {"apiKey", kApiKey}},
           "cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a"},
      Case{"not ASCII",
           {{"symbol", "１２３４５６"},
            {"side", "BUY"},
            {"type", "LIMIT"},
            {"timeInForce", "GTC"},
            {"quantity", "1.00000000"},
            {"price", "0.10000000"},
            {"recvWindow", "5000"},
            {"timestamp", "1645423376532"},
            {"apiKey", kApiKey}},
           "b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd"},
  };
  for (Case each : cases) {
    each.parameters.insert(each.parameters.begin() + 3, {"signature", each.signature});
    std::string scratch;
    const std::string_view payload = sorted_payload(each.parameters, scratch);
    EXPECT_EQ(verifier.verify(std::span(&payload, 1), each.signature), Verdict::valid) << each.what;
  }
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
