// testdata/bad_messages.txt, case by case: the exact answer, and an exchange that is as it was.
#include <algorithm>
#include <fstream>

#include "gateways/ws_api/testing.h"
#include "pkg/core/decimal.h"

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

std::vector<Case> read_cases() {
  std::ifstream file(WS_API_TESTDATA "/bad_messages.txt");
  EXPECT_TRUE(file.is_open());
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> columns;
    for (std::size_t from = 0; from != std::string::npos;) {
      const std::size_t bar = line.find(" | ", from);
      columns.push_back(line.substr(from, bar - from));
      from = bar == std::string::npos ? bar : bar + 3;
    }
    if (columns.size() != 7) {
      ADD_FAILURE() << "not seven columns: " << line;
      continue;
    }
    cases.push_back(
        {columns[0], columns[1], columns[2], columns[3], std::stoi(columns[4]), std::stoi(columns[5]), columns[6]});
  }
  return cases;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// An exchange with a little history: see the head of the table.
class Table : public House {
 public:
  Table() : session(*this) {
    reader = add_key(bob.account, 'R', {.read = true, .trade = false});
    trader_only = add_key(ann.account, 'T', {.read = false, .trade = true});
    EXPECT_EQ(limit(bob, "SELL", "50000", "1.1").status, 200);
    EXPECT_EQ(limit(bob, "BUY", "49000", "1").status, 200);
    EXPECT_EQ(limit(ann, "BUY", "50000", "0.1", "&newClientOrderId=done").status, 200);
    EXPECT_EQ(limit(ann, "BUY", "40000", "0.5", "&newClientOrderId=mine").status, 200);
    for (const char* name : {"mine", "done"}) {
      names.emplace_back("{" + std::string(name) + "}",
                         std::to_string(port.views().accounts.order(ann.account, core::MarketId{1}, name)->id.value()));
    }
    names.emplace_back("{now}", now_ms());
    std::string many = "\"p0\":0";
    for (int i = 1; i < 64; ++i) many += ",\"p" + std::to_string(i) + "\":0";
    names.emplace_back("{64 parameters}", many);
    port.apply(
        instruments::SetMarketState{port.views().instruments.market("ETHBTC")->id, instruments::MarketState::halted});
    EXPECT_NE(session.ask(ed25519_message("session.logon")).find("\"status\":200"), std::string::npos);
  }

  std::string message_of_case(const Case& each) const {
    const std::string text = filled_in(each.message);
    if (each.who == "-") return text;
    const std::size_t space = text.find(' ');
    const std::string method = text.substr(0, space);
    std::string params = space == std::string::npos ? "" : text.substr(space + 1);
    const auto add = [&params](const std::string& more) { params += (params.empty() ? "" : ",") + more; };
    if (each.who == "sess") add("\"timestamp\":" + now_ms());
    if (each.who == "key") add("\"apiKey\":" + in_quotes(ann.api_key));
    const rest::Trader* signer = each.who == "ann"      ? &ann
                                 : each.who == "reader" ? &reader
                                 : each.who == "trader" ? &trader_only
                                                        : nullptr;
    if (signer != nullptr) {
      add("\"apiKey\":" + in_quotes(signer->api_key) + ",\"timestamp\":" + now_ms());
      const std::string whole = R"({"id":1,"method":"x","params":{)" + params + "}}";
      Message parsed;
      EXPECT_TRUE(parsed.parse(whole));
      std::string scratch;
      const auth::HmacSha256 hmac(signer->secret);
      add("\"signature\":" + in_quotes(auth::to_hex(hmac.sign(auth::sorted_payload(parsed.parameters(), scratch)))));
    }
    return R"({"id":1,"method":")" + method + R"(","params":{)" + params + "}}";
  }

  // Everything a client could see of the money and the books.
  std::string state() {
    std::string out;
    for (const rest::Trader* each : {&ann, &bob}) {
      for (const history::AssetBalance& balance : port.views().accounts.balances(each->account)) {
        out += std::to_string(balance.asset.value()) + ":" +
               core::format_decimal(balance.balance.available.value(), 8, 8) + "/" +
               core::format_decimal(balance.balance.held.value(), 8, 8) + " ";
      }
      for (const history::Order* order : port.views().accounts.open_orders(each->account, {}))
        out += std::to_string(order->id.value()) + " ";
    }
    return out;
  }

  Client session;

 private:
  std::string filled_in(std::string text) const {
    for (const auto& [name, value] : names) replace_all(text, name, value);
    replace_all(text, "\\\\", "\x01");
    replace_all(text, "\\n", "\n");
    replace_all(text, "\x01", "\\");
    for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at) {
      if (text.substr(at + 2, 1) != "*") continue;
      const std::size_t end = text.find('}', at);
      text.replace(at, end - at + 1, std::string(std::stoul(text.substr(at + 3, end - at - 3)), text[at + 1]));
    }
    return text;
  }
  std::vector<std::pair<std::string, std::string>> names;
  rest::Trader reader, trader_only;
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
    std::string text = each.text;
    replace_all(text, "\\\\", "\\");
    std::string expected = R"({"id":)" + each.id + R"(,"status":)" + std::to_string(each.status) + R"(,"error":)";
    spot::JsonWriter json(expected);
    json.begin_object().field("code", each.code).field("msg", text).end_object();
    EXPECT_EQ(client.ask(house.message_of_case(each)), expected + R"(,"rateLimits":[]})");
    ASSERT_EQ(house.state(), before);
    ASSERT_EQ(client.ask(R"({"id":7,"method":"ping"})"), R"({"id":7,"status":200,"result":{},"rateLimits":[]})");
  }
  EXPECT_EQ(house.limit(house.ann, "BUY", "40000", "1").status, 200) << "and it still trades";
  EXPECT_TRUE(house.port.engine().audit());
}

// Names are unique, so that a failure names its line.
TEST(BadMessages, HaveNamesOfTheirOwn) {
  std::vector<std::string> names;
  for (const Case& each : read_cases()) names.push_back(each.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  EXPECT_EQ(twice, names.end()) << *twice;
}

}  // namespace
}  // namespace ws_api
