// The exact text of every market data stream, and when it is told.
#include "gateways/streams/testing.h"

namespace streams {
namespace {

using orders::Side;

// 1'700'000'000'000 ms: a Tuesday, 22:13:20 UTC.
constexpr std::string_view kNow = "1700000000000";

TEST(TradeStream, TellsEachTradeAtOnce) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws/btcusdt@trade");
  floor.sell("50000.01", "0.5");
  EXPECT_TRUE(client.take().empty());
  floor.buy("50000.01", "0.2");
  EXPECT_EQ(client.take_one(), R"({"e":"trade","E":1700000000000,"s":"BTCUSDT","t":1,"p":"50000.01000000",)"
                               R"("q":"0.20000000","T":1700000000000,"m":false,"M":true})");
  floor.buy("49999", "1");
  floor.place(floor.ann, Side::sell, "49999", "0.1");
  EXPECT_EQ(client.take_one(), R"({"e":"trade","E":1700000000000,"s":"BTCUSDT","t":2,"p":"49999.00000000",)"
                               R"("q":"0.10000000","T":1700000000000,"m":true,"M":true})");
}

TEST(TradeStream, InMicrosecondsAndCombined) {
  TestFloor floor;
  TestClient micro(floor.gateway, "/ws/btcusdt@trade", "timeUnit=MICROSECOND");
  TestClient both(floor.gateway, "/stream", "streams=btcusdt@trade/ethusdt@trade&timeUnit=microsecond");
  TestClient combined(floor.gateway, "/stream", "streams=btcusdt@trade");
  floor.sell("50000", "1");
  floor.buy("50000", "1");
  const std::string text = R"({"e":"trade","E":1700000000000000,"s":"BTCUSDT","t":1,"p":"50000.00000000",)"
                           R"("q":"1.00000000","T":1700000000000000,"m":false,"M":true})";
  EXPECT_EQ(micro.take_one(), text);
  EXPECT_EQ(both.take_one(), R"({"stream":"btcusdt@trade","data":)" + text + "}");
  EXPECT_EQ(combined.take_one(),
            R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1700000000000,"s":"BTCUSDT","t":1,)"
            R"("p":"50000.00000000","q":"1.00000000","T":1700000000000,"m":false,"M":true}})");
}

TEST(TradeStream, IsNeverSentBeforeItHappened) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws/btcusdt@trade");
  floor.sell("50000", "1");
  floor.port.time.ns += 5'000'000'000;
  floor.buy("50000", "0.5");
  EXPECT_NE(client.take_one().find(R"("E":1700000005000,)"), std::string::npos);
  floor.port.time.ns -= 3'600'000'000'000;  // the clock is set back by an hour
  floor.buy("50000", "0.5");
  const std::string later = client.take_one();
  EXPECT_NE(later.find(R"("E":1700000005000,)"), std::string::npos) << later;
  EXPECT_NE(later.find(R"("T":1700000005000,)"), std::string::npos) << later;
}

TEST(AggregateTradeStream, PutsTogetherWhatOneOrderTookAtOnePrice) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws/btcusdt@aggTrade");
  TestClient trades(floor.gateway, "/ws/btcusdt@trade");
  floor.sell("50000", "0.1");
  floor.sell("50000", "0.2");
  floor.sell("50001", "0.3");
  floor.buy("50001", "0.5");
  EXPECT_EQ(trades.take().size(), 3u);
  const auto messages = client.take();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0], R"({"e":"aggTrade","E":1700000000000,"s":"BTCUSDT","a":1,"p":"50000.00000000",)"
                         R"("q":"0.30000000","f":1,"l":2,"T":1700000000000,"m":false,"M":true})");
  EXPECT_EQ(messages[1], R"({"e":"aggTrade","E":1700000000000,"s":"BTCUSDT","a":2,"p":"50001.00000000",)"
                         R"("q":"0.20000000","f":3,"l":3,"T":1700000000000,"m":false,"M":true})");
  floor.buy("50001", "0.1");
  EXPECT_NE(client.take_one().find(R"("a":3,)"), std::string::npos);
}

TEST(DepthStream, TellsWhatHasChangedEverySecondOrTenTimes) {
  TestFloor floor;
  TestClient slow(floor.gateway, "/ws/btcusdt@depth"), fast(floor.gateway, "/ws/btcusdt@depth@100ms");
  const std::uint64_t before = floor.port.views().markets.depth(floor.market().id, 0).last_update_id;
  floor.buy("49999", "1");
  floor.buy("49998", "2");
  floor.sell("50001", "3");
  floor.buy("49999", "0.5");
  floor.pass(100);
  const std::string text = R"({"e":"depthUpdate","E":1700000000100,"s":"BTCUSDT","U":)" + std::to_string(before + 1) +
                           R"(,"u":)" + std::to_string(before + 4) +
                           R"(,"b":[["49999.00000000","1.50000000"],["49998.00000000","2.00000000"]],)"
                           R"("a":[["50001.00000000","3.00000000"]]})";
  EXPECT_EQ(fast.take_one(), text);
  EXPECT_TRUE(slow.take().empty());
  floor.cancel(floor.ann, floor.sell("50002", "1"));
  floor.pass(100);
  EXPECT_EQ(fast.take_one(), R"({"e":"depthUpdate","E":1700000000200,"s":"BTCUSDT","U":)" + std::to_string(before + 5) +
                                 R"(,"u":)" + std::to_string(before + 6) +
                                 R"(,"b":[],"a":[["50002.00000000","0.00000000"]]})");
  floor.pass(1000);
  EXPECT_TRUE(fast.take().empty()) << "nothing has changed";
  const std::string second = slow.take_one();
  EXPECT_NE(second.find(R"("U":)" + std::to_string(before + 1) + R"(,"u":)" + std::to_string(before + 6)),
            std::string::npos)
      << second;
  EXPECT_NE(second.find(R"(["50002.00000000","0.00000000"])"), std::string::npos);
}

TEST(PartialDepthStream, TellsTheBestLevels) {
  TestFloor floor;
  for (int i = 1; i <= 30; ++i) {
    floor.buy(std::to_string(49'000 - i), "1");
    floor.sell(std::to_string(51'000 + i), "1");
  }
  TestClient client(floor.gateway, "/stream", "streams=btcusdt@depth5@100ms/btcusdt@depth20");
  const std::uint64_t update = floor.port.views().markets.depth(floor.market().id, 0).last_update_id;
  floor.pass(100);
  const auto first = client.take();
  ASSERT_EQ(first.size(), 2u) << "the present state of each, at once";
  EXPECT_EQ(first[0], R"({"stream":"btcusdt@depth5@100ms","data":{"lastUpdateId":)" + std::to_string(update) +
                          R"(,"bids":[["48999.00000000","1.00000000"],["48998.00000000","1.00000000"],)"
                          R"(["48997.00000000","1.00000000"],["48996.00000000","1.00000000"],)"
                          R"(["48995.00000000","1.00000000"]],"asks":[["51001.00000000","1.00000000"],)"
                          R"(["51002.00000000","1.00000000"],["51003.00000000","1.00000000"],)"
                          R"(["51004.00000000","1.00000000"],["51005.00000000","1.00000000"]]}})");
  EXPECT_NE(first[1].find(R"(["51020.00000000","1.00000000"]]}})"), std::string::npos);
  floor.buy("49500", "2");
  floor.pass(100);
  EXPECT_NE(client.take_one().find(R"("bids":[["49500.00000000","2.00000000"],)"), std::string::npos);
  floor.pass(1000);
  EXPECT_NE(client.take_one().find("btcusdt@depth20\""), std::string::npos);
}

TEST(BookTickerStream, TellsWhenTheBestPricesMove) {
  TestFloor floor;
  floor.buy("49999", "1");
  TestClient client(floor.gateway, "/ws/btcusdt@bookTicker");
  const std::uint64_t update = floor.port.views().markets.depth(floor.market().id, 0).last_update_id;
  floor.pass(100);
  EXPECT_EQ(client.take_one(), R"({"u":)" + std::to_string(update) +
                                   R"(,"s":"BTCUSDT","b":"49999.00000000","B":"1.00000000",)"
                                   R"("a":"0.00000000","A":"0.00000000"})")
      << "a new reader is told the present state";
  floor.buy("49998", "1");
  EXPECT_TRUE(client.take().empty()) << "behind the best";
  floor.sell("50001", "0.25");
  EXPECT_EQ(client.take_one(), R"({"u":)" + std::to_string(update + 2) +
                                   R"(,"s":"BTCUSDT","b":"49999.00000000","B":"1.00000000",)"
                                   R"("a":"50001.00000000","A":"0.25000000"})");
  floor.buy("49999", "0.5");
  EXPECT_NE(client.take_one().find(R"("B":"1.50000000")"), std::string::npos);
}

TEST(BookTickerStream, OfAllMarkets) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws/!bookTicker");
  floor.pass(100);
  EXPECT_EQ(client.take().size(), 4u) << "the present state of all markets first";
  floor.buy("49999", "1");
  floor.place(floor.ann, Side::buy, "3000", "1", "ETHUSDT");
  const auto messages = client.take();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_NE(messages[0].find(R"("s":"BTCUSDT","b":"49999.00000000")"), std::string::npos);
  EXPECT_NE(messages[1].find(R"("s":"ETHUSDT","b":"3000.00000000")"), std::string::npos);
}

TEST(AuctionStream, TellsTheStateAndTheFiguresOfTheCall) {
  TestFloor floor;
  const auto change = [&](instruments::MarketState state) {
    floor.submit(instruments::SetMarketState{floor.market().id, state});
  };
  const auto figures = [](const std::string& message) { return message.substr(message.find("\"S\":")); };
  TestClient client(floor.gateway, "/ws/btcusdt@auction");
  floor.pass(100);
  EXPECT_EQ(client.take_one(), R"({"e":"auction","E":1700000000100,"s":"BTCUSDT","u":1,"S":"trading",)"
                               R"("p":"0.00000000","q":"0.00000000","i":"NONE","Q":"0.00000000"})")
      << "a new reader is told the present state";
  floor.buy("49999", "1");
  EXPECT_TRUE(client.take().empty()) << "outside of a call only the state counts";
  change(instruments::MarketState::auction);
  EXPECT_EQ(figures(client.take_one()),
            R"("S":"auction","p":"0.00000000","q":"0.00000000","i":"NONE","Q":"0.00000000"})");
  floor.sell("49998", "0.25");
  const std::string told = client.take_one();
  EXPECT_EQ(figures(told), R"("S":"auction","p":"49999.00000000","q":"0.25000000","i":"BUY","Q":"0.75000000"})");
  TestClient late(floor.gateway, "/ws/btcusdt@auction");
  floor.pass(100);
  EXPECT_EQ(figures(late.take_one()), figures(told)) << "whoever comes later is told the same, from the book";
  floor.buy("40000", "1");
  EXPECT_TRUE(client.take().empty()) << "not executable";
  change(instruments::MarketState::auction_frozen);
  EXPECT_EQ(figures(client.take_one()),
            R"("S":"auction_frozen","p":"49999.00000000","q":"0.25000000","i":"BUY","Q":"0.75000000"})");
  change(instruments::MarketState::trading);
  EXPECT_EQ(figures(client.take_one()),
            R"("S":"trading","p":"0.00000000","q":"0.00000000","i":"NONE","Q":"0.00000000"})");
  EXPECT_EQ(floor.port.views().markets.last_price(floor.market().id)->value(), 4'999'900);
}

// Two trades of 0.5 at 100 and 1.5 at 104, and a book around them.
void trade_twice(TestFloor& floor) {
  floor.sell("100", "0.5");
  floor.buy("100", "0.5");
  floor.pass(1000);
  floor.buy("104", "1.5");
  floor.place(floor.ann, Side::sell, "104", "1.5");
  floor.buy("103", "2");
  floor.sell("105", "3");
}

TEST(TickerStream, ToldEverySecondInWhichSomethingHappened) {
  TestFloor floor;
  trade_twice(floor);
  floor.pass(1000);
  TestClient client(floor.gateway, "/ws/btcusdt@ticker");
  floor.pass(100);
  const std::string text =
      R"({"e":"24hrTicker","E":1700000002100,"s":"BTCUSDT","p":"4.00000000","P":"4.000","w":"103.00000000",)"
      R"("x":"0.00000000","c":"104.00000000","Q":"1.50000000","b":"103.00000000","B":"2.00000000",)"
      R"("a":"105.00000000","A":"3.00000000","o":"100.00000000","h":"104.00000000","l":"100.00000000",)"
      R"("v":"2.00000000","q":"206.00000000","O":1699913580000,"C":1700000002100,"F":1,"L":2,"n":2})";
  EXPECT_EQ(client.take_one(), text);
  floor.pass(3000);
  EXPECT_TRUE(client.take().empty());
  floor.buy("103", "1");
  floor.pass(1000);
  EXPECT_NE(client.take_one().find(R"("B":"3.00000000")"), std::string::npos) << "best prices are part of it";
}

TEST(TickerStream, MiniAndWindows) {
  TestFloor floor;
  trade_twice(floor);
  TestClient mini(floor.gateway, "/ws/btcusdt@miniTicker");
  TestClient window(floor.gateway, "/ws/btcusdt@ticker_1h");
  floor.pass(100);
  EXPECT_EQ(mini.take_one(),
            R"({"e":"24hrMiniTicker","E":1700000001100,"s":"BTCUSDT","c":"104.00000000","o":"100.00000000",)"
            R"("h":"104.00000000","l":"100.00000000","v":"2.00000000","q":"206.00000000"})");
  EXPECT_EQ(window.take_one(),
            R"({"e":"1hTicker","E":1700000001100,"s":"BTCUSDT","p":"4.00000000","P":"4.000","o":"100.00000000",)"
            R"("h":"104.00000000","l":"100.00000000","c":"104.00000000","w":"103.00000000","v":"2.00000000",)"
            R"("q":"206.00000000","O":1699996380000,"C":1700000001100,"F":1,"L":2,"n":2})");
  floor.pass(1000);
  (void)mini.take();
  (void)window.take();
  floor.pass(30'000);
  EXPECT_TRUE(mini.take().empty()) << "the window has moved, but over nothing";
  EXPECT_TRUE(window.take().empty());
  floor.pass(3'700'000);
  const auto gone = window.take();
  ASSERT_EQ(gone.size(), 1u) << "the trades have left the window";
  EXPECT_NE(gone[0].find(R"("o":"104.00000000","h":"104.00000000","l":"104.00000000","c":"104.00000000",)"
                         R"("w":"0.00000000","v":"0.00000000","q":"0.00000000")"),
            std::string::npos)
      << gone[0];
  EXPECT_NE(gone[0].find(R"("F":-1,"L":-1,"n":0})"), std::string::npos);
}

// What was while nobody read is no measure of what has changed since.
TEST(BookTickerStream, OfAllMarketsTellsAWayBackToWhatWasBeforeAnybodyRead) {
  TestFloor floor;
  const core::OrderId resting = floor.buy("50000", "1");
  TestClient client(floor.gateway, "/ws/!bookTicker");
  floor.pass(100);
  EXPECT_EQ(client.take().size(), 4u);
  floor.cancel(floor.bob, resting);
  const auto messages = client.take();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find(R"("s":"BTCUSDT","b":"0.00000000")"), std::string::npos) << messages[0];
}

TEST(TickerStream, OfAllMarketsHasThoseThatHaveChanged) {
  TestFloor floor;
  trade_twice(floor);
  const std::pair<std::string_view, std::string_view> streams[] = {{"!miniTicker@arr", "24hrMiniTicker"},
                                                                   {"!ticker@arr", "24hrTicker"},
                                                                   {"!ticker_1h@arr", "1hTicker"},
                                                                   {"!ticker_4h@arr", "4hTicker"},
                                                                   {"!ticker_1d@arr", "1dTicker"}};
  for (const auto& [stream, type] : streams) {
    TestClient client(floor.gateway, "/ws/" + std::string(stream));
    floor.pass(100);
    const std::string all = client.take_one();
    EXPECT_TRUE(all.starts_with(R"([{"e":")" + std::string(type) + "\",")) << all;
    EXPECT_NE(all.find("ETHBTC"), std::string::npos) << "a new reader is told of all";
    floor.pass(1000);
    (void)client.take();
    floor.pass(1000);
    EXPECT_TRUE(client.take().empty()) << stream;
    floor.place(floor.ann, Side::sell, "2000", "1", "ETHUSDT");
    floor.place(floor.bob, Side::buy, "2000", "1", "ETHUSDT");
    floor.pass(1000);
    const std::string changed = client.take_one();
    EXPECT_NE(changed.find("ETHUSDT"), std::string::npos);
    EXPECT_EQ(changed.find("BTCUSDT"), std::string::npos);
    EXPECT_EQ(changed.front(), '[');
    EXPECT_EQ(changed.back(), ']');
  }
}

TEST(AveragePriceStream, TellsTheLastFiveMinutes) {
  TestFloor floor;
  trade_twice(floor);
  TestClient client(floor.gateway, "/ws/btcusdt@avgPrice");
  floor.pass(100);
  EXPECT_EQ(client.take_one(), R"({"e":"avgPrice","E":1700000001100,"s":"BTCUSDT","i":"5m","w":"103.00000000",)"
                               R"("T":1700000001000})");
  floor.pass(200'000);
  EXPECT_TRUE(client.take().empty());
  floor.pass(110'000);
  const auto messages = client.take();
  ASSERT_FALSE(messages.empty());
  EXPECT_NE(messages.back().find(R"("w":"104.00000000","T":1700000001000})"), std::string::npos) << messages.back();
}

TEST(CandleStream, TellsThePresentOneAndTheClosedOne) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws/btcusdt@kline_1m");
  floor.pass(1000);
  EXPECT_TRUE(client.take().empty()) << "no trade ever";
  floor.sell("100", "2");
  floor.buy("100", "0.5");
  floor.pass(2000);
  EXPECT_EQ(client.take_one(),
            R"({"e":"kline","E":1700000002000,"s":"BTCUSDT","k":{"t":1699999980000,"T":1700000039999,"s":"BTCUSDT",)"
            R"("i":"1m","f":1,"L":1,"o":"100.00000000","c":"100.00000000","h":"100.00000000","l":"100.00000000",)"
            R"("v":"0.50000000","n":1,"x":false,"q":"50.00000000","V":"0.50000000","Q":"50.00000000","B":"0"}})");
  floor.pass(10'000);
  EXPECT_TRUE(client.take().empty());
  floor.place(floor.bob, Side::buy, "99", "1");
  floor.place(floor.ann, Side::sell, "99", "1");
  floor.pass(2000);
  EXPECT_NE(client.take_one().find(R"("f":1,"L":2,"o":"100.00000000","c":"99.00000000","h":"100.00000000",)"
                                   R"("l":"99.00000000","v":"1.50000000","n":2,"x":false,"q":"149.00000000",)"
                                   R"("V":"0.50000000","Q":"50.00000000")"),
            std::string::npos);
  floor.pass(24'900);
  EXPECT_TRUE(client.take().empty());
  floor.pass(700);
  EXPECT_NE(client.take_one().find(R"("n":2,"x":true)"), std::string::npos) << "closed, though no trade came";
  floor.pass(60'000);
  EXPECT_EQ(client.take_one(),
            R"({"e":"kline","E":1700000100500,"s":"BTCUSDT","k":{"t":1700000040000,"T":1700000099999,"s":"BTCUSDT",)"
            R"("i":"1m","f":-1,"L":-1,"o":"99.00000000","c":"99.00000000","h":"99.00000000","l":"99.00000000",)"
            R"("v":"0.00000000","n":0,"x":true,"q":"0.00000000","V":"0.00000000","Q":"0.00000000","B":"0"}})");
}

TEST(CandleStream, ATradeClosesTheCandleBeforeIt) {
  TestFloor floor;
  floor.sell("100", "5");
  floor.buy("100", "1");
  TestClient client(floor.gateway, "/ws/btcusdt@kline_1s");
  floor.pass(100);
  (void)client.take();
  floor.port.time.ns += 1'000'000'000;
  floor.buy("100", "2");
  const std::string closed = client.take_one();
  EXPECT_NE(closed.find(R"("v":"1.00000000","n":1,"x":true)"), std::string::npos) << closed;
  floor.pass(900);
  EXPECT_NE(client.take_one().find(R"("v":"2.00000000","n":1,"x":false)"), std::string::npos);
}

TEST(CandleStream, ALateTradeHasItsCandleToldAgain) {
  TestFloor floor;
  floor.sell("100", "5");
  floor.buy("100", "1");
  TestClient client(floor.gateway, "/ws/btcusdt@kline_1s");
  floor.pass(100);
  (void)client.take();
  const core::Time command_time{floor.port.time.ns + 800'000'000};
  floor.pass(1500);
  EXPECT_NE(client.take_one().find(R"("x":true)"), std::string::npos);
  const core::Time present = floor.port.time;
  floor.port.time = command_time;  // sequenced in its second, durable only now
  floor.place(floor.bob, Side::buy, "100", "3");
  floor.port.time = present;
  const std::string again = client.take_one();
  EXPECT_NE(again.find(R"("v":"4.00000000","n":2,"x":true)"), std::string::npos) << again;
}

TEST(CandleStream, ByTheClocksOfATimeZone) {
  TestFloor floor;
  floor.sell("100", "1");
  floor.buy("100", "1");
  TestClient client(floor.gateway, "/ws/btcusdt@kline_1d@+08:00");
  TestClient query(floor.gateway, "/stream", "streams=btcusdt@kline_1d@+08:00");
  floor.pass(100);
  // 2023-11-15 in +08:00 begins at 2023-11-14T16:00Z.
  EXPECT_NE(client.take_one().find(R"("k":{"t":1699977600000,"T":1700063999999,"s":"BTCUSDT","i":"1d")"),
            std::string::npos);
  EXPECT_TRUE(query.take_one().starts_with(R"({"stream":"btcusdt@kline_1d@+08:00","data":{"e":"kline")"));
}

TEST(CandleStream, ALongSilenceIsNotToldSecondBySecond) {
  TestFloor floor;
  floor.sell("100", "5");
  floor.buy("100", "1");
  TestClient client(floor.gateway, "/ws/btcusdt@kline_1s");
  floor.pass(100);
  (void)client.take();
  floor.port.time.ns += 3'600'000'000'000;  // the clock is set forward by an hour
  floor.pass(100);
  EXPECT_LE(client.take().size(), 61u);
  floor.pass(1000);
  EXPECT_LE(client.take().size(), 2u);
}

TEST(Shutdown, IsToldToEverybody) {
  TestFloor floor;
  TestClient raw(floor.gateway, "/ws"), combined(floor.gateway, "/stream", "streams=btcusdt@trade");
  floor.gateway.announce_shutdown(floor.port.time);
  EXPECT_EQ(raw.take_one(), R"({"e":"serverShutdown","E":1700000000000})");
  EXPECT_EQ(combined.take_one(), R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1700000000000}})");
}

}  // namespace
}  // namespace streams
