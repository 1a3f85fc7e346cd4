// The control socket's protocol and the operators' commands behind it, on one thread: real engine, real key store, a
// sink that commits at once.
#include "cmd/exchange/operations.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "cmd/exchange/control_server.h"
#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/temporary_folder.h"
#include "pkg/io/real_disk.h"
#include "pkg/journal/inline_sink.h"
#include "services/instruments/defaults.h"

namespace exchange {
namespace {

// Keeps what is sent; no sockets.
class TextNetwork final : public io::Network {
 public:
  core::Result<std::string> listen(const std::string& address, io::ConnectionHandler&) override { return address; }
  void send(io::ConnectionId connection, core::BytesView bytes) override { sent[connection] += core::as_text(bytes); }
  [[nodiscard]] std::size_t unsent_bytes(io::ConnectionId) const override { return 0; }
  void close(io::ConnectionId connection) override { closed.push_back(connection); }
  std::map<io::ConnectionId, std::string> sent;
  std::vector<io::ConnectionId> closed;
};

class OperationsTest : public ::testing::Test, private gateways::ReplyHandler {
 protected:
  void SetUp() override {
    auto made = TemporaryFolder::make(std::filesystem::temp_directory_path());
    ASSERT_TRUE(made);
    folder.emplace(std::move(*made));
    disk = std::make_unique<io::RealDisk>(folder->path());
    const auto recovered = journal::recover(*disk, options);
    ASSERT_TRUE(recovered);
    writer = std::move(*journal::Writer::open(*disk, options, recovered->tail));
    sink = std::make_unique<journal::InlineSink>(*writer);
    exchange = std::make_unique<Exchange>(replica, *sink, clock, host::Options{});
    for (const auto& asset : instruments::default_assets()) carry_out_now(asset);
    for (const auto& market : instruments::default_markets()) carry_out_now(market);
    auto opened = keys::Store::open(folder->path());
    ASSERT_TRUE(opened) << opened.error().text();
    store.emplace(std::move(*opened));
    snapshots = std::make_unique<Snapshots>(
        *disk, options, 0, core::Sequence{}, [] { return core::Sequence{1'000'000}; }, [] {});
    make_operations(Environment::development);
  }
  void make_operations(Environment environment) {
    operations = std::make_unique<Operations>(
        *exchange, *snapshots, *store, ring, environment, [](json::object& out) { out["url"] = "here"; },
        [this](core::AccountId account) { revoked_of.push_back(account); });
  }
  void on_reply(const gateways::Reply&) override {}
  void carry_out_now(const engine::Command& command) {
    ASSERT_TRUE(exchange->submit(command, 0, *this, clock.now()));
    run();
  }
  void run() {
    for (int i = 0; i < 3 || !exchange->drained(); ++i) exchange->step();
  }
  Answer ask(const json::object& request) {
    std::optional<Answer> answer;
    operations->handle(request, [&answer](const Answer& given) { answer = given; });
    for (int i = 0; i < 2000 && !answer; ++i) {
      run();
      snapshots->tick(*exchange);
      if (!answer) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_TRUE(answer.has_value()) << "no answer to " << json::serialize(request);
    return answer.value_or(Answer(json::object{}));
  }
  struct Refused {
    json::object request;
    core::ErrorKind kind;
    const char* text;  // part of what is said
  };
  void expect_refused(std::span<const Refused> rows) {
    for (const Refused& row : rows) {
      const Answer answer = ask(row.request);
      ASSERT_FALSE(answer) << json::serialize(row.request);
      EXPECT_EQ(answer.error().kind, row.kind) << json::serialize(row.request) << ": " << answer.error().text();
      EXPECT_NE(answer.error().text().find(row.text), std::string::npos)
          << json::serialize(row.request) << ": " << answer.error().text();
    }
  }
  std::string member(const Answer& answer, std::string_view key) {
    EXPECT_TRUE(answer) << (answer ? "" : answer.error().text());
    return answer ? text_of(*answer, key) : std::string();
  }

  const journal::Options options{.folder = kJournalFolder, .segment_bytes = 4 << 20};
  std::optional<TemporaryFolder> folder;
  std::unique_ptr<io::RealDisk> disk;
  std::unique_ptr<journal::Writer> writer;
  std::unique_ptr<journal::InlineSink> sink;
  const io::RealClock clock;
  engine::Replica replica;
  std::unique_ptr<Exchange> exchange;
  std::optional<keys::Store> store;
  auth::KeyRing ring;
  std::unique_ptr<Snapshots> snapshots;
  std::unique_ptr<Operations> operations;
  std::vector<core::AccountId> revoked_of;
};

TEST_F(OperationsTest, AKeyOpensItsAccountOnceAndIsInForceAtOnce) {
  const auto first = ask({{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read,trade"}});
  const std::string api_key = member(first, "api_key");
  EXPECT_EQ(api_key.size(), 64u);
  EXPECT_EQ(member(first, "secret").size(), 64u);
  ASSERT_NE(ring.find(api_key), nullptr);
  EXPECT_TRUE(ring.find(api_key)->key.permissions.trade);
  EXPECT_FALSE(ring.find(api_key)->key.permissions.withdraw);
  const auto second = ask({{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}});
  ASSERT_TRUE(second);
  EXPECT_EQ(first->at("account_id"), second->at("account_id"));
  EXPECT_EQ(ask({{"command", "keys_list"}})->at("keys").as_array().size(), 2u);
  ASSERT_TRUE(ask({{"command", "keys_revoke"}, {"api_key", api_key}}));
  EXPECT_EQ(ring.find(api_key), nullptr);
  EXPECT_EQ(revoked_of, std::vector{*exchange->views().accounts.find("alice")});
  EXPECT_FALSE(ask({{"command", "keys_revoke"}, {"api_key", api_key}}));
}

// Of RFC 8032, and a signature of "\x72" under it.
constexpr const char* kPublicKey =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n-----END PUBLIC "
    "KEY-----\n";
constexpr const char* kSignature =
    "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA==";

TEST_F(OperationsTest, AKeyOfAClientsPublicKeyHasNoSecret) {
  const auto made = ask({{"command", "keys_create"},
                         {"account", "alice"},
                         {"permissions", "read,trade"},
                         {"type", "ed25519"},
                         {"public_key", std::string("a comment\n") + kPublicKey}});
  const std::string api_key = member(made, "api_key");
  EXPECT_EQ(member(made, "type"), "ed25519");
  EXPECT_FALSE(made->contains("secret"));
  ASSERT_NE(ring.find(api_key), nullptr);
  const std::string_view text = "\x72";
  EXPECT_EQ(ring.find(api_key)->verifier->verify(std::span(&text, 1), kSignature), auth::Verdict::valid);
  EXPECT_EQ(member(*ask({{"command", "keys_list"}})->at("keys").as_array()[0].if_object(), "type"), "ed25519");
  const auto stored = store->active();
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->front().public_key, kPublicKey) << "without what stood around it";
  // What a restart would load.
  auth::KeyRing loaded;
  ASSERT_TRUE(loaded.add(ring_key(stored->front())));
  EXPECT_EQ(loaded.find(api_key)->verifier->verify(std::span(&text, 1), kSignature), auth::Verdict::valid);
}

TEST_F(OperationsTest, TwoKeysForANewAccountAtOnceShareIt) {
  std::vector<Answer> answers;
  for (int i = 0; i < 2; ++i) {
    operations->handle({{"command", "keys_create"}, {"account", "bob"}, {"permissions", "read"}},
                       [&answers](const Answer& answer) { answers.push_back(answer); });
  }
  run();
  ASSERT_EQ(answers.size(), 2u);
  ASSERT_TRUE(answers[0] && answers[1]);
  EXPECT_EQ(answers[0]->at("account_id"), answers[1]->at("account_id"));
}

TEST_F(OperationsTest, DepositsAreAnsweredWhenTheyAreDurable) {
  ASSERT_TRUE(ask({{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}}));
  bool answered = false;
  operations->handle({{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "1.5"}},
                     [&answered](const Answer& answer) { answered = answer.has_value(); });
  EXPECT_FALSE(answered) << "not before it is in the journal";
  run();
  EXPECT_TRUE(answered);
  const auto more =
      ask({{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", ".25"}, {"reference", "tx-1"}});
  EXPECT_EQ(member(more, "available"), "1.75000000");
  const auto again =
      ask({{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "9"}, {"reference", "tx-1"}});
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().text().find("duplicate_reference"), std::string::npos) << again.error().text();
}

TEST_F(OperationsTest, BadRequestsAreToldWhatIsAccepted) {
  ASSERT_TRUE(ask({{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}}));
  const Refused rows[] = {
      {{{"command", "destroy"}}, core::ErrorKind::invalid_input, "unknown command"},
      {{}, core::ErrorKind::invalid_input, "unknown command"},
      {{{"command", 5}}, core::ErrorKind::invalid_input, "unknown command"},
      {{{"command", "keys_create"}, {"account", "alice"}, {"permissions", "everything"}},
       core::ErrorKind::invalid_input,
       "read,trade,withdraw"},
      {{{"command", "keys_create"}, {"account", "alice"}}, core::ErrorKind::invalid_input, "read,trade,withdraw"},
      {{{"command", "keys_create"}, {"account", ""}, {"permissions", "read"}},
       core::ErrorKind::invalid_input,
       "1 to 32"},
      {{{"command", "keys_create"}, {"account", std::string(33, 'a')}, {"permissions", "read"}},
       core::ErrorKind::invalid_input,
       "1 to 32"},
      {{{"command", "keys_create"}, {"account", "a b"}, {"permissions", "read"}},
       core::ErrorKind::invalid_input,
       "bad_name"},
      {{{"command", "keys_revoke"}, {"api_key", "x"}}, core::ErrorKind::not_found, "keys list"},
      {{{"command", "deposit"}, {"account", "bob"}, {"asset", "BTC"}, {"amount", "1"}},
       core::ErrorKind::not_found,
       "keys create"},
      {{{"command", "deposit"}, {"account", "alice"}, {"asset", "XYZ"}, {"amount", "1"}},
       core::ErrorKind::not_found,
       "no such asset"},
      {{{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "NaN"}},
       core::ErrorKind::invalid_input,
       "8 decimals"},
      {{{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "0.000000001"}},
       core::ErrorKind::invalid_input,
       "8 decimals"},
      {{{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "-1"}},
       core::ErrorKind::invalid_input,
       "no amount"},
      {{{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "0"}},
       core::ErrorKind::invalid_input,
       "bad_amount"},
      {{{"command", "deposit"},
        {"account", "alice"},
        {"asset", "BTC"},
        {"amount", "1"},
        {"reference", std::string(41, 'r')}},
       core::ErrorKind::invalid_input,
       "40"},
      {{{"command", "markets_halt"}, {"symbol", "NOPE"}}, core::ErrorKind::not_found, "markets list"},
      {{{"command", "markets_add"}, {"symbol", "btcusdt"}, {"base", "BTC"}, {"quote", "USDT"}},
       core::ErrorKind::invalid_input,
       "--tick"},
      {{{"command", "markets_add"}, {"symbol", std::string(21, 'A')}, {"base", "BTC"}, {"quote", "USDT"}},
       core::ErrorKind::invalid_input,
       "1 to 20"},
  };
  expect_refused(rows);
}

TEST_F(OperationsTest, BadKeysAreToldWhatIsAccepted) {
  const Refused rows[] = {
      {{{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}, {"type", "dsa"}},
       core::ErrorKind::invalid_input,
       "hmac, rsa, ed25519"},
      {{{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}, {"public_key", kPublicKey}},
       core::ErrorKind::invalid_input,
       "HMAC key has no public key"},
      {{{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}, {"type", "rsa"}},
       core::ErrorKind::invalid_input,
       "BEGIN PUBLIC KEY"},
      {{{"command", "keys_create"},
        {"account", "alice"},
        {"permissions", "read"},
        {"type", "rsa"},
        {"public_key", kPublicKey}},
       core::ErrorKind::invalid_input,
       "not of RSA"},
      {{{"command", "keys_create"},
        {"account", "alice"},
        {"permissions", "read"},
        {"type", "ed25519"},
        {"public_key", "-----BEGIN PRIVATE KEY-----\n"}},
       core::ErrorKind::invalid_input,
       "private key"},
  };
  expect_refused(rows);
  EXPECT_FALSE(exchange->views().accounts.find("alice")) << "no account is opened for a key that is refused";
  EXPECT_TRUE(store->list()->empty());
  EXPECT_EQ(ring.size(), 0u);
}

TEST_F(OperationsTest, ProductionRefusesDeposits) {
  make_operations(Environment::production);
  const auto answer = ask({{"command", "deposit"}, {"account", "alice"}, {"asset", "BTC"}, {"amount", "1"}});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, core::ErrorKind::denied);
}

TEST_F(OperationsTest, MarketsAreListedHaltedAndResumed) {
  EXPECT_EQ(ask({{"command", "markets_list"}})->at("markets").as_array().size(), 4u);
  EXPECT_EQ(member(ask({{"command", "markets_halt"}, {"symbol", "BTCUSDT"}}), "state"), "halted");
  EXPECT_EQ(member(ask({{"command", "markets_resume"}, {"symbol", "BTCUSDT"}}), "state"), "trading");
  const auto state = [&](const char* name) {
    return ask({{"command", "markets_state"}, {"symbol", "BTCUSDT"}, {"state", name}});
  };
  EXPECT_EQ(member(state("cancel_only"), "state"), "cancel_only");
  ASSERT_FALSE(state("open"));
  EXPECT_NE(state("open").error().text().find("limit_only"), std::string::npos) << "tells what is accepted";
  EXPECT_NE(state("auction_frozen").error().text().find("state_not_reachable"), std::string::npos);
  ASSERT_TRUE(ask({{"command", "markets_auctions"}, {"symbol", "BTCUSDT"}, {"resumes", "on"}}));
  ASSERT_FALSE(ask({{"command", "markets_auctions"}, {"symbol", "BTCUSDT"}, {"resumes", "perhaps"}}));
  const auto ranges = [&](const char* key, const char* value) {
    return ask({{"command", "markets_ranges"}, {"symbol", "BTCUSDT"}, {key, value}});
  };
  ASSERT_TRUE(ranges("static_bp", "1000"));
  ASSERT_TRUE(ranges("reference", "50000.01"));
  EXPECT_EQ(member(ranges("outcome", "auction"), "range_outcome"), "auction");
  EXPECT_EQ(exchange->views().instruments.market("BTCUSDT")->ranges,
            (instruments::PriceRanges{1'000, 0, instruments::RangeOutcome::auction}));
  for (const auto& [key, value] : {std::pair{"static_bp", "10000"},
                                   {"dynamic_bp", "1.5"},
                                   {"dynamic_bp", "-1"},
                                   {"outcome", "halt"},
                                   {"reference", "0.001"},
                                   {"reference", "NaN"}}) {
    ASSERT_FALSE(ranges(key, value)) << key << " " << value;
  }
  ASSERT_FALSE(ask({{"command", "markets_ranges"}, {"symbol", "NOSUCH"}}));
  const auto allocation = [&](const char* name, const char* share_min) {
    return ask(
        {{"command", "markets_allocation"}, {"symbol", "ETHBTC"}, {"allocation", name}, {"share_min", share_min}});
  };
  EXPECT_EQ(member(allocation("pro_rata", "0.002"), "allocation"), "pro_rata");
  EXPECT_EQ(exchange->views().instruments.market("ETHBTC")->allocation.share_min, core::Quantity{2});
  ASSERT_FALSE(allocation("by_size", "0"));
  ASSERT_FALSE(allocation("pro_rata", "0.0001"));
  ASSERT_FALSE(allocation("price_time", "1")) << "a minimum means nothing there";
  ASSERT_TRUE(allocation("price_time", "0"));
  for (const char* const towards : {"auction", "trading"}) {  // one step each
    EXPECT_EQ(member(ask({{"command", "markets_resume"}, {"symbol", "BTCUSDT"}}), "state"), towards);
  }
  const json::object add{{"command", "markets_add"}, {"symbol", "XRPEUR"},  {"base", "XRP"},
                         {"quote", "EUR"},           {"tick", "0.0005"},    {"lot", "0.1"},
                         {"price_min", "0.0005"},    {"price_max", "1000"}, {"quantity_min", "0.1"},
                         {"quantity_max", "900000"}, {"notional_min", "5"}, {"notional_max", "9000000"},
                         {"maker_fee", "0.0008"},    {"taker_fee", "0.001"}};
  const auto added = ask(add);
  EXPECT_EQ(member(added, "tick"), "0.0005");
  EXPECT_EQ(member(added, "maker_fee"), "0.00080000");
  ASSERT_NE(exchange->views().instruments.market("XRPEUR"), nullptr);
  const auto again = ask(add);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().text().find("symbol_taken"), std::string::npos) << again.error().text();
  json::object coarse = add;
  coarse["symbol"] = "XRPEUR2";
  coarse["lot"] = "0.000000001";  // finer than the asset's ledger
  EXPECT_FALSE(ask(coarse));
}

TEST_F(OperationsTest, SnapshotsHoldTheStateAndStatusSaysSo) {
  ASSERT_TRUE(ask({{"command", "keys_create"}, {"account", "alice"}, {"permissions", "read"}}));
  const auto made = ask({{"command", "snapshot"}});
  ASSERT_TRUE(made) << made.error().text();
  const auto sequence = made->at("sequence").to_number<std::uint64_t>();
  EXPECT_EQ(member(made, "state_hash"), hex(replica.engine.state_hash()));
  const auto status = ask({{"command", "status"}});
  ASSERT_TRUE(status);
  EXPECT_EQ(status->at("last_snapshot_sequence").to_number<std::uint64_t>(), sequence);
  EXPECT_EQ(status->at("durable_sequence").to_number<std::uint64_t>(), sequence);
  const auto recovered = exchange::recover(*disk, options, {});
  ASSERT_TRUE(recovered) << recovered.error().text();
  EXPECT_EQ(recovered->snapshot.value(), sequence);
  EXPECT_EQ(recovered->replayed_records, 0u);
  EXPECT_EQ(recovered->replica->engine.state_hash(), replica.engine.state_hash());
  EXPECT_TRUE(recovered->replica->views.accounts.find("alice"));
}

TEST_F(OperationsTest, TheSocketTakesLinesCutAnywhere) {
  TextNetwork network;
  ControlServer server(network, *operations);
  server.on_open(7, "local");
  const std::string requests = "{\"command\":\"status\"}\n{\"command\":\"markets_list\"}\nnot json\n[1]\n";
  for (const char byte : requests) server.on_bytes(7, core::as_bytes(std::string_view(&byte, 1)));
  std::vector<json::object> answers;
  std::istringstream lines(network.sent[7]);
  for (std::string line; std::getline(lines, line);) answers.push_back(json::parse(line).as_object());
  ASSERT_EQ(answers.size(), 4u);
  EXPECT_TRUE(answers[0].contains("result"));
  EXPECT_TRUE(answers[1].contains("result"));
  EXPECT_EQ(error_of(answers[2].at("error").as_object()).kind, core::ErrorKind::invalid_input);
  EXPECT_TRUE(answers[3].contains("error"));
  server.on_bytes(7, core::as_bytes(std::string(ControlServer::kLineBytesMax + 1, 'x')));
  EXPECT_EQ(network.closed.size(), 1u);
  server.on_closed(7);
}

}  // namespace
}  // namespace exchange
