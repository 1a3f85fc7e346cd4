// Stream connections: paths, commands with their exact answers, subscriptions that come and go.
#include <array>
#include <set>
#include <span>

#include "gateways/streams/command.h"
#include "gateways/streams/testing.h"

namespace streams {
namespace {

using orders::Side;

std::string error(int code, std::string_view message, std::string_view id = {}) {
  const std::string fields = R"("code":)" + std::to_string(code) + R"(,"msg":")" + std::string(message) + '"';
  return R"({"error":{)" + fields + "}," + fields + (id.empty() ? "" : R"(,"id":)" + std::string(id)) + "}";
}

struct Case {
  std::string_view message;
  std::string answer;
};

void expect_answers(std::span<const Case> cases) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws");
  for (const Case& each : cases) EXPECT_EQ(client.ask(each.message), each.answer) << each.message;
  EXPECT_FALSE(client.peer.is_closed);
}

TEST(Commands, ThatAreNoJson) {
  const auto bad = [](std::string_view what, int column, int line = 1) {
    return error(3, "Invalid JSON: " + std::string(what) + " at line " + std::to_string(line) + " column " +
                        std::to_string(column));
  };
  const Case cases[] = {
      {"", bad("EOF while parsing a value", 0)},
      {"   ", bad("EOF while parsing a value", 3)},
      {"hello", bad("expected value", 1)},
      {"SUBSCRIBE btcusdt@trade", bad("expected value", 1)},
      {"{", bad("EOF while parsing an object", 1)},
      {"}", bad("expected value", 1)},
      {"{]", bad("key must be a string", 2)},
      {"{'method':1}", bad("key must be a string", 2)},
      {"{method:1}", bad("key must be a string", 2)},
      {R"({"method")", bad("EOF while parsing an object", 9)},
      {R"({"method";1})", bad("expected `:`", 10)},
      {R"({"method":)", bad("EOF while parsing a value", 10)},
      {R"({"method":})", bad("expected value", 11)},
      {R"({"method":"SUBSCRIBE)", bad("EOF while parsing a string", 20)},
      {R"({"method":"SUBSCRIBE")", bad("EOF while parsing an object", 21)},
      {R"({"method":"SUBSCRIBE" "id":1})", bad("expected `,` or `}`", 23)},
      {R"({"method":"SUBSCRIBE",})", bad("trailing comma", 23)},
      {R"({"method":"SUBSCRIBE","params":["a",],"id":1})", bad("trailing comma", 37)},
      {R"({"method":"SUBSCRIBE","params":["a" "b"],"id":1})", bad("expected `,` or `]`", 37)},
      {R"({"method":"SUBSCRIBE","params":["a")", bad("EOF while parsing a list", 35)},
      {R"({"method":"SUBSCRIBE","params":[,],"id":1})", bad("expected value", 33)},
      {R"({"method":"SUBSCRIBE","id":01})", bad("invalid number", 29)},
      {R"({"method":"SUBSCRIBE","id":-})", bad("invalid number", 29)},
      {R"({"method":"SUBSCRIBE","id":1.})", bad("invalid number", 30)},
      {R"({"method":"SUBSCRIBE","id":1e})", bad("invalid number", 30)},
      {R"({"method":"SUBSCRIBE","id":+1})", bad("expected value", 28)},
      {R"({"method":"SUBSCRIBE","id":NaN})", bad("expected value", 28)},
      {R"({"method":"SUBSCRIBE","id":nul})", bad("expected ident", 31)},
      {R"({"method":"SUBSCRIBE","id":tru)", bad("EOF while parsing a value", 30)},
      {R"({"a":"\x"})", bad("invalid escape", 8)},
      {R"({"a":"\u12G4"})", bad("invalid escape", 11)},
      {R"({"a":"\uD800"})", bad("lone leading surrogate in hex escape", 13)},
      {R"({"a":"\uD800A"})", bad("lone leading surrogate in hex escape", 13)},
      {R"({"a":"\uDC00"})", bad("lone trailing surrogate in hex escape", 13)},
      {"{\"a\":\"\x01\"}", error(3, R"(Invalid JSON: control character (\\u0000-\\u001F) found while parsing a string)"
                                    " at line 1 column 7")},
      {"{\n\n  \"a\": x}", bad("expected value", 8, 3)},
      {R"({"method":"SUBSCRIBE","params":[],"id":1} x)", bad("trailing characters", 43)},
      {R"({"method":"SUBSCRIBE","params":[],"id":1}{})", bad("trailing characters", 42)},
      {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", bad("recursion limit exceeded", 33)},
  };
  expect_answers(cases);
}

TEST(Commands, ThatMeanNothing) {  // flat table
  const std::string missing_id = "Invalid request: request ID must be an unsigned integer";
  const std::string variants =
      ", expected one of `SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`";
  const Case cases[] = {
      {"1", error(2, "Invalid request: expected an object")},
      {"null", error(2, "Invalid request: expected an object")},
      {R"("SUBSCRIBE")", error(2, "Invalid request: expected an object")},
      {"[]", error(2, "Invalid request: expected an object")},
      {R"([{"method":"SUBSCRIBE"}])", error(2, "Invalid request: expected an object")},
      {"{}", error(2, "Invalid request: missing field `method` at line 1 column 2")},
      {R"({"params":["btcusdt@trade"],"id":7})",
       error(2, "Invalid request: missing field `method` at line 1 column 35", "7")},
      {R"({"method":null,"id":1})", error(2, "Invalid request: method must be a string", "1")},
      {R"({"method":5,"id":1})", error(2, "Invalid request: method must be a string", "1")},
      {R"({"method":["SUBSCRIBE"],"id":1})", error(2, "Invalid request: method must be a string", "1")},
      {R"({"method": "SUBSCRIBES","params":[],"id":9})",
       error(2, "Invalid request: unknown variant `SUBSCRIBES`" + variants + " at line 1 column 23", "9")},
      {R"({"method":"subscribe","params":[],"id":"x"})",
       error(2, "Invalid request: unknown variant `subscribe`" + variants + " at line 1 column 21", R"("x")")},
      {R"({"method":"","id":1})",
       error(2, "Invalid request: unknown variant ``" + variants + " at line 1 column 12", "1")},
      {R"({"method":"a\"b","id":1})",
       error(2, R"(Invalid request: unknown variant `a\"b`)" + variants + " at line 1 column 16", "1")},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"]})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1.5})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1e3})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":9223372036854775808})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":true})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":{}})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":[1]})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"a b"})", error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})",
       error(2, missing_id)},
      {R"({"method":"SUBSCRIBE","id":1})",
       error(2, "Invalid request: missing field `params` at line 1 column 29", "1")},
      {R"({"method":"UNSUBSCRIBE","id":1})",
       error(2, "Invalid request: missing field `params` at line 1 column 31", "1")},
      {R"({"method":"SUBSCRIBE","params":"btcusdt@trade","id":1})",
       error(2, "Invalid request: params must be an array", "1")},
      {R"({"method":"SUBSCRIBE","params":{"a":"btcusdt@trade"},"id":1})",
       error(2, "Invalid request: params must be an array", "1")},
      {R"({"method":"LIST_SUBSCRIPTIONS","params":null,"id":1})",
       error(2, "Invalid request: params must be an array", "1")},
      {R"({"method":"SUBSCRIBE","params":[1],"id":1})", error(2, "Invalid request: invalid stream", "1")},
      {R"({"method":"SUBSCRIBE","params":[null],"id":1})", error(2, "Invalid request: invalid stream", "1")},
      {R"({"method":"SUBSCRIBE","params":[["btcusdt@trade"]],"id":1})",
       error(2, "Invalid request: invalid stream", "1")},
      {R"({"method":"UNSUBSCRIBE","params":[true],"id":1})", error(2, "Invalid request: invalid stream", "1")},
      {R"({"method":"SUBSCRIBE","method":"SUBSCRIBE","params":[],"id":1})",
       error(2, "Invalid request: duplicate field `method` at line 1 column 62", "1")},
      {R"({"method":"SUBSCRIBE","params":[],"params":[],"id":1})",
       error(2, "Invalid request: duplicate field `params` at line 1 column 53", "1")},
      {R"({"method":"SUBSCRIBE","params":[],"id":1,"id":2})",
       error(2, "Invalid request: duplicate field `id` at line 1 column 48", "2")},
      {R"({"method":"LIST_SUBSCRIPTIONS","params":["x"],"id":1})",
       error(2, "Invalid request: too many parameters", "1")},
      {R"({"method":"SET_PROPERTY","id":1})", error(2, "Invalid request: property name must be a string", "1")},
      {R"({"method":"SET_PROPERTY","params":[],"id":1})",
       error(2, "Invalid request: property name must be a string", "1")},
      {R"({"method":"SET_PROPERTY","params":[1,true],"id":1})",
       error(2, "Invalid request: property name must be a string", "1")},
      {R"({"method":"SET_PROPERTY","params":["combined"],"id":1})",
       error(1, "Invalid value type: expected Boolean", "1")},
      {R"({"method":"SET_PROPERTY","params":["combined","true"],"id":1})",
       error(1, "Invalid value type: expected Boolean", "1")},
      {R"({"method":"SET_PROPERTY","params":["combined",1],"id":1})",
       error(1, "Invalid value type: expected Boolean", "1")},
      {R"({"method":"SET_PROPERTY","params":["combined",true,true],"id":1})",
       error(2, "Invalid request: too many parameters", "1")},
      {R"({"method":"SET_PROPERTY","params":["compact",true],"id":1})", error(0, "Unknown property", "1")},
      {R"({"method":"GET_PROPERTY","params":["compact"],"id":1})", error(0, "Unknown property", "1")},
      {R"({"method":"GET_PROPERTY","params":[],"id":1})",
       error(2, "Invalid request: property name must be a string", "1")},
      {R"({"method":"GET_PROPERTY","params":["combined",true],"id":1})",
       error(2, "Invalid request: too many parameters", "1")},
  };
  expect_answers(cases);
}

TEST(Commands, StreamsThatAreNone) {
  constexpr std::string_view kNames[] = {
      "",
      "@",
      "btcusdt",
      "btcusdt@",
      "@trade",
      "BTCUSDT@trade",
      "btcusdt@Trade",
      "btcusdt@trades",
      "nosuch@trade",
      "btcusdt@depth7",
      "btcusdt@depth@50ms",
      "btcusdt@depth5@1000ms",
      "btcusdt@depth100ms",
      "btcusdt@depth@100ms@100ms",
      "btcusdt@kline",
      "btcusdt@kline_",
      "btcusdt@kline_2m",
      "btcusdt@kline_1m@+09:00",
      "btcusdt@kline_1m@",
      "btcusdt@ticker_2h",
      "btcusdt@ticker_",
      "!ticker",
      "!ticker_1h",
      "!ticker_2h@arr",
      "!bookTicker@arr",
      "!miniTicker",
      "!aggTrade",
      "btcusdt@trade ",
      " btcusdt@trade",
      "btcusdt@@trade",
      "thissymbolismuchtoolongtobeone@trade",
      "btcusdt@referencePrice",
      "0123456789012345678901234567890123456789012345678901234567890123",  // of a listen key's size
  };
  TestFloor floor;
  TestClient client(floor.gateway, "/ws");
  for (const std::string_view name : kNames) {
    EXPECT_EQ(client.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@trade",")" + std::string(name) + R"("],"id":1})"),
              error(2, "Invalid request: invalid stream", "1"))
        << name;
    EXPECT_EQ(client.ask(R"({"method":"UNSUBSCRIBE","params":[")" + std::string(name) + R"("],"id":1})"),
              R"({"result":null,"id":1})")
        << "nothing to give up";
  }
  EXPECT_EQ(client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":1})"), R"({"result":[],"id":1})") << "all or nothing";
}

TEST(Commands, EveryStreamByItsName) {
  const auto names = [] {
    std::vector<std::string> out = {"!bookTicker",    "!miniTicker@arr", "!ticker@arr",
                                    "!ticker_1h@arr", "!ticker_4h@arr",  "!ticker_1d@arr"};
    for (const std::string_view kind : {"trade", "aggTrade", "depth", "depth@100ms", "depth5", "depth10", "depth20",
                                        "depth5@100ms", "depth10@100ms", "depth20@100ms", "bookTicker", "avgPrice",
                                        "auction", "miniTicker", "ticker", "ticker_1h", "ticker_4h", "ticker_1d"})
      out.push_back("ethbtc@" + std::string(kind));
    for (const std::string_view interval :
         {"1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"}) {
      out.push_back("solusdt@kline_" + std::string(interval));
      out.push_back("solusdt@kline_" + std::string(interval) + "@+08:00");
    }
    return out;
  }();
  TestFloor floor;
  TestClient client(floor.gateway, "/ws");
  std::string list;
  for (const std::string& name : names) {
    client.subscribe(name);
    client.subscribe(name);
    list += (list.empty() ? "\"" : ",\"") + name + '"';
  }
  EXPECT_EQ(client.ask(R"({"method":"LIST_SUBSCRIPTIONS","params":[],"id":null})"),
            R"({"result":[)" + list + R"(],"id":null})");
  EXPECT_EQ(floor.gateway.markets().fan_out().counters().subscriptions, names.size());
  for (const std::string& name : names) {
    EXPECT_EQ(client.ask(R"({"method":"UNSUBSCRIBE","params":[")" + name + R"("],"id":-3})"),
              R"({"result":null,"id":-3})");
  }
  EXPECT_EQ(client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":3})"), R"({"result":[],"id":3})");
  floor.sell("100", "1");
  floor.buy("100", "1");
  floor.pass(3000);
  EXPECT_TRUE(client.take().empty());
}

TEST(Commands, IdsComeBackAsTheyWereSent) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws");
  for (const std::string_view id : {"0", "1", "-1", "9223372036854775807", "-9223372036854775808", R"("")", R"("abc")",
                                    R"("f81d4fae-7dec-11d0-a765-00a0c91e6bf6")", "null"}) {
    EXPECT_EQ(client.ask(R"({"id":)" + std::string(id) + R"(,"method":"LIST_SUBSCRIPTIONS"})"),
              R"({"result":[],"id":)" + std::string(id) + "}");
  }
  EXPECT_EQ(
      client.ask(" {\t\"method\" : \"LIST_SUBSCRIPTIONS\" ,\r\n \"extra\":{\"a\":[1,-2.5e+3,null]}, \"id\" : 5 } "),
      R"({"result":[],"id":5})");
  EXPECT_EQ(client.ask(R"({"method":"LIST_\u0053UBSCRIPTIONS","id":5})"), R"({"result":[],"id":5})");
}

TEST(Commands, TooManyStreams) {
  TestFloor floor(Options{.streams_max = 3, .slow = {}});
  TestClient client(floor.gateway, "/ws/btcusdt@trade");
  EXPECT_EQ(client.ask(R"({"method":"SUBSCRIBE","params":["ethusdt@trade","solusdt@trade","ethbtc@trade"],"id":1})"),
            error(2, "Invalid request: too many streams, the limit is 3", "1"));
  EXPECT_EQ(client.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@trade","ethusdt@trade","solusdt@trade"],"id":1})"),
            R"({"result":null,"id":1})");
  EXPECT_EQ(client.ask(R"({"method":"SUBSCRIBE","params":["ethbtc@trade"],"id":1})"),
            error(2, "Invalid request: too many streams, the limit is 3", "1"));
  EXPECT_EQ(client.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1})"), R"({"result":null,"id":1})");
  TestClient by_path(floor.gateway, "/ws/btcusdt@trade/ethusdt@trade/solusdt@trade/ethbtc@trade");
  floor.pass(100);
  EXPECT_TRUE(by_path.peer.is_closed);
  EXPECT_EQ(by_path.peer.close_code, websocket::CloseCode::policy_violation);
}

TEST(Commands, CombinedCanBeSwitched) {
  TestFloor floor;
  TestClient client(floor.gateway, "/ws/btcusdt@trade/ethusdt@trade"), other(floor.gateway, "/ws/btcusdt@trade");
  const auto trade = [&] {
    floor.sell("100", "1");
    floor.buy("100", "1");
    EXPECT_TRUE(other.take_one().starts_with(R"({"e":"trade")"));
    return client.take_one();
  };
  EXPECT_EQ(client.ask(R"({"method":"GET_PROPERTY","params":["combined"],"id":1})"), R"({"result":false,"id":1})");
  EXPECT_TRUE(trade().starts_with(R"({"e":"trade")"));
  EXPECT_EQ(client.ask(R"({"method":"SET_PROPERTY","params":["combined",true],"id":2})"), R"({"result":null,"id":2})");
  EXPECT_EQ(client.ask(R"({"method":"GET_PROPERTY","params":["combined"],"id":3})"), R"({"result":true,"id":3})");
  EXPECT_TRUE(trade().starts_with(R"({"stream":"btcusdt@trade","data":{)"));
  EXPECT_EQ(client.ask(R"({"method":"SET_PROPERTY","params":["combined",false],"id":4})"), R"({"result":null,"id":4})");
  EXPECT_TRUE(trade().starts_with(R"({"e":"trade")"));
}

TEST(Paths, WhatTheyStandFor) {
  struct Path {
    std::string_view path, query, list;  // "-": no such path
  };
  constexpr Path kPaths[] = {
      {"/ws", "", ""},
      {"/ws/", "", ""},
      {"/ws/0", "", ""},
      {"/ws/17", "", ""},
      {"/ws/btcusdt@trade", "", R"("btcusdt@trade")"},
      {"/ws/btcusdt%40trade", "", R"("btcusdt@trade")"},
      {"/ws/btcusdt%4", "", ""},
      {"/ws/btcusdt@trade/ethusdt@depth/", "", R"("btcusdt@trade","ethusdt@depth")"},
      {"/ws//btcusdt@trade", "", R"("btcusdt@trade")"},
      {"/ws/x/btcusdt@trade", "", R"("btcusdt@trade")"},
      {"/ws/btcusdt@trade/btcusdt@trade", "", R"("btcusdt@trade")"},
      {"/ws/btcusdt@kline_1h@+08:00", "", R"("btcusdt@kline_1h@+08:00")"},
      {"/ws/btcusdt@trade", "timeUnit=MICROSECOND", R"("btcusdt@trade")"},
      {"/ws/btcusdt@trade", "timeUnit=millisecond&x=1", R"("btcusdt@trade")"},
      {"/ws/btcusdt@trade", "streams=ethusdt@trade", R"("btcusdt@trade")"},
      {"/stream", "", ""},
      {"/stream/", "streams=btcusdt@trade", R"("btcusdt@trade")"},
      {"/stream", "streams=btcusdt@trade/ethusdt@trade", R"("btcusdt@trade","ethusdt@trade")"},
      {"/stream", "streams=btcusdt%40trade%2Fethusdt%40trade", R"("btcusdt@trade","ethusdt@trade")"},
      {"/stream", "streams=btcusdt@kline_1m@%2B08:00", R"("btcusdt@kline_1m@+08:00")"},
      {"/stream", "streams=!ticker@arr/nothing", R"("!ticker@arr")"},
      {"/stream", "timeUnit=second", "-"},
      {"/stream", "streams=%zz", "-"},
      {"/wss", "", "-"},
      {"/ws-api/v3", "", "-"},
      {"/streams", "", "-"},
      {"/", "", "-"},
      {"", "", "-"},
  };
  TestFloor floor;
  for (const Path& each : kPaths) {
    TestClient client(floor.gateway, each.path, each.query);
    ASSERT_EQ(client.application == nullptr, each.list == "-") << each.path << "?" << each.query;
    if (!client.application) continue;
    EXPECT_EQ(client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":1})"),
              R"({"result":[)" + std::string(each.list) + R"(],"id":1})")
        << each.path << "?" << each.query;
  }
  EXPECT_EQ(floor.gateway.markets().fan_out().counters().readers, 0u);
  EXPECT_EQ(floor.gateway.markets().fan_out().counters().subscriptions, 0u);
}

TEST(Subscriptions, TheAnswerComesFirst) {
  TestFloor floor;
  floor.sell("100", "1");
  TestClient client(floor.gateway, "/ws/0");
  client.application->on_text(R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@trade"],"id":1})");
  floor.buy("100", "1");
  floor.pass(100);
  const auto messages = client.take();
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0], R"({"result":null,"id":1})");
}

// Readers that come, go, and change their format at random: everybody gets exactly what they read.
TEST(Subscriptions, ManyReadersThatComeAndGo) {
  TestFloor floor;
  core::Random random(7);
  constexpr std::array<std::string_view, 3> kStreams = {"btcusdt@trade", "ethusdt@trade", "btcusdt@aggTrade"};
  struct Reader {
    std::unique_ptr<TestClient> client;
    std::set<std::string_view> reads;
    bool is_combined = false;
  };
  std::vector<Reader> readers;
  for (int step = 0; step < 2'000; ++step) {
    const auto choice = random.below(10);
    if (choice == 0 || readers.empty()) {
      readers.push_back({std::make_unique<TestClient>(floor.gateway, "/ws"), {}});
    } else if (choice == 1 && readers.size() > 20) {
      readers.erase(readers.begin() + static_cast<std::ptrdiff_t>(random.below(readers.size())));
    } else if (choice < 8) {
      Reader& reader = readers[random.below(readers.size())];
      const std::string_view stream = kStreams[random.below(kStreams.size())];
      const bool adds = random.chance(1, 2);
      (void)reader.client->ask(R"({"method":")" + std::string(adds ? "" : "UN") + R"(SUBSCRIBE","params":[")" +
                               std::string(stream) + R"("],"id":1})");
      if (adds)
        reader.reads.insert(stream);
      else
        reader.reads.erase(stream);
    } else if (choice == 8) {
      Reader& reader = readers[random.below(readers.size())];
      reader.is_combined = !reader.is_combined;
      (void)reader.client->ask(std::string(R"({"method":"SET_PROPERTY","params":["combined",)") +
                               (reader.is_combined ? "true" : "false") + R"(],"id":1})");
    } else {
      for (const Reader& reader : readers) (void)reader.client->take();
      const std::string_view symbol = random.chance(1, 2) ? "BTCUSDT" : "ETHUSDT";
      floor.place(floor.ann, Side::sell, "100", "1", symbol);
      floor.place(floor.bob, Side::buy, "100", "1", symbol);
      for (const Reader& reader : readers) {
        std::multiset<std::string> expected, got;
        for (const std::string_view stream : reader.reads) {
          if (stream.starts_with("btc") != (symbol == "BTCUSDT")) continue;
          expected.insert(reader.is_combined ? R"({"stream":")" + std::string(stream)
                                             : R"({"e":")" + std::string(stream.substr(8)));
        }
        for (const std::string& message : reader.client->take())
          got.insert(message.substr(0, message.find('"', message.find(':') + 2)));
        ASSERT_EQ(got, expected);
      }
    }
  }
  readers.clear();
  EXPECT_EQ(floor.gateway.markets().fan_out().counters().subscriptions, 0u);
}

// ---- an account's events by its listen key ----

TEST(ListenKeyStream, TellsTheAccountsEventsInAllFormats) {
  TestFloor floor;
  const std::string key = *floor.gateway.listen_keys().create(floor.ann);
  TestClient raw(floor.gateway, "/ws/" + key), micro(floor.gateway, "/ws/" + key, "timeUnit=MICROSECOND");
  TestClient combined(floor.gateway, "/stream", "streams=" + key + "/btcusdt@trade"), later(floor.gateway, "/ws");
  later.subscribe(key);
  later.subscribe(key);
  EXPECT_EQ(later.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":1})"), R"({"result":[")" + key + R"("],"id":1})");
  floor.deposit(floor.bob, "BTC", 1);
  EXPECT_TRUE(raw.take().empty()) << "another's";
  floor.deposit(floor.ann, "BTC", 1);
  const std::string event = R"({"e":"balanceUpdate","E":1700000000000,"a":"BTC","d":"1.00000000","T":1700000000000})";
  for (TestClient* client : {&raw, &later}) {
    const auto messages = client->take();
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0], event);
  }
  EXPECT_EQ(combined.take().at(0), R"({"stream":")" + key + R"(","data":)" + event + "}");
  EXPECT_EQ(micro.take().at(0),
            R"({"e":"balanceUpdate","E":1700000000000000,"a":"BTC","d":"1.00000000","T":1700000000000000})");
  EXPECT_EQ(later.ask(R"({"method":"UNSUBSCRIBE","params":[")" + key + R"("],"id":1})"), R"({"result":null,"id":1})");
  floor.deposit(floor.ann, "BTC", 1);
  EXPECT_TRUE(later.take().empty());
  EXPECT_EQ(floor.users.counters().subscriptions, 3u);
}

TEST(ListenKeyStream, IsToldWhenTheKeyExpires) {
  TestFloor floor;
  const std::string key = *floor.gateway.listen_keys().create(floor.ann);
  TestClient raw(floor.gateway, "/ws/" + key), combined(floor.gateway, "/stream", "streams=" + key);
  floor.pass(3'580'000);
  EXPECT_TRUE(raw.take().empty());
  floor.pass(30'000);
  const std::string event = raw.take_one();
  EXPECT_TRUE(event.starts_with(R"({"e":"listenKeyExpired","E":17000036)")) << event;
  EXPECT_TRUE(event.ends_with(R"(,"listenKey":")" + key + R"("})"));
  EXPECT_TRUE(combined.take_one().starts_with(R"({"stream":")" + key + R"(","data":{"e":"listenKeyExpired")"));
  floor.deposit(floor.ann, "BTC", 1);
  EXPECT_TRUE(raw.take().empty());
  EXPECT_FALSE(raw.peer.is_closed);
  EXPECT_EQ(floor.users.counters().subscriptions, 0u);
}

TEST(ListenKeyStream, EndsWhenTheKeyIsClosed) {
  TestFloor floor;
  const std::string key = *floor.gateway.listen_keys().create(floor.ann);
  TestClient only(floor.gateway, "/ws/" + key), both(floor.gateway, "/ws/" + key + "/btcusdt@trade");
  EXPECT_TRUE(floor.gateway.listen_keys().close(key, floor.ann));
  floor.pass(100);
  EXPECT_TRUE(only.take().empty());
  EXPECT_TRUE(only.peer.is_closed);
  EXPECT_EQ(only.peer.close_code, websocket::CloseCode::normal);
  EXPECT_FALSE(both.peer.is_closed) << "it reads something else";
  floor.deposit(floor.ann, "BTC", 1);
  EXPECT_TRUE(both.take().empty());
  TestClient late(floor.gateway, "/ws/" + key);
  EXPECT_EQ(late.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":1})"), R"({"result":[],"id":1})");
}

}  // namespace
}  // namespace streams
