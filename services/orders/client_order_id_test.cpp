#include "services/orders/client_order_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace orders {
namespace {

using core::OrderId;

// rule: client-order-id-made
TEST(ClientOrderId, MadeIdsNameTheirOrder) {
  std::set<std::string> seen;
  for (std::uint64_t shard : {0ull, 1ull, 8191ull}) {
    for (std::uint64_t counter = 1; counter <= 2'000; ++counter) {
      const OrderId order{shard << 40 | counter};
      const auto text = made_client_order_id(order);
      EXPECT_EQ(text.view().size(), 14u);
      EXPECT_TRUE(is_valid_client_order_id(text.view()));
      EXPECT_EQ(order_of_made_id(text.view()), order);
      EXPECT_TRUE(seen.emplace(text.view()).second);
    }
  }
}

// rule: client-order-id-made
TEST(ClientOrderId, OtherTextsNameNothing) {
  const std::string made{made_client_order_id(OrderId{7}).view()};
  std::string wrong_check = made;
  wrong_check.back() = wrong_check.back() == '0' ? '1' : '0';
  for (const std::string& text : {std::string{}, std::string{"x"}, made.substr(0, 13), made + "0", "y" + made.substr(1),
                                  wrong_check, std::string{"xzzzzzzzzzzzzz"}, std::string{"x------------_"}}) {
    EXPECT_FALSE(order_of_made_id(text).has_value()) << text;
  }
  int named = 0;
  for (std::size_t i = 1; i < made.size(); ++i) {
    for (const char c : std::string_view{"09AZaz"}) {
      std::string changed = made;
      changed[i] = c;
      named += changed != made && order_of_made_id(changed).has_value();
    }
  }
  EXPECT_EQ(named, 0) << "a changed character is noticed";
}

// rule: client-order-id-form
TEST(ClientOrderId, FormOfClientsIds) {
  for (const char* good : {"a", "A-b_9", "123456789012345678901234567890123456"}) {
    EXPECT_TRUE(is_valid_client_order_id(good)) << good;
  }
  for (const char* bad : {"", "a b", "a.b", "é", "1234567890123456789012345678901234567"}) {
    EXPECT_FALSE(is_valid_client_order_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace orders
