// Messages taken apart: what is JSON, what is a request, and what is signed of it.
#include "gateways/ws_api/message.h"

#include <gtest/gtest.h>

namespace ws_api {
namespace {

// "id method a=1&b=x", or "id code".
std::string read(std::string_view text) {
  Message message;
  const auto parsed = message.parse(text);
  std::string out(message.id());
  if (!parsed) return out + " " + std::to_string(parsed.error().code);
  out += " " + std::string(message.method());
  for (const auto& [name, value] : message.parameters()) out += " " + std::string(name) + "=" + std::string(value);
  return out;
}

TEST(Message, Requests) {
  struct Case {
    std::string_view text, expected;
  };
  const Case cases[] = {
      {R"({"id":1,"method":"ping"})", "1 ping"},
      {R"({"method":"ping","id":"a-b"})", "\"a-b\" ping"},
      {R"({"id":null,"method":"ping","params":{}})", "null ping"},
      {R"({"id":-9223372036854775808,"method":"ping","params":null})", "-9223372036854775808 ping"},
      {" \t\r\n{ \"id\" : 1 , \"method\" : \"ping\" , \"params\" : { \"a\" : 1 , \"b\" : \"x\" } } \n",
       "1 ping a=1 b=x"},
      {R"({"id":"","method":"ping"})", "\"\" ping"},
      {R"({"id":"q\"\\\u00e9","method":"ping"})", R"("q\"\\\u00e9" ping)"},
      {R"({"id":1,"method":"ping","params":{"a":1.50,"b":1e2,"c":-0,"d":true,"e":false,"f":null,"g":""}})",
       "1 ping a=1.50 b=1e2 c=-0 d=true e=false f= g="},
      {R"({"id":1,"method":"p\u0069ng","params":{"\u0061":"\ud83d\ude00\u20ac\u00e9\n\t\/"}})",
       "1 ping a=\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA9\n\t/"},
      {R"({"id":1,"method":"x","params":{"s":["A","B"]}})", R"(1 x s=["A","B"])"},
      {R"({"id":1,"method":"x","params":{"s":[ "A" , "B,C" ,1, null ],"t":[ ]}})", R"(1 x s=["A","B,C",1,null] t=[])"},
      {R"({"id":1,"method":"x","params":{"s":[ "\u0041 \" b" ]}})", R"(1 x s=["\u0041 \" b"])"},
      {R"({"id":1,"method":"x","more":{"deep":[1,{"a":[]}],"id":7},"params":{"a":"1"}})", "1 x a=1"},
      {R"({"id":1,"method":"x","params":{"a":"1","a":"2"}})", "1 x a=1 a=2"},  // whoever takes them refuses
  };
  for (const Case& each : cases) EXPECT_EQ(read(each.text), each.expected) << each.text;
}

TEST(Message, WhatIsNoRequest) {
  struct Case {
    std::string_view text, expected;
  };
  const Case cases[] = {
      // JSON, but not what it should be: the id is known
      {R"({})", "null -1102"},
      {R"({"method":"ping"})", "null -1102"},
      {R"({"id":1})", "1 -1102"},
      {R"({"id":1,"method":5})", "1 -1102"},
      {R"({"id":1,"method":""})", "1 -1102"},
      {R"({"method":["ping"],"id":1})", "1 -1102"},
      {R"({"id":true,"method":"ping"})", "null -1102"},
      {R"({"id":1.5,"method":"ping"})", "null -1102"},
      {R"({"id":1e3,"method":"ping"})", "null -1102"},
      {R"({"id":9223372036854775808,"method":"ping"})", "null -1102"},
      {R"({"id":{},"method":"ping"})", "null -1102"},
      {R"({"id":[1],"method":"ping"})", "null -1102"},
      {R"({"id":1,"id":2,"method":"ping"})", "2 -1101"},
      {R"({"id":1,"method":"ping","method":"time"})", "1 -1101"},
      {R"({"id":1,"params":{},"method":"ping","params":{}})", "1 -1101"},
      {R"({"id":1,"method":"ping","params":[]})", "1 -1135"},
      {R"({"params":"a=1","id":1,"method":"ping"})", "1 -1135"},
      {R"({"id":1,"method":"ping","params":{"a":{"b":1}}})", "1 -1100"},
      {R"({"id":1,"method":"ping","params":{"a":[[1]]}})", "1 -1100"},
      {R"({"id":1,"method":"ping","params":{"a":[{"b":1}]}})", "1 -1100"},
  };
  for (const Case& each : cases) EXPECT_EQ(read(each.text), each.expected) << each.text;
}

TEST(Message, WhatIsNoJson) {
  constexpr std::string_view kCases[] = {
      "",
      " ",
      "ping",
      "1",
      "null",
      "[]",
      R"([{"id":1,"method":"ping"}])",
      R"("{}")",
      "{",
      "}",
      R"({"id":1,"method":"ping")",
      R"({"id":1,"method":"ping"}})",
      R"({"id":1,"method":"ping"} x)",
      R"({"id":1,"method":"ping"}{"id":2,"method":"ping"})",
      R"({"id":1,"method":"ping",})",
      R"({,"id":1,"method":"ping"})",
      R"({"id":1,,"method":"ping"})",
      R"({"id":1 "method":"ping"})",
      R"({"id" 1,"method":"ping"})",
      R"({"id"::1,"method":"ping"})",
      R"({id:1,"method":"ping"})",
      R"({'id':1,'method':'ping'})",
      R"({1:1,"id":1,"method":"ping"})",
      R"({"id":,"method":"ping"})",
      R"({"id":01,"method":"ping"})",
      R"({"id":+1,"method":"ping"})",
      R"({"id":.5,"method":"ping"})",
      R"({"id":1.,"method":"ping"})",
      R"({"id":1e,"method":"ping"})",
      R"({"id":-,"method":"ping"})",
      R"({"id":0x1,"method":"ping"})",
      R"({"id":NaN,"method":"ping"})",
      R"({"id":Infinity,"method":"ping"})",
      R"({"id":tru,"method":"ping"})",
      R"({"id":True,"method":"ping"})",
      R"({"id":nul,"method":"ping"})",
      R"({"id":undefined,"method":"ping"})",
      R"({"id":"a,"method":"ping"})",
      R"({"id":"\x","method":"ping"})",
      R"({"id":"\u12","method":"ping"})",
      R"({"id":"\u12G4","method":"ping"})",
      R"({"id":"\ud800","method":"ping"})",
      R"({"id":"\udc00\ud800","method":"ping"})",
      R"({"id":"\ud800\u0041","method":"ping"})",
      R"({"id":"a)",
      R"({"id":"a\)",
      "{\"id\":\"a\nb\",\"method\":\"ping\"}",
      R"({"id":1,"method":"ping","params":{"a":1,}})",
      R"({"id":1,"method":"ping","params":{"a"}})",
      R"({"id":1,"method":"ping","params":{"a":[1,]}})",
      R"({"id":1,"method":"ping","params":{"a":[1 2]}})",
      R"({"id":1,"method":"ping","params":{"a":[}})",
      R"({"id":1,"method":"ping","params":{"a":[1}})",
      R"({"id":1,"method":"ping"}/* */)",
      "\xEF\xBB\xBF{\"id\":1,\"method\":\"ping\"}",
  };
  for (const std::string_view text : kCases) EXPECT_EQ(read(text), "null -1135") << text;
  EXPECT_EQ(read(R"({"id":1,"method":"ping"})" + std::string(1, '\0')), "null -1135");
}

TEST(Message, Bounds) {
  const auto with_id = [](std::size_t size) { return R"({"id":")" + std::string(size, 'i') + R"(","method":"ping"})"; };
  EXPECT_EQ(read(with_id(126)), '"' + std::string(126, 'i') + "\" ping");
  EXPECT_EQ(read(with_id(127)), "null -1100");
  const auto with_depth = [](std::size_t depth) {
    return R"({"id":1,"method":"ping","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(read(with_depth(32)), "1 ping");
  EXPECT_EQ(read(with_depth(33)), "null -1135");
  EXPECT_EQ(read(with_depth(30'000)), "null -1135");
  const auto with_params = [](int count) {
    std::string out = R"({"id":1,"method":"ping","params":{"p0":0)";
    for (int i = 1; i < count; ++i) out += ",\"p" + std::to_string(i) + "\":0";
    return out + "}}";
  };
  EXPECT_EQ(read(with_params(64)).substr(0, 6), "1 ping");
  EXPECT_EQ(read(with_params(65)), "1 -1101");
}

// A message cut anywhere is no message.
TEST(Message, CutAnywhere) {
  constexpr std::string_view kText =
      R"({"id":"a\u0041","method":"order.place","params":{"a":"b\n","c":-1.5e-3,"d":[true,"x"],"e":null},"f":[{}]})";
  EXPECT_EQ(read(kText), "\"a\\u0041\" order.place a=b\n c=-1.5e-3 d=[true,\"x\"] e=");
  for (std::size_t size = 0; size < kText.size(); ++size) EXPECT_EQ(read(kText.substr(0, size)), "null -1135") << size;
}

TEST(Message, IsUsedAgain) {
  Message message;
  ASSERT_TRUE(message.parse(R"({"id":1,"method":"a","params":{"x":"\u0041"}})"));
  EXPECT_FALSE(message.parse("{"));
  EXPECT_EQ(message.id(), "null");
  ASSERT_TRUE(message.parse(R"({"id":2,"method":"b"})"));
  EXPECT_EQ(message.id(), "2");
  EXPECT_TRUE(message.parameters().empty());
}

// The published example of a signed request, as it stands in a message.
TEST(Message, TheTextThatIsSigned) {
  Message message;
  ASSERT_TRUE(message.parse(
      R"({"id":"4885f793-e5ad-4c3b-8f6c-55d891472b71","method":"order.place","params":{"symbol":"BTCUSDT","side":"SELL",)"
      R"("type":"LIMIT","timeInForce":"GTC","quantity":"0.01000000","price":"52000.00","recvWindow":100,)"
      R"("timestamp":1645423376532,"apiKey":"vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",)"
      R"("signature":"aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24"}})"));
  std::string scratch;
  EXPECT_EQ(auth::sorted_payload(message.parameters(), scratch),
            "apiKey=vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A&price=52000.00&quantity="
            "0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT&timeInForce=GTC&timestamp=1645423376532&type=LIMIT");
  ASSERT_TRUE(message.parse(
      R"({"id":1,"method":"x","params":{"symbol":"\uff11\uff12","b":false,"a":1.50,"returnRateLimits":false}})"));
  EXPECT_EQ(auth::sorted_payload(message.parameters(), scratch),
            "a=1.50&b=false&returnRateLimits=false&symbol=\xEF\xBC\x91\xEF\xBC\x92");
}

}  // namespace
}  // namespace ws_api
