// Long because the texts of all events stand here, one beside the other.
//
// User events: their exact text, and that they are the whole truth about an account.
// Long because the text of every event is written out.
#include <array>
#include <functional>
#include <map>

#include "gateways/spot/shapes.h"
#include "gateways/streams/testing.h"
#include "gateways/streams/user_messages.h"
#include "services/orders/client_order_id.h"

namespace streams {
namespace {

using orders::PlaceOrder;
using orders::SelfTrade;
using orders::Side;
using orders::TimeInForce;

class TestReader final : public UserReader {
 public:
  explicit TestReader(spot::TimeUnit unit = spot::TimeUnit::millisecond) : unit_(unit) {}
  void on_user_event(std::string_view json) override {
    events.emplace_back(json);
    if (then) then();
  }
  [[nodiscard]] spot::TimeUnit time_unit() const override { return unit_; }
  std::vector<std::string> take() { return std::exchange(events, {}); }

  std::vector<std::string> events;
  std::function<void()> then;

 private:
  spot::TimeUnit unit_;
};

auto named(std::string_view name) {
  return [name](PlaceOrder& order) { order.client_order_id = core::ClientOrderId(name); };
}

struct UserEvents : testing::Test {
  UserEvents() {
    floor.users.subscribe(floor.ann, ann);
    floor.users.subscribe(floor.bob, bob);
  }
  // The balances of an event, as outboundAccountPosition has them.
  static std::string position(std::string_view base_free, std::string_view base_locked, std::string_view quote_free,
                              std::string_view quote_locked) {
    return R"({"e":"outboundAccountPosition","E":1700000000000,"u":1700000000000,"B":[{"a":"BTC","f":")" +
           std::string(base_free) + R"(","l":")" + std::string(base_locked) + R"("},{"a":"USDT","f":")" +
           std::string(quote_free) + R"(","l":")" + std::string(quote_locked) + R"("}]})";
  }
  TestFloor floor;
  TestReader ann, bob;
};

TEST_F(UserEvents, OfAnOrderThatRestsAndIsFilledInTwoSteps) {
  const core::OrderId id = floor.place_changed(floor.ann, Side::sell, "50000", "1", named("her-order"));
  const std::string number = std::to_string(id.value());
  auto events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(
      events[0],
      R"({"e":"executionReport","E":1700000000000,"s":"BTCUSDT","c":"her-order","S":"SELL","o":"LIMIT","f":"GTC",)"
      R"("q":"1.00000000","p":"50000.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"NEW","X":"NEW",)"
      R"("r":"NONE","i":)" +
          number +
          R"(,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":1700000000000,"t":-1,)"
          R"("I":5,"w":true,"m":false,"M":false,"O":1700000000000,"Z":"0.00000000","Y":"0.00000000",)"
          R"("Q":"0.00000000","W":1700000000000,"V":"NONE"})");
  EXPECT_EQ(events[1], position("999.00000000", "1.00000000", "100000000.00000000", "0.00000000"));

  floor.place_changed(floor.bob, Side::buy, "50000", "0.4", named("his"));
  events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(
      events[0],
      R"({"e":"executionReport","E":1700000000000,"s":"BTCUSDT","c":"her-order","S":"SELL","o":"LIMIT","f":"GTC",)"
      R"("q":"1.00000000","p":"50000.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"TRADE",)"
      R"("X":"PARTIALLY_FILLED","r":"NONE","i":)" +
          number +
          R"(,"l":"0.40000000","z":"0.40000000","L":"50000.00000000","n":"20.00000000","N":"USDT",)"
          R"("T":1700000000000,"t":1,"I":6,"w":true,"m":true,"M":false,"O":1700000000000,"Z":"20000.00000000",)"
          R"("Y":"20000.00000000","Q":"0.00000000","W":1700000000000,"V":"NONE"})");
  EXPECT_EQ(events[1], position("999.00000000", "0.60000000", "100019980.00000000", "0.00000000"));
  events = bob.take();
  ASSERT_EQ(events.size(), 4u) << "accepted, traded, and the balances after each";
  EXPECT_NE(events[0].find(R"("x":"NEW","X":"NEW")"), std::string::npos);
  EXPECT_EQ(events[1], position("1000.00000000", "0.00000000", "99980000.00000000", "20000.00000000"));
  EXPECT_NE(events[2].find(R"("x":"TRADE","X":"FILLED")"), std::string::npos);
  EXPECT_NE(events[2].find(R"("n":"0.00040000","N":"BTC")"), std::string::npos);
  EXPECT_NE(events[2].find(R"("w":false,"m":false)"), std::string::npos);
  EXPECT_EQ(events[3], position("1000.39960000", "0.00000000", "99980000.00000000", "0.00000000"));
}

TEST_F(UserEvents, OfAConditionalOrderThatWaitsIsTriggeredAndFilled) {
  floor.place_changed(floor.ann, Side::sell, "50000", "0.1", named("a"));
  floor.place_changed(floor.bob, Side::buy, "50000", "0.1", named("b"));
  (void)ann.take();
  const core::OrderId id = floor.place_changed(floor.ann, Side::sell, "44000", "1", [](PlaceOrder& order) {
    order.client_order_id = core::ClientOrderId("stop");
    order.condition = {orders::Trigger::stop, orders::TriggerSource::last, 0, core::Price{4'500'000}};
  });
  const std::string number = std::to_string(id.value());
  auto events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  const std::string terms =
      R"({"e":"executionReport","E":1700000000000,"s":"BTCUSDT","c":"stop","S":"SELL","o":"STOP_LOSS_LIMIT","f":"GTC",)"
      R"("q":"1.00000000","p":"44000.00000000","P":"45000.00000000","F":"0.00000000","g":-1,"C":"",)";
  const std::string nothing_traded = R"(,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,)"
                                     R"("T":1700000000000,"t":-1,)";
  EXPECT_EQ(events[0], terms + R"("x":"NEW","X":"NEW","r":"NONE","i":)" + number + nothing_traded +
                           R"("I":7,"w":false,"m":false,"M":false,"O":1700000000000,"Z":"0.00000000",)"
                           R"("Y":"0.00000000","Q":"0.00000000","V":"NONE"})");
  // Somebody's sale reaches the price: it is told that the order works, then what it trades.
  floor.place_changed(floor.bob, Side::buy, "45000", "0.3", named("c"));
  (void)ann.take();
  floor.place_changed(floor.bob, Side::sell, "45000", "0.1", named("d"));
  events = ann.take();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0], terms + R"("x":"NEW","X":"NEW","r":"NONE","i":)" + number + nothing_traded +
                           R"("I":8,"w":true,"m":false,"M":false,"O":1700000000000,"Z":"0.00000000",)"
                           R"("Y":"0.00000000","Q":"0.00000000","W":1700000000000,"V":"NONE"})");
  EXPECT_NE(events[2].find(R"("x":"TRADE","X":"PARTIALLY_FILLED")"), std::string::npos) << events[2];
}

TEST_F(UserEvents, OfATrailingOrder) {
  for (const std::int64_t begins_at : {std::int64_t{0}, std::int64_t{4'500'000}}) {
    floor.place_changed(floor.ann, Side::sell, "44000", "1", [&](PlaceOrder& order) {
      order.condition = {orders::Trigger::stop, orders::TriggerSource::last, 250, core::Price{begins_at}};
    });
    const auto events = ann.take();
    ASSERT_EQ(events.size(), 2u);
    const std::string_view shown = begins_at == 0 ? R"("P":"0.00000000","d":250,"D":1700000000000,"F":)"
                                                  : R"("P":"45000.00000000","d":250,"D":-1,"F":)";
    EXPECT_NE(events[0].find(shown), std::string::npos) << events[0];
  }
}

TEST_F(UserEvents, OfAnIcebergOrder) {
  floor.place_changed(floor.ann, Side::sell, "50000", "1",
                      [](PlaceOrder& order) { order.peak.size = core::Quantity{order.quantity.value() / 4}; });
  EXPECT_NE(ann.take().at(0).find(R"("q":"1.00000000","p":"50000.00000000","P":"0.00000000","F":"0.25000000")"),
            std::string::npos);
}

TEST_F(UserEvents, OfCancels) {
  const core::OrderId named_order = floor.place_changed(floor.ann, Side::sell, "50000", "1", named("first"));
  const core::OrderId other = floor.sell("50000", "1");
  (void)ann.take();
  floor.submit(orders::CancelOrder{.account = floor.ann,
                                   .market = floor.market().id,
                                   .target = {.order = named_order},
                                   .cancel_id = core::ClientOrderId("the-cancel")});
  auto events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0],
            R"({"e":"executionReport","E":1700000000000,"s":"BTCUSDT","c":"the-cancel","S":"SELL","o":"LIMIT",)"
            R"("f":"GTC","q":"1.00000000","p":"50000.00000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"first",)"
            R"("x":"CANCELED","X":"CANCELED","r":"NONE","i":)" +
                std::to_string(named_order.value()) +
                R"(,"l":"0.00000000","z":"0.00000000","L":"0.00000000","n":"0","N":null,"T":1700000000000,"t":-1,)"
                R"("I":7,"w":false,"m":false,"M":false,"O":1700000000000,"Z":"0.00000000","Y":"0.00000000",)"
                R"("Q":"0.00000000","W":1700000000000,"V":"NONE"})");
  floor.cancel(floor.ann, other);
  events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].find(R"("C":")" + std::string(orders::made_client_order_id(other).view()) + '"'),
            std::string::npos)
      << events[0];
  EXPECT_NE(events[0].find(R"("c":"c0)"), std::string::npos) << "the exchange's own name for the cancel";
  floor.cancel(floor.ann, other);
  EXPECT_TRUE(ann.take().empty()) << "nothing happened";
}

TEST_F(UserEvents, OfOrdersThatExpire) {
  struct Case {
    std::string_view reason;
    std::function<void(PlaceOrder&)> change;
  };
  const Case cases[] = {
      {"UNFILLED_IOC_QUANTITY_EXPIRED", [](PlaceOrder& order) { order.time_in_force = TimeInForce::ioc; }},
      {"UNFILLED_FOK_ORDER_EXPIRED", [](PlaceOrder& order) { order.time_in_force = TimeInForce::fok; }},
      {"INSUFFICIENT_LIQUIDITY",
       [](PlaceOrder& order) {
         order.type = orders::OrderType::market;
         order.price = {};
         order.time_in_force = TimeInForce::ioc;
       }},
  };
  for (const Case& each : cases) {
    floor.sell("50000", "0.1");
    (void)bob.take();
    floor.place_changed(floor.bob, Side::buy, "50000", "0.5", each.change);
    const auto events = bob.take();
    ASSERT_GE(events.size(), 4u) << each.reason;
    const std::string& report = events[events.size() - 2];
    EXPECT_NE(report.find(R"("x":"EXPIRED","X":"EXPIRED","r":"NONE")"), std::string::npos) << report;
    EXPECT_TRUE(report.ends_with(R"("V":"NONE","eR":")" + std::string(each.reason) + R"("})")) << report;
    floor.submit(orders::CancelAll{.account = floor.ann, .market = floor.market().id});
  }
}

TEST_F(UserEvents, OfMarketOrdersByAmount) {
  floor.sell("50000", "1");
  (void)bob.take();
  floor.place_changed(floor.bob, Side::buy, "0", "0", [](PlaceOrder& order) {
    order.type = orders::OrderType::market_by_quote;
    order.quote_quantity = core::Amount{core::int128{1'000} * 100'000'000};
    order.time_in_force = TimeInForce::ioc;
  });
  const auto events = bob.take();
  ASSERT_GE(events.size(), 4u);
  EXPECT_NE(events[2].find(R"("o":"MARKET","f":"IOC","q":"0.02000000","p":"0.00000000")"), std::string::npos)
      << events[2];
  EXPECT_NE(events[2].find(R"("z":"0.02000000","L":"50000.00000000")"), std::string::npos);
  EXPECT_NE(events[2].find(R"("Q":"1000.00000000")"), std::string::npos);
}

TEST_F(UserEvents, OfSelfTradePrevention) {
  const auto with = [](SelfTrade mode) { return [mode](PlaceOrder& order) { order.self_trade = mode; }; };
  const auto only = [](const std::vector<std::string>& events, std::string_view order) {
    std::vector<std::string> out;
    for (const std::string& event : events) {
      if (event.find(R"("i":)" + std::string(order) + ",") != std::string::npos) out.push_back(event);
    }
    return out;
  };
  const std::string maker = std::to_string(floor.sell("50000", "3").value());
  (void)ann.take();
  std::string taker =
      std::to_string(floor.place_changed(floor.ann, Side::buy, "50000", "1", with(SelfTrade::expire_taker)).value());
  auto events = ann.take();
  EXPECT_TRUE(only(events, maker).empty());
  auto own = only(events, taker);
  ASSERT_EQ(own.size(), 2u);
  EXPECT_NE(own[1].find(R"("x":"TRADE_PREVENTION","X":"EXPIRED_IN_MATCH")"), std::string::npos) << own[1];
  EXPECT_NE(
      own[1].find(R"("t":-1,"v":1,"A":"1.00000000","B":"1.00000000","u":-1,"U":)" + maker + R"(,"Cs":"BTCUSDT","I":)"),
      std::string::npos)
      << own[1];
  EXPECT_TRUE(own[1].ends_with(R"("V":"EXPIRE_TAKER"})"));

  taker = std::to_string(floor.place_changed(floor.ann, Side::buy, "50000", "1", with(SelfTrade::decrement)).value());
  events = ann.take();
  own = only(events, taker);
  ASSERT_EQ(own.size(), 2u);
  EXPECT_NE(own[1].find(R"("x":"TRADE_PREVENTION","X":"EXPIRED_IN_MATCH")"), std::string::npos);
  EXPECT_NE(own[1].find(R"("l":"0.00000000","z":"0.00000000","L":"0.00000000")"), std::string::npos);
  EXPECT_NE(own[1].find(R"("v":2,"A":"1.00000000","B":"1.00000000","u":-1,"U":)" + maker +
                        R"(,"Cs":"BTCUSDT","pl":"1.00000000","pL":"50000.00000000","pY":"50000.00000000","I":)"),
            std::string::npos)
      << own[1];
  own = only(events, maker);
  ASSERT_EQ(own.size(), 1u);
  EXPECT_NE(own[0].find(R"("x":"TRADE_PREVENTION","X":"NEW")"), std::string::npos) << own[0];
  EXPECT_NE(own[0].find(R"("A":"1.00000000","B":"1.00000000","u":-1,"U":)" + taker), std::string::npos);

  taker =
      std::to_string(floor.place_changed(floor.ann, Side::buy, "50000", "1", with(SelfTrade::expire_maker)).value());
  own = only(ann.take(), maker);
  ASSERT_EQ(own.size(), 1u);
  EXPECT_NE(own[0].find(R"("v":3,"A":"3.00000000","B":"2.00000000","u":-1,"U":)" + taker), std::string::npos)
      << "all that was open, and what had gone before: " << own[0];
}

TEST_F(UserEvents, OfChangesThatKeepTheOrder) {
  const core::OrderId id = floor.place_changed(floor.ann, Side::sell, "50000", "3", named("mine"));
  (void)ann.take();
  floor.submit(orders::ReduceOrder{.account = floor.ann,
                                   .market = floor.market().id,
                                   .target = {.order = id},
                                   .by = *instruments::parse_quantity(floor.market(), "1")});
  const auto events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_NE(events[0].find(R"("c":"mine")"), std::string::npos);
  EXPECT_NE(events[0].find(R"("q":"2.00000000")"), std::string::npos);
  EXPECT_NE(events[0].find(R"("x":"REPLACED","X":"NEW")"), std::string::npos);
  EXPECT_EQ(events[1], position("998.00000000", "2.00000000", "100000000.00000000", "0.00000000"));
}

TEST_F(UserEvents, OfRejectedOrdersOnlyWhenOneWasCancelledForThem) {
  floor.place(floor.ann, Side::sell, "50000", "5000");
  EXPECT_TRUE(ann.take().empty()) << "who asked was answered";
  const core::OrderId id = floor.place_changed(floor.ann, Side::sell, "50000", "1", named("old"));
  (void)ann.take();
  orders::CancelReplace replace;
  replace.cancel = {.account = floor.ann, .market = floor.market().id, .target = {.order = id}};
  replace.place = {.account = floor.ann, .market = floor.market().id, .side = Side::sell};
  replace.place.price = *instruments::parse_price(floor.market(), "5000");
  replace.place.quantity = *instruments::parse_quantity(floor.market(), "1500");
  replace.place.client_order_id = core::ClientOrderId("new");
  floor.submit(replace);
  const auto events = ann.take();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_NE(events[0].find(R"("C":"old","x":"CANCELED")"), std::string::npos);
  EXPECT_NE(events[2].find(R"("c":"new")"), std::string::npos) << events[2];
  EXPECT_NE(events[2].find(R"("x":"REJECTED","X":"REJECTED","r":"INSUFFICIENT_BALANCES","i":-1)"), std::string::npos);
}

TEST_F(UserEvents, OfDeposits) {
  floor.deposit(floor.ann, "ETH", 3);
  const auto events = ann.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0], R"({"e":"balanceUpdate","E":1700000000000,"a":"ETH","d":"3.00000000","T":1700000000000})");
  EXPECT_EQ(events[1], R"({"e":"outboundAccountPosition","E":1700000000000,"u":1700000000000,)"
                       R"("B":[{"a":"ETH","f":"10003.00000000","l":"0.00000000"}]})");
  EXPECT_TRUE(bob.take().empty());
}

TEST_F(UserEvents, OfTheEndOfAStream) {
  std::string json;
  spot::JsonWriter writer(json);
  write_event_stream_terminated(writer, floor.port.time, spot::TimeUnit::microsecond);
  EXPECT_EQ(json, R"({"e":"eventStreamTerminated","E":1700000000000000})");
}

TEST_F(UserEvents, AreEncodedOncePerUnit) {
  TestReader second, micro(spot::TimeUnit::microsecond);
  floor.users.subscribe(floor.ann, second);
  floor.users.subscribe(floor.ann, micro);
  const std::uint64_t before = floor.users.counters().messages_encoded;
  floor.deposit(floor.ann, "ETH", 3);
  EXPECT_EQ(floor.users.counters().messages_encoded - before, 4u);
  EXPECT_EQ(second.take(), ann.take());
  EXPECT_EQ(micro.take()[0],
            R"({"e":"balanceUpdate","E":1700000000000000,"a":"ETH","d":"3.00000000","T":1700000000000000})");
  floor.users.unsubscribe(floor.ann, second);
  floor.users.unsubscribe(floor.ann, second);
  floor.users.unsubscribe(floor.bob, second);
  floor.users.unsubscribe(floor.ann, micro);
}

TEST_F(UserEvents, ReadersMayComeAndGoWhileTheyAreTold) {
  TestReader second, third;
  floor.users.subscribe(floor.ann, second);
  ann.then = [&] { floor.users.unsubscribe(floor.ann, ann); };
  second.then = [&] {
    floor.users.subscribe(floor.ann, third);
    floor.users.subscribe(floor.ann, ann);
    floor.users.unsubscribe(floor.ann, second);
  };
  floor.deposit(floor.ann, "ETH", 3);
  EXPECT_EQ(ann.take().size(), 2u);
  EXPECT_EQ(second.take().size(), 1u);
  EXPECT_EQ(third.take().size(), 2u);
  ann.then = [&] {
    floor.users.unsubscribe(floor.ann, ann);
    floor.users.unsubscribe(floor.ann, third);
  };
  floor.users.subscribe(floor.ann, ann);
  floor.users.unsubscribe(floor.ann, third);
  floor.users.subscribe(floor.ann, third);
  floor.deposit(floor.ann, "ETH", 3);
  EXPECT_EQ(ann.take().size(), 1u);
  EXPECT_TRUE(third.take().empty());
  EXPECT_EQ(floor.users.counters().subscriptions, 1u) << "bob's";
  TestReader again;
  floor.users.subscribe(floor.ann, again);
  floor.deposit(floor.ann, "ETH", 3);
  EXPECT_EQ(again.take().size(), 2u);
  floor.users.unsubscribe(floor.ann, again);
}

// ---- the whole truth ----

// The value of a field, without its quotes.
std::string field(const std::string& json, std::string_view name) {
  const std::string key = '"' + std::string(name) + "\":";
  std::size_t at = json.find(key);
  if (at == std::string::npos) return "missing";
  at += key.size();
  if (json[at] != '"') return json.substr(at, json.find_first_of(",}", at) - at);
  return json.substr(at + 1, json.find('"', at + 1) - at - 1);
}

// An account as its events alone tell of it.
struct Mirror {
  struct Order {
    std::string client_id, status, executed, executed_quote, quantity, price;
    bool on_book = false;
  };
  std::map<std::string, Order> orders;
  std::map<std::string, std::pair<std::string, std::string>> balances;
  std::uint64_t last_execution = 0;

  void take(const std::string& json) {
    const std::string type = field(json, "e");
    if (type == "executionReport") {
      const bool is_cancel = field(json, "x") == "CANCELED";
      ASSERT_GT(std::stoull(field(json, "I")), last_execution) << "execution ids rise";
      last_execution = std::stoull(field(json, "I"));
      orders[field(json, "i")] = {.client_id = field(json, is_cancel ? "C" : "c"),
                                  .status = field(json, "X"),
                                  .executed = field(json, "z"),
                                  .executed_quote = field(json, "Z"),
                                  .quantity = field(json, "q"),
                                  .price = field(json, "p"),
                                  .on_book = field(json, "w") == "true"};
    } else if (type == "outboundAccountPosition") {
      for (std::size_t at = json.find(R"({"a":)"); at != std::string::npos; at = json.find(R"({"a":)", at + 1)) {
        const std::string balance = json.substr(at, json.find('}', at) + 1 - at);
        balances[field(balance, "a")] = {field(balance, "f"), field(balance, "l")};
      }
    }
  }
  void compare(const TestFloor& floor, core::AccountId account) const {
    const auto& views = floor.port.views();
    std::size_t open = 0;
    for (const auto& [id, order] : orders) open += order.on_book ? 1 : 0;
    ASSERT_EQ(open, views.accounts.open_orders(account, {}).size());
    const spot::Listing listing = spot::listing_of(views.instruments, floor.market());
    for (const auto& [id, order] : orders) {
      const history::Order* known = views.accounts.order(account, core::OrderId{std::stoull(id)});
      ASSERT_NE(known, nullptr);
      ASSERT_EQ(order.client_id, known->client_order_id.view());
      ASSERT_EQ(order.status, spot::name_of(known->status));
      ASSERT_EQ(order.executed, instruments::format_quantity(floor.market(), known->executed));
      ASSERT_EQ(order.quantity, instruments::format_quantity(floor.market(), known->quantity));
      ASSERT_EQ(order.price, instruments::format_price(floor.market(), known->price));
      ASSERT_EQ(order.executed_quote, instruments::format_amount(listing.quote, known->executed_quote));
    }
    for (const auto& [symbol, balance] : balances) {
      const instruments::Asset* asset = views.instruments.asset(symbol);
      const ledger::Balance known = views.accounts.balance(account, asset->id);
      ASSERT_EQ(balance.first, instruments::format_amount(*asset, known.available));
      ASSERT_EQ(balance.second, instruments::format_amount(*asset, known.held));
    }
  }
};

TEST_F(UserEvents, AreTheWholeTruthAfterEveryCommand) {
  core::Random random(23);
  std::map<core::AccountId, Mirror> mirrors;
  std::vector<core::OrderId> placed;
  constexpr std::array kModes = {SelfTrade::none, SelfTrade::expire_taker, SelfTrade::expire_maker,
                                 SelfTrade::expire_both, SelfTrade::decrement};
  for (int step = 0; step < 1'500; ++step) {
    const core::AccountId account = random.chance(1, 2) ? floor.ann : floor.bob;
    const auto choice = random.below(10);
    if (choice == 0) {
      floor.deposit(account, random.chance(1, 2) ? "BTC" : "USDT", random.between(1, 5));
    } else if (choice < 4 && !placed.empty()) {
      floor.cancel(account, placed[placed.size() - 1 - random.below(std::min<std::size_t>(placed.size(), 20))]);
    } else if (choice == 4 && !placed.empty()) {
      floor.submit(orders::ReduceOrder{
          .account = account,
          .market = floor.market().id,
          .target = {.order = placed[placed.size() - 1 - random.below(std::min<std::size_t>(placed.size(), 20))]},
          .by = core::Quantity{random.between(1, 10'000)}});
    } else {
      const Side side = random.chance(1, 2) ? Side::buy : Side::sell;
      placed.push_back(floor.place_changed(account, side, std::to_string(random.between(95, 105)),
                                           "0." + std::to_string(random.between(1, 9)), [&](PlaceOrder& order) {
                                             order.self_trade = kModes[random.below(kModes.size())];
                                             if (random.chance(1, 4))
                                               order.time_in_force =
                                                   random.chance(1, 2) ? TimeInForce::ioc : TimeInForce::fok;
                                             if (random.chance(1, 2))
                                               order.client_order_id = core::ClientOrderId("n" + std::to_string(step));
                                           }));
      if (placed.back().is_none()) placed.pop_back();
    }
    floor.port.time.ns += 1'000'000;
    for (const auto& [id, reader] : {std::pair{floor.ann, &ann}, std::pair{floor.bob, &bob}}) {
      for (const std::string& event : reader->take()) mirrors[id].take(event);
      mirrors[id].compare(floor, id);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(mirrors[floor.ann].orders.size(), 300u);
}

// ---- listen keys ----

TEST(ListenKeys, AreOnePerAccountAndRandom) {
  ListenKeys keys{TestFloor::Letters{}};
  const auto first = keys.create(core::AccountId{1000}), second = keys.create(core::AccountId{1001});
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_EQ(first->size(), 64u);
  for (const char c : *first) EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)));
  EXPECT_EQ(keys.create(core::AccountId{1000}), first);
  EXPECT_EQ(keys.find(*first), core::AccountId{1000});
  EXPECT_EQ(keys.find("nothing"), std::nullopt);
  EXPECT_EQ(keys.size(), 2u);
}

TEST(ListenKeys, EndAfterAnHourWithoutExtension) {
  constexpr std::int64_t kMinuteNs = 60'000'000'000;
  ListenKeys keys{TestFloor::Letters{}};
  keys.tick(kMinuteNs);
  const core::AccountId account{1000};
  const std::string key = *keys.create(account);
  keys.tick(60 * kMinuteNs);
  EXPECT_FALSE(keys.extend(key, core::AccountId{1001})) << "another's";
  EXPECT_FALSE(keys.close(key, core::AccountId{1001}));
  EXPECT_TRUE(keys.extend(key, account));
  keys.tick(119 * kMinuteNs);
  EXPECT_TRUE(keys.find(key));
  EXPECT_EQ(keys.create(account), key) << "which extends it too";
  keys.tick(178 * kMinuteNs);
  EXPECT_TRUE(keys.find(key));
  keys.tick(180 * kMinuteNs);
  EXPECT_FALSE(keys.find(key));
  EXPECT_FALSE(keys.extend(key, account));
  EXPECT_NE(keys.create(account), key);
}

TEST(ListenKeys, ReadersHearOfTheEndOnceAndMayActOnIt) {
  struct Reader final : ListenKeyReader {
    void on_listen_key_end(std::string_view key, bool has_expired) override {
      ends += has_expired ? 10 : 1;
      last = key;
      if (then) then();
    }
    int ends = 0;
    std::string last;
    std::function<void()> then;
  } first, second, third;
  ListenKeys keys{TestFloor::Letters{}};
  const core::AccountId account{1000};
  const std::string key = *keys.create(account);
  for (Reader* reader : {&first, &second, &third}) keys.attach(key, *reader);
  keys.detach(key, second);
  keys.detach(key, second);
  std::string next;
  third.then = [&] {
    keys.detach(key, first);
    EXPECT_FALSE(keys.find(key)) << "it has ended";
    next = *keys.create(account);
  };
  EXPECT_TRUE(keys.close(key, account));
  EXPECT_EQ(third.ends, 1);
  EXPECT_EQ(third.last, key);
  EXPECT_EQ(first.ends + second.ends, 0);
  EXPECT_NE(next, key);
  EXPECT_EQ(keys.find(next), account);
  EXPECT_EQ(keys.size(), 1u);
}

}  // namespace
}  // namespace streams
