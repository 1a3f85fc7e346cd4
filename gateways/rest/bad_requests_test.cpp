// testdata/bad_requests.txt, case by case: the exact answer, and an exchange that is as it was.
#include <algorithm>
#include <fstream>

#include "gateways/rest/test_house.h"
#include "gateways/spot/json_writer.h"
#include "pkg/core/decimal.h"

#ifndef REST_TESTDATA
#error "REST_TESTDATA names the folder of the test data"
#endif

namespace rest {
namespace {

struct Case {
  std::string name, who, request;
  int status = 0, code = 0;
  std::string text;
};

std::vector<Case> read_cases() {
  std::ifstream file(REST_TESTDATA "/bad_requests.txt");
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
    if (columns.size() != 6) {
      ADD_FAILURE() << "not six columns: " << line;
      continue;
    }
    cases.push_back({columns[0], columns[1], columns[2], std::stoi(columns[3]), std::stoi(columns[4]), columns[5]});
  }
  return cases;
}

// An exchange with a little history: see the head of the table.
class House : public TestHouse {
 public:
  House() {
    reader = add_key(bob.account, 'R', {.read = true, .trade = false});
    trader_only = add_key(ann.account, 'T', {.read = false, .trade = true});
    EXPECT_EQ(limit(bob, "SELL", "50000", "1.1").status, 200);
    EXPECT_EQ(limit(bob, "BUY", "49000", "1").status, 200);
    EXPECT_EQ(limit(ann, "BUY", "50000", "0.1", "&newClientOrderId=done").status, 200);
    EXPECT_EQ(limit(ann, "BUY", "40000", "0.5", "&newClientOrderId=mine").status, 200);
    const auto id_of = [this](std::string_view name) {
      return port.views().accounts.order(ann.account, core::MarketId{1}, name)->id.value();
    };
    names = {
        {"{key}", ann.api_key}, {"{mine}", std::to_string(id_of("mine"))}, {"{done}", std::to_string(id_of("done"))}};
    port.apply(
        instruments::SetMarketState{port.views().instruments.market("ETHBTC")->id, instruments::MarketState::halted});
  }

  std::string bytes_of(const Case& each) {
    const std::string request = filled_in(each.request);
    if (each.who == "raw") return request;
    const std::size_t space = request.find(' ');
    const std::string method = request.substr(0, space), target = request.substr(space + 1);
    if (each.who == "-") return http(method, target);
    const std::size_t mark = target.find('?');
    const std::string path = target.substr(0, mark), query = mark == std::string::npos ? "" : target.substr(mark + 1);
    if (each.who == "key") return http(method, target, {}, "X-MBX-APIKEY: " + ann.api_key + "\r\n");
    if (each.who == "body") {
      std::string body = query + "&timestamp=" + now_ms();
      body += "&signature=" + sign(ann, {}, body);
      return http(method, path, body, "X-MBX-APIKEY: " + ann.api_key + "\r\n");
    }
    const Trader& as = each.who == "reader" ? reader : each.who == "trader" ? trader_only : ann;
    EXPECT_TRUE(each.who == "ann" || &as != &ann) << each.who;
    return signed_http(as, method, path, query);
  }

  // What no refused request may change.
  std::string state() {
    std::string out;
    for (const Trader* each : {&ann, &bob}) {
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

 private:
  std::string filled_in(std::string text) {
    for (const auto& [name, value] : names) replace_all(text, name, value);
    expand_escapes(text);
    for (std::size_t at; (at = text.find("{now")) != std::string::npos;) {
      const std::size_t end = text.find('}', at);
      const std::string offset = text.substr(at + 4, end - at - 4);
      text.replace(at, end - at + 1, now_ms(offset.empty() ? 0 : std::stoll(offset)));
    }
    for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at) {
      if (text.substr(at + 2, 1) != "*") continue;
      const std::size_t end = text.find('}', at);
      text.replace(at, end - at + 1, std::string(std::stoul(text.substr(at + 3, end - at - 3)), text[at + 1]));
    }
    if (const std::size_t at = text.find("{sign}"); at != std::string::npos) {
      const std::size_t from = text.find('?') + 1;
      replace_all(text, "{sign}", sign(ann, text.substr(from, text.find("&signature=") - from)));
    }
    return text;
  }
  static void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
  }
  static void expand_escapes(std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        out += text[i];
      } else if (const char next = text[++i]; next == 'x') {
        out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        out += next == 'r' ? '\r' : next == 'n' ? '\n' : next;
      }
    }
    text = out;
  }

  std::vector<std::pair<std::string, std::string>> names;
  Trader reader, trader_only;
};

std::string json_of(const Case& each) {
  std::string text;
  spot::JsonWriter(text).text(each.text);
  return "{\"code\":" + std::to_string(each.code) + ",\"msg\":" + text + "}";
}

TEST(BadRequests, GetTheirExactAnswersAndChangeNothing) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 120u);
  House house;
  const std::string before = house.state();
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    const Response response = house.send(house.bytes_of(each));
    EXPECT_EQ(response.status, each.status);
    EXPECT_EQ(response.body, json_of(each));
    EXPECT_EQ(response.header("Content-Type"), "application/json;charset=UTF-8");
    ASSERT_EQ(house.state(), before);
    ASSERT_EQ(house.get("/api/v3/ping").body, "{}");
  }
  EXPECT_EQ(house.limit(house.ann, "BUY", "40000", "1").status, 200) << "and it still trades";
  EXPECT_TRUE(house.port.engine().audit());
}

// The same bytes one by one: where they are cut must not matter.
TEST(BadRequests, ArriveInPieces) {
  House house;
  for (const Case& each : read_cases()) {
    SCOPED_TRACE(each.name);
    const std::string bytes = house.bytes_of(each);
    if (bytes.size() > 2000) continue;
    const io::ConnectionId connection = house.network.connect();
    for (const char byte : bytes) house.network.feed(connection, std::string_view(&byte, 1));
    const auto responses = parse_responses(house.network.take(connection));
    house.network.hang_up(connection);
    ASSERT_EQ(responses.size(), 1u);
    EXPECT_EQ(responses[0].status, each.status);
    EXPECT_EQ(responses[0].body, json_of(each));
  }
}

// Names are unique, so that a failure names its line.
TEST(BadRequests, HaveNamesOfTheirOwn) {
  std::vector<std::string> names;
  for (const Case& each : read_cases()) names.push_back(each.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  EXPECT_EQ(twice, names.end()) << *twice;
}

}  // namespace
}  // namespace rest
