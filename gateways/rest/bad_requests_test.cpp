// testdata/bad_requests.txt, case by case: the exact answer, and an exchange that is as it was.
#include "gateways/rest/test_house.h"
#include "pkg/core/testing_table.h"

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

std::vector<core::testing::Row> read_rows() { return core::testing::read_rows(REST_TESTDATA "/bad_requests.txt", 6); }

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const core::testing::Row& row : read_rows())
    cases.push_back({row[0], row[1], row[2], std::stoi(row[3]), std::stoi(row[4]), row[5]});
  return cases;
}

// An exchange with a little history: see the head of the table.
class House : public TestHouse {
 public:
  House() { make_history(); }

  std::string bytes_of(const Case& each) {
    const std::string request = signed_where_told(filled_in(each.request));
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
    EXPECT_TRUE(each.who == "ann" || &as != &ann) << "nobody is " << each.who;
    return signed_http(as, method, path, query);
  }

 private:
  // {sign}: ann's signature of the query before it.
  [[nodiscard]] std::string signed_where_told(std::string text) const {
    if (text.find("{sign}") != std::string::npos) {
      const std::size_t from = text.find('?') + 1;
      core::testing::replace_all(text, "{sign}", sign(ann, text.substr(from, text.find("&signature=") - from)));
    }
    return text;
  }
};

TEST(BadRequests, GetTheirExactAnswersAndChangeNothing) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 120u);
  House house;
  const std::string before = house.state();
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    const Response response = house.send(house.bytes_of(each));
    EXPECT_EQ(response.status, each.status);
    EXPECT_EQ(response.body, error_json(each.code, each.text));
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
    EXPECT_EQ(responses[0].body, error_json(each.code, each.text));
  }
}

TEST(BadRequests, HaveNamesOfTheirOwn) { core::testing::expect_unique_names(read_rows()); }

}  // namespace
}  // namespace rest
