// Reads that reach further back than memory: what a memory that forgets and an archive that lags answer together is
// what a memory that forgets nothing answers, to the byte, or it is -1001.
#include <gtest/gtest.h>

#include <string>

#include "gateways/spot/account.h"
#include "services/engine/random_commands.h"
#include "services/engine/test_exchange.h"

namespace spot {
namespace {

constexpr history::Limits kEverything{.closed_orders_per_account = 1'000'000,
                                      .fills_per_account = 1'000'000,
                                      .closed_orders = 1'000'000,
                                      .fills = 1'000'000};
constexpr std::uint32_t kAccounts = 4;

engine::Views views_with(const history::Limits& limits) {
  return {.accounts = history::Accounts(limits), .markets = market_data::Markets(), .instruments = {}};
}

class PastTest : public ::testing::Test {
 protected:
  void run(const engine::Command& command) {
    header_.sequence = header_.sequence.next();
    if (commands_.random().chance(2, 3)) header_.time.ns += commands_.random().between(1, 2'000'000'000);
    output_.clear();
    engine_.apply(header_, command, output_);
    for (const auto& event : output_.account_events) {
      small_.apply(event);
      all_.apply(event);
      unwritten_.push_back(event);
      if (const auto* order = std::get_if<orders::OrderEvent>(&event.body))
        last_order_ = std::max(last_order_, order->order.value());
    }
  }
  // The archive takes what has happened so far.
  void write() {
    for (const auto& event : unwritten_) written_.apply(event);
    unwritten_.clear();
    through_ = header_.sequence;
    until_ = header_.time;
  }
  [[nodiscard]] gateways::ArchiveAnswer archive(const gateways::ArchiveQuestion& question) const {
    gateways::ArchiveAnswer answer{.rows = {}, .written_through = through_, .written_until = until_};
    const history::Accounts& accounts = written_.accounts;
    if (const auto* orders = std::get_if<gateways::OrdersQuestion>(&question)) {
      answer.rows = copies(accounts.orders(orders->account, orders->query));
    } else if (const auto* fills = std::get_if<gateways::FillsQuestion>(&question)) {
      answer.rows = copies(accounts.fills(fills->account, fills->query));
    } else {
      const auto& one = std::get<gateways::OrderQuestion>(question);
      const history::Order* found = one.order ? accounts.order(one.account, *one.order)
                                              : accounts.order(one.account, one.market, one.client_order_id.view());
      std::vector<history::Order> rows;
      if (found != nullptr && found->market == one.market) rows.push_back(*found);
      answer.rows = std::move(rows);
    }
    return answer;
  }
  template <class Row>
  static std::vector<Row> copies(const std::vector<const Row*>& rows) {
    std::vector<Row> out;
    for (const Row* row : rows) out.push_back(*row);
    return out;
  }

  // Text of the answer, or the error's code.
  struct Answer {
    std::string text;
    std::unique_ptr<PastRead> past;
  };
  Answer ask(ReadPast read, const engine::Views& views, const std::string& query) {
    Answer out;
    Parameters parameters;
    EXPECT_TRUE(parameters.parse(query, {}));
    Arguments arguments(parameters, views.instruments);
    JsonWriter json(out.text);
    out.past = read(context(views), arguments, json);
    if (!arguments.ok()) {
      EXPECT_EQ(out.past, nullptr);
      out.text = std::to_string(arguments.error().code);
    }
    return out;
  }
  [[nodiscard]] Context context(const engine::Views& views) const {
    return {.views = views, .limits = limits_, .now = header_.time, .time_unit = TimeUnit::microsecond, .key = &key_};
  }
  std::string some_parameters(std::uint64_t kind) {
    core::Random& random = commands_.random();
    std::string out = random.chance(3, 4) ? "symbol=BTCUSDT" : "symbol=ETHBTC";
    const auto some_order = [&] { return std::to_string(1 + random.below(last_order_ + 2)); };
    if (kind == 0) {
      if (random.chance(2, 3)) return out + "&orderId=" + some_order();
      return out + "&origClientOrderId=c" + std::to_string(random.below(13));
    }
    if (random.chance(1, 2)) out += "&limit=" + std::to_string(1 + random.below(random.chance(1, 2) ? 10 : 1'000));
    if (random.chance(1, 4)) out += "&orderId=" + some_order();
    if (kind == 2 && random.chance(1, 3)) return out + "&fromId=" + std::to_string(1 + random.below(900));
    if (random.chance(1, 4)) out += "&startTime=" + std::to_string(random.between(1, header_.time.ns / 1'000'000 + 1));
    if (random.chance(1, 4)) out += "&endTime=" + std::to_string(random.between(1, header_.time.ns / 1'000'000 + 1));
    return out;
  }

  engine::RandomCommands commands_{6, kAccounts};
  engine::Engine engine_;
  engine::Output output_;
  core::RecordHeader header_{.time = core::Time{1'000'000}};
  std::uint64_t last_order_ = 0;
  engine::Views small_ = views_with({.closed_orders_per_account = 60, .fills_per_account = 70});
  engine::Views all_ = views_with(kEverything), written_ = views_with(kEverything);
  std::vector<orders::AccountEvent> unwritten_;
  core::Sequence through_;
  core::Time until_;
  const limits::Profile limits_ = limits::open_profile();
  auth::Key key_;
};

TEST_F(PastTest, MemoryAndArchiveTogetherAnswerLikeAMemoryThatForgetsNothing) {
  for (const engine::Command& command : engine::listing()) run(command);
  for (std::uint32_t i = 0; i < kAccounts; ++i) {
    run(ledger::OpenAccount{ledger::AccountName("user" + std::to_string(i))});
    for (const core::AssetId asset : {engine::kBtc, engine::kUsdt, engine::kEth})
      run(ledger::Deposit{
          core::AccountId{core::kFirstUserAccount.value() + i}, asset, core::Amount{core::int128{1} << 60}, {}});
  }
  core::Random& random = commands_.random();
  std::size_t at_once = 0, from_both = 0, refused = 0, late = 0;
  constexpr ReadPast kReads[] = {query_order, all_orders, my_trades};
  for (int step = 1; step <= 6'000; ++step) {
    run(commands_.next(last_order_));
    if (random.chance(1, 200)) write();
    if (step % 10 != 0) continue;
    const std::uint64_t kind = random.below(3);
    key_.account =
        core::AccountId{core::kFirstUserAccount.value() + static_cast<std::uint32_t>(random.below(kAccounts))};
    const std::string parameters = some_parameters(kind);
    const Answer got = ask(kReads[kind], small_, parameters);
    if (got.past == nullptr) {
      const Answer expected = ask(kReads[kind], all_, parameters);
      ASSERT_EQ(expected.past, nullptr);
      ASSERT_EQ(got.text, expected.text) << parameters;
      ++at_once;
      continue;
    }
    // The exchange goes on while the archive is read, and what has changed by then is in the answer.
    const gateways::ArchiveAnswer archived = archive(got.past->question);
    for (std::uint64_t more = random.below(10); more > 0; --more, ++late) run(commands_.next(last_order_));
    const Answer expected = ask(kReads[kind], all_, parameters);
    std::string text;
    JsonWriter json(text);
    const auto written = got.past->write(context(small_), archived, json);
    if (!written && written.error().code == -1001) {
      ++refused;
      continue;
    }
    ASSERT_EQ(written ? text : std::to_string(written.error().code), expected.text) << parameters;
    ++from_both;
  }
  EXPECT_GT(at_once, 100u);
  EXPECT_GT(from_both, 100u);
  EXPECT_GT(refused, 5u);
  EXPECT_GT(late, 100u);
}

TEST_F(PastTest, AnArchiveThatHasWrittenEverythingIsNeverRefused) {
  for (const engine::Command& command : engine::listing()) run(command);
  run(ledger::OpenAccount{ledger::AccountName("ann")});
  key_.account = core::kFirstUserAccount;
  run(ledger::Deposit{key_.account, engine::kUsdt, core::Amount{core::int128{1} << 60}, {}});
  header_.time = core::Time{5'000'000'000};  // and there it stands, as after the clock was set back
  for (int i = 0; i < 100; ++i) {
    orders::PlaceOrder order = engine::limit(key_.account, orders::Side::buy, 100, 50);
    order.time_in_force = orders::TimeInForce::ioc;
    header_.sequence = header_.sequence.next();
    output_.clear();
    engine_.apply(header_, order, output_);
    for (const auto& event : output_.account_events) {
      small_.apply(event);
      unwritten_.push_back(event);
    }
  }
  const Answer got = ask(all_orders, small_, "symbol=BTCUSDT&limit=1000");
  ASSERT_NE(got.past, nullptr);
  std::string text;
  JsonWriter json(text);
  EXPECT_EQ(got.past->write(context(small_), archive(got.past->question), json).error().code, -1001);
  write();
  ASSERT_TRUE(got.past->write(context(small_), archive(got.past->question), json));
  EXPECT_NE(text.find("\"orderId\":1,"), std::string::npos) << text.substr(0, 300);
  EXPECT_NE(text.find("\"orderId\":100,"), std::string::npos);
}

}  // namespace
}  // namespace spot
