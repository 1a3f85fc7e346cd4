// The desk alone: reads that need the archive. Commands, limits and security are tested over the gateways
// (gateways/rest, gateways/ws_api).
#include "gateways/desk/desk.h"

#include <gtest/gtest.h>

#include "gateways/auth/hmac.h"
#include "gateways/rest/test_port.h"

namespace desk {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

class TestArchive final : public gateways::ArchivePort {
 public:
  bool ask(gateways::ArchiveQuestion question, std::uint64_t token, gateways::ArchiveHandler& handler) override {
    if (is_full) return false;
    asked.push_back({std::move(question), token, &handler});
    return true;
  }
  void answer(core::Result<gateways::ArchiveAnswer> with) {
    const Asked next = asked.front();
    asked.pop_front();
    next.handler->on_archive(next.token, std::move(with));
  }
  void answer_with(std::vector<history::Order> orders) {
    answer(gateways::ArchiveAnswer{.rows = std::move(orders), .written_through = {}, .written_until = {}});
  }

  struct Asked {
    gateways::ArchiveQuestion question;
    std::uint64_t token;
    gateways::ArchiveHandler* handler;
  };
  std::deque<Asked> asked;
  bool is_full = false;
};

// Remembers what it was told.
class TestClient final : public Client {
 public:
  TestClient(Desk& desk, limits::Address& address) : Client(desk, address) {}
  void on_answer(std::uint64_t request, const Answer& answer) override {
    told.push_back(std::to_string(request) + " " +
                   (answer.error != nullptr
                        ? std::to_string(answer.error->status) + " " + std::to_string(answer.error->code)
                        : std::string(answer.body)));
  }
  std::vector<std::string> told;
};

// Asks the archive for orders and answers with the account and their number; `now` is answered from memory.
std::unique_ptr<spot::PastRead> count_orders(const spot::Context& context, spot::Arguments& arguments,
                                             spot::JsonWriter& json) {
  const bool at_once = arguments.boolean("now", false);
  const bool fails = arguments.boolean("fails", false);
  if (!arguments.finish()) return nullptr;
  if (at_once) {
    json.text("from memory");
    return nullptr;
  }
  const core::AccountId account = context.key == nullptr ? core::AccountId{} : context.account();
  return std::make_unique<spot::PastRead>(
      spot::PastRead{.question = gateways::OrdersQuestion{.account = account, .query = {}},
                     .write = [fails](const spot::Context& later, const gateways::ArchiveAnswer& answer,
                                      spot::JsonWriter& out) -> std::expected<void, spot::ApiError> {
                       if (fails) return std::unexpected(spot::no_such_order());
                       const auto& rows = std::get<std::vector<history::Order>>(answer.rows);
                       out.begin_array().number(std::uint64_t{rows.size()});
                       if (later.key != nullptr) out.number(std::uint64_t{later.account().value()});
                       out.end_array();
                       return {};
                     }});
}

class Reading : public testing::Test {
 protected:
  static Options options() {
    Options out;
    out.limits = limits::open_profile();
    out.archive_reads_max = 2;
    return out;
  }
  // What came of it at once: the body, "waiting", or status and code.
  std::string ask(Desk& at, std::string_view query, std::uint64_t number = 7,
                  spot::Security security = spot::Security::none) {
    const Operation operation{.security = security, .read_past = count_orders};
    spot::Parameters parameters;
    EXPECT_TRUE(parameters.parse(query, {}));
    const std::string_view payload = query.substr(0, query.find("&signature="));
    std::string body;
    const auto outcome = at.carry_out(
        client, operation,
        {.number = number, .parameters = parameters, .api_key = api_key, .payload = std::span(&payload, 1)}, body);
    if (!outcome) return std::to_string(outcome.error().status) + " " + std::to_string(outcome.error().code);
    return *outcome == Outcome::waiting ? "waiting" : body;
  }

  rest::TestPort port;
  auth::KeyRing keys;
  TestArchive archive;
  Desk desk{options(), port, keys, &archive};
  limits::Address& address = desk.limiter().join("here", port.now());
  TestClient client{desk, address};
  const std::string api_key = std::string(64, 'k');
};

TEST_F(Reading, MayNeedTheArchiveOrNot) {
  EXPECT_EQ(ask(desk, "now=true"), "\"from memory\"");
  EXPECT_TRUE(archive.asked.empty());
  EXPECT_EQ(ask(desk, ""), "waiting");
  EXPECT_EQ(desk.counters().archive_reads_waiting, 1u);
  archive.answer_with(std::vector<history::Order>(3));
  EXPECT_EQ(client.told, std::vector<std::string>{"7 [3]"});
  EXPECT_EQ(desk.counters().archive_reads_waiting, 0u);
  EXPECT_EQ(ask(desk, "other=1"), "400 -1104");
}

TEST_F(Reading, OutOfOrder) {
  EXPECT_EQ(ask(desk, "", 1), "waiting");
  EXPECT_EQ(ask(desk, "", 2), "waiting");
  std::swap(archive.asked[0], archive.asked[1]);
  archive.answer_with({});
  archive.answer_with(std::vector<history::Order>(1));
  EXPECT_EQ(client.told, (std::vector<std::string>{"2 [0]", "1 [1]"}));
}

TEST_F(Reading, WithoutAnArchive) {
  Desk alone(options(), port, keys);
  TestClient at(alone, address);
  EXPECT_EQ(ask(alone, ""), "503 -1001");
  EXPECT_EQ(ask(alone, "now=true"), "\"from memory\"");
}

TEST_F(Reading, OfABusyArchive) {
  archive.is_full = true;
  EXPECT_EQ(ask(desk, ""), "503 -1008");
  archive.is_full = false;
  EXPECT_EQ(ask(desk, ""), "waiting");
  EXPECT_EQ(ask(desk, ""), "waiting");
  EXPECT_EQ(ask(desk, ""), "503 -1008") << "only so many wait at a time";
  EXPECT_EQ(archive.asked.size(), 2u);
}

TEST_F(Reading, OfABrokenArchive) {
  EXPECT_EQ(ask(desk, ""), "waiting");
  archive.answer(core::fail(core::ErrorKind::unavailable, "the store is being rebuilt"));
  EXPECT_EQ(client.told, std::vector<std::string>{"7 503 -1001"});
}

TEST_F(Reading, ThatFindsNothing) {
  EXPECT_EQ(ask(desk, "fails=true"), "waiting");
  archive.answer_with({});
  EXPECT_EQ(client.told, std::vector<std::string>{"7 400 -2013"});
}

TEST_F(Reading, OfASlowArchiveTimesOut) {
  desk.tick(kSecondNs);
  EXPECT_EQ(ask(desk, ""), "waiting");
  desk.tick(10 * kSecondNs);
  EXPECT_TRUE(client.told.empty());
  desk.tick(11 * kSecondNs);
  EXPECT_EQ(client.told, std::vector<std::string>{"7 504 -1007"});
  desk.tick(30 * kSecondNs);
  archive.answer_with({});
  EXPECT_EQ(client.told.size(), 1u) << "one request, one answer";
  EXPECT_EQ(desk.counters().replies_without_client, 1u);
}

TEST_F(Reading, WhenTheClientIsGone) {
  Desk other(options(), port, keys, &archive);
  {
    TestClient leaving(other, address);
    const Operation operation{.read_past = count_orders};
    spot::Parameters parameters;
    std::string body;
    ASSERT_TRUE(other.carry_out(leaving, operation, {.number = 1, .parameters = parameters}, body));
  }
  TestClient next(other, address);  // in the place of the one that left
  archive.answer_with({});
  EXPECT_TRUE(next.told.empty());
  EXPECT_EQ(other.counters().replies_without_client, 1u);
}

TEST_F(Reading, GoesOnWhenTheKeyIsRevokedMeanwhile) {
  ASSERT_TRUE(keys.add({.api_key = api_key,
                        .account = core::AccountId{1234},
                        .permissions = {.read = true},
                        .type = auth::KeyType::hmac,
                        .secret = "secret"}));
  std::string query = "timestamp=" + std::to_string(port.time.milliseconds());
  query += "&signature=" + auth::to_hex(auth::HmacSha256("secret").sign(query));
  EXPECT_EQ(ask(desk, query, 7, spot::Security::user_data), "waiting");
  EXPECT_EQ(std::get<gateways::OrdersQuestion>(archive.asked[0].question).account, core::AccountId{1234});
  ASSERT_TRUE(keys.revoke(api_key));
  archive.answer_with({});
  EXPECT_EQ(client.told, std::vector<std::string>{"7 [0,1234]"});
}

TEST(Waiting, TokensAreGoodOnce) {
  WaitingTable<int> table;
  const std::uint64_t first = table.add(1), second = table.add(2);
  EXPECT_EQ(*table.find(first), 1);
  EXPECT_EQ(table.take(first), 1);
  EXPECT_EQ(table.find(first), nullptr);
  const std::uint64_t third = table.add(3);
  EXPECT_EQ(static_cast<std::uint32_t>(third), static_cast<std::uint32_t>(first)) << "places are used again";
  EXPECT_NE(third, first);
  EXPECT_EQ(table.find(first), nullptr);
  EXPECT_EQ(table.take(second) + table.take(third), 5);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.find(~std::uint64_t{0}), nullptr);
}

TEST(WaitingDeathTest, ATokenTakenTwiceIsABug) {
  WaitingTable<int> table;
  const std::uint64_t token = table.add(1);
  (void)table.take(token);
  EXPECT_DEATH((void)table.take(token), "CHECK");
}

}  // namespace
}  // namespace desk
