// testdata/bad_messages.txt, case by case: the exact answer, and an exchange that is as it was.
#include "gateways/ws_api/testing.h"
#include "pkg/core/testing_table.h"

#ifndef WS_API_TESTDATA
#error "WS_API_TESTDATA names the folder of the test data"
#endif

namespace ws_api {
namespace {

struct Case {
  std::string name, who, message, id;
  int status = 0, code = 0;
  std::string text;
};

std::vector<core::testing::Row> read_rows() { return core::testing::read_rows(WS_API_TESTDATA "/bad_messages.txt", 7); }

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const core::testing::Row& row : read_rows()) {
    std::string text = row[6];
    core::testing::expand_escapes(text);
    cases.push_back({row[0], row[1], row[2], row[3], std::stoi(row[4]), std::stoi(row[5]), text});
  }
  return cases;
}

// An exchange with a little history: see the head of the table.
class Table : public House {
 public:
  Table() : session(*this) {
    make_history();
    EXPECT_NE(session.ask(ed25519_message("session.logon")).find("\"status\":200"), std::string::npos);
  }

  std::string message_of_case(const Case& each) const {
    std::string text = filled_in(each.message);
    if (text.find("{64 parameters}") != std::string::npos) {
      std::string many = "\"p0\":0";
      for (int i = 1; i < 64; ++i) many += ",\"p" + std::to_string(i) + "\":0";
      core::testing::replace_all(text, "{64 parameters}", many);
    }
    if (each.who == "-") return text;
    const std::size_t space = text.find(' ');
    const std::string method = text.substr(0, space);
    std::string params = space == std::string::npos ? "" : text.substr(space + 1);
    const auto add = [&params](const std::string& more) { params += (params.empty() ? "" : ",") + more; };
    const bool has_time = params.find("\"timestamp\":") != std::string::npos;
    if (each.who == "sess" && !has_time) add("\"timestamp\":" + now_ms());
    if (each.who == "key") add("\"apiKey\":" + in_quotes(ann.api_key));
    const rest::Trader* signer = each.who == "ann"      ? &ann
                                 : each.who == "reader" ? &reader
                                 : each.who == "trader" ? &trader_only
                                                        : nullptr;
    EXPECT_TRUE(signer != nullptr || each.who == "raw" || each.who == "sess" || each.who == "key")
        << "nobody is " << each.who;
    if (signer != nullptr) {
      add("\"apiKey\":" + in_quotes(signer->api_key));
      if (!has_time) add("\"timestamp\":" + now_ms());
      const std::string whole = R"({"id":1,"method":"x","params":{)" + params + "}}";
      Message parsed;
      EXPECT_TRUE(parsed.parse(whole));
      std::string scratch;
      const auth::HmacSha256 hmac(signer->secret);
      add("\"signature\":" + in_quotes(auth::to_hex(hmac.sign(auth::sorted_payload(parsed.parameters(), scratch)))));
    }
    return R"({"id":1,"method":")" + method + R"(","params":{)" + params + "}}";
  }

  Client session;
};

TEST(BadMessages, GetTheirExactAnswersAndChangeNothing) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 80u);
  Table house;
  Client stranger(house);
  const std::string before = house.state();
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    Client& client = each.who == "sess" ? house.session : stranger;
    const std::string expected = R"({"id":)" + each.id + R"(,"status":)" + std::to_string(each.status) +
                                 R"(,"error":)" + rest::error_json(each.code, each.text);
    EXPECT_EQ(client.ask(house.message_of_case(each)), expected + R"(,"rateLimits":[]})");
    ASSERT_EQ(house.state(), before);
    ASSERT_EQ(client.ask(R"({"id":7,"method":"ping"})"), R"({"id":7,"status":200,"result":{},"rateLimits":[]})");
  }
  EXPECT_EQ(house.limit(house.ann, "BUY", "40000", "1").status, 200) << "and it still trades";
  EXPECT_TRUE(house.port.engine().audit());
}

TEST(BadMessages, HaveNamesOfTheirOwn) { core::testing::expect_unique_names(read_rows()); }

}  // namespace
}  // namespace ws_api
