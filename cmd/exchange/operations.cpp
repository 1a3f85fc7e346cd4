#include "cmd/exchange/operations.h"

#include <utility>

#include "gateways/auth/public_key.h"
#include "pkg/core/decimal.h"
#include "services/instruments/convert.h"
#include "services/instruments/market_states.h"

namespace exchange {
namespace {

using core::ErrorKind;

std::string permissions_text(bool read, bool trade, bool withdraw) {
  std::string out;
  for (const auto& [on, word] : {std::pair{read, "read"}, {trade, "trade"}, {withdraw, "withdraw"}}) {
    if (on) out += (out.empty() ? "" : ",") + std::string(word);
  }
  return out;
}

// A comma-separated list of read, trade, withdraw.
core::Result<auth::Permissions> parse_permissions(const std::string& text) {
  auth::Permissions out{.read = false, .trade = false, .withdraw = false};
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, comma - at);
    if (word == "read")
      out.read = true;
    else if (word == "trade")
      out.trade = true;
    else if (word == "withdraw")
      out.withdraw = true;
    else
      return core::fail(ErrorKind::invalid_input, "\"" + word + "\" is no permission", "--permissions",
                        "accepted: read,trade,withdraw or fewer of them");
    at = comma + 1;
  }
  return out;
}

auth::KeyType ring_type(keys::Type type) {
  switch (type) {
    case keys::Type::hmac:
      return auth::KeyType::hmac;
    case keys::Type::rsa:
      return auth::KeyType::rsa;
    case keys::Type::ed25519:
      return auth::KeyType::ed25519;
  }
  return {};
}

core::Error refusal_error(gateways::Refusal refusal) {
  switch (refusal) {
    case gateways::Refusal::overloaded:
      return {ErrorKind::unavailable, "the exchange is overloaded; nothing was done", {}, "try again"};
    case gateways::Refusal::no_space:
      return {ErrorKind::no_space, "the disk is full; nothing was done", {}, "make room on the data folder's disk"};
    case gateways::Refusal::stopping:
      return {ErrorKind::unavailable, "the exchange is stopping; nothing was done", {}, {}};
  }
  return {};
}

}  // namespace

auth::Key ring_key(const keys::ApiKey& key) {
  return {.api_key = key.api_key,
          .account = key.account,
          .permissions = {.read = key.may_read, .trade = key.may_trade, .withdraw = key.may_withdraw},
          .type = ring_type(key.type),
          .secret = key.type == keys::Type::hmac ? key.secret : key.public_key};
}

core::Result<void> check_events(std::span<const orders::AccountEvent> events, const std::string& subject) {
  for (const auto& event : events) {
    const auto* rejected = std::get_if<orders::CommandRejected>(&event.body);
    if (!rejected) continue;
    return core::fail(ErrorKind::invalid_input,
                      "rejected: " + std::string(core::name(rejected->rejection)) + " (" +
                          std::to_string(static_cast<int>(rejected->rejection)) + ")",
                      subject);
  }
  return {};
}

Operations::Operations(Exchange& exchange, Snapshots& snapshots, keys::Store& store, auth::KeyRing& ring,
                       Environment environment, Status status, KeyRevoked key_revoked)
    : exchange_(exchange),
      snapshots_(snapshots),
      store_(store),
      ring_(ring),
      environment_(environment),
      status_(std::move(status)),
      key_revoked_(std::move(key_revoked)) {}

void Operations::handle(const json::object& request, Respond respond) {
  const std::string command = text_of(request, "command");
  if (command == "deposit") return deposit(request, std::move(respond));
  if (command == "keys_create") return keys_create(request, std::move(respond));
  if (command == "keys_list") return respond(keys_list());
  if (command == "keys_revoke") return respond(keys_revoke(request));
  if (command == "markets_list") return respond(markets_list());
  if (command == "markets_add") return markets_add(request, std::move(respond));
  if (command == "markets_halt" || command == "markets_resume" || command == "markets_state")
    return set_market_state(command, request, std::move(respond));
  if (command == "markets_auctions") return set_market_auctions(request, std::move(respond));
  if (command == "markets_allocation") return set_market_allocation(request, std::move(respond));
  if (command == "markets_ranges") return set_market_ranges(request, std::move(respond));
  if (command == "snapshot") return snapshot(std::move(respond));
  if (command == "status") return respond(status());
  respond(core::fail(ErrorKind::invalid_input, "unknown command \"" + command.substr(0, 100) + "\"", "control socket",
                     "use the command line of the same build"));
}

void Operations::submit(const engine::Command& command, Then then) {
  const std::uint64_t token = next_token_++;
  const auto accepted = exchange_.submit(command, token, *this, exchange_.now());
  if (!accepted) return then(std::unexpected(refusal_error(accepted.error())));
  waiting_.emplace(token, std::move(then));
}

void Operations::on_reply(const gateways::Reply& reply) {
  const auto found = waiting_.find(reply.token);
  CHECK(found != waiting_.end());
  const Then then = std::move(found->second);
  waiting_.erase(found);
  then(reply.events);
}

// Opens the account when it is not there.
void Operations::with_account(const std::string& name, std::function<void(const core::Result<core::AccountId>&)> then) {
  if (name.empty() || name.size() > ledger::AccountName::capacity) {
    return then(core::fail(ErrorKind::invalid_input, "an account's name has 1 to 32 characters of A-Z a-z 0-9 _ . -",
                           "--account"));
  }
  if (const auto account = exchange_.views().accounts.find(name)) return then(*account);
  submit(ledger::OpenAccount{ledger::AccountName(name)},
         [this, name, then = std::move(then)](const core::Result<Events>& events) {
           if (!events) return then(std::unexpected(events.error()));
           // Somebody else may have opened it meanwhile; then it is there too.
           if (const auto account = exchange_.views().accounts.find(name)) return then(*account);
           const auto checked = check_events(*events, "--account " + name);
           then(checked ? core::fail(ErrorKind::corrupt, "the account was not opened", name)
                        : std::unexpected(checked.error()));
         });
}

void Operations::deposit(const json::object& request, Respond respond) {
  if (environment_ == Environment::production) {
    return respond(core::fail(ErrorKind::denied,
                              "deposits by command are for development, and this exchange runs in production",
                              "environment"));
  }
  const std::string name = text_of(request, "account"), symbol = text_of(request, "asset"),
                    amount_text = text_of(request, "amount");
  const std::string reference = text_of(request, "reference");
  const auto account = exchange_.views().accounts.find(name);
  if (!account)
    return respond(core::fail(ErrorKind::not_found, "no such account", name,
                              "open it with a key: exchange keys create --account NAME"));
  const instruments::Asset* asset = exchange_.views().instruments.asset(symbol);
  if (!asset) return respond(core::fail(ErrorKind::not_found, "no such asset", symbol, "see: exchange markets list"));
  const auto amount = instruments::parse_amount(*asset, amount_text);
  if (!amount) {
    return respond(core::fail(ErrorKind::invalid_input,
                              "\"" + amount_text.substr(0, 60) + "\" is no amount of " + symbol, "--amount",
                              "digits with at most " + std::to_string(asset->ledger_decimals) + " decimals"));
  }
  if (reference.size() > 40)
    return respond(core::fail(ErrorKind::invalid_input, "a reference has at most 40 characters", "--reference"));
  const ledger::Deposit command{*account, asset->id, *amount, core::ShortText<40>(reference)};
  submit(command, [this, name, symbol, command, respond = std::move(respond)](const core::Result<Events>& events) {
    if (!events) return respond(std::unexpected(events.error()));
    if (auto checked = check_events(*events, "deposit of " + symbol + " to " + name); !checked)
      return respond(std::unexpected(checked.error()));
    const instruments::Asset& listed = *exchange_.views().instruments.asset(command.asset);
    const ledger::Balance balance = exchange_.views().accounts.balance(command.account, command.asset);
    respond(json::object{{"account", name},
                         {"account_id", command.account.value()},
                         {"asset", symbol},
                         {"amount", instruments::format_amount(listed, command.amount)},
                         {"available", instruments::format_amount(listed, balance.available)}});
  });
}

// What a key shall be, checked before an account is opened for it.
core::Result<Operations::KeyWish> Operations::parse_key_wish(const json::object& request) {
  KeyWish wish;
  const auto permissions = parse_permissions(text_of(request, "permissions"));
  if (!permissions) return std::unexpected(permissions.error());
  wish.permissions = *permissions;
  const std::string type_name = text_of(request, "type"), pem = text_of(request, "public_key");
  const auto type = keys::type_named(type_name.empty() ? "hmac" : type_name);
  if (!type) {
    return core::fail(ErrorKind::invalid_input, "\"" + type_name.substr(0, 40) + "\" is no kind of key", "--type",
                      "accepted: hmac, rsa, ed25519");
  }
  wish.type = *type;
  if (wish.type == keys::Type::hmac) {
    if (pem.empty()) return wish;
    return core::fail(ErrorKind::invalid_input, "an HMAC key has no public key, the exchange makes its secret",
                      "--public-key", "with one, the type is rsa or ed25519");
  }
  auto accepted = auth::accept_public_key(ring_type(wish.type), pem);
  if (!accepted) {
    core::Error error = accepted.error();
    error.where = "--public-key";
    return std::unexpected(error);
  }
  wish.public_key = std::move(*accepted);
  return wish;
}

void Operations::keys_create(const json::object& request, Respond respond) {
  auto wish = parse_key_wish(request);
  if (!wish) return respond(std::unexpected(wish.error()));
  const std::string name = text_of(request, "account");
  with_account(name, [this, name, wish = std::move(*wish),
                      respond = std::move(respond)](const core::Result<core::AccountId>& account) {
    respond(account ? create_key(*account, name, wish) : Answer(std::unexpected(account.error())));
  });
}

Answer Operations::create_key(core::AccountId account, const std::string& name, const KeyWish& wish) {
  const auto& [permissions, type, public_key] = wish;
  const std::int64_t now_ms = exchange_.now().milliseconds();
  const auto key = type == keys::Type::hmac
                       ? store_.create(account, name, permissions.read, permissions.trade, permissions.withdraw, now_ms)
                       : store_.create_with_public_key(account, name, permissions.read, permissions.trade,
                                                       permissions.withdraw, type, public_key, now_ms);
  if (!key) return std::unexpected(key.error());
  if (auto added = ring_.add(ring_key(*key)); !added) return std::unexpected(added.error());
  json::object out{{"api_key", key->api_key}};
  if (type == keys::Type::hmac) out["secret"] = key->secret;
  out["account"] = name;
  out["account_id"] = account.value();
  out["permissions"] = permissions_text(key->may_read, key->may_trade, key->may_withdraw);
  out["type"] = keys::name_of(type);
  return out;
}

Answer Operations::keys_list() const {
  const auto keys = store_.list();
  if (!keys) return std::unexpected(keys.error());
  json::array list;
  for (const keys::ApiKey& key : *keys) {
    json::object one{{"api_key", key.api_key},
                     {"account", key.account_name},
                     {"account_id", key.account.value()},
                     {"permissions", permissions_text(key.may_read, key.may_trade, key.may_withdraw)},
                     {"type", keys::name_of(key.type)},
                     {"created_ms", key.created_ms},
                     {"revoked_ms", nullptr}};
    if (key.revoked_ms != 0) one["revoked_ms"] = key.revoked_ms;
    list.push_back(std::move(one));
  }
  return json::object{{"keys", std::move(list)}};
}

Answer Operations::keys_revoke(const json::object& request) {
  const std::string api_key = text_of(request, "api_key");
  if (auto revoked = store_.revoke(api_key, exchange_.now().milliseconds()); !revoked)
    return std::unexpected(revoked.error());
  if (const auth::KeyEntry* const entry = ring_.find(api_key)) key_revoked_(entry->key.account);
  ring_.revoke(api_key);
  return json::object{{"api_key", api_key}, {"revoked", true}};
}

json::object Operations::market_object(const instruments::Market& market) const {
  const instruments::Registry& registry = exchange_.views().instruments;
  const instruments::Asset& base = *registry.asset(market.base);
  const instruments::Asset& quote = *registry.asset(market.quote);
  return {{"symbol", market.symbol.view()},
          {"market_id", market.id.value()},
          {"state", instruments::rules_of(market.state).name},
          {"resumes_by_auction", market.resumes_by_auction},
          {"allocation", market.allocation.kind == instruments::AllocationKind::pro_rata ? "pro_rata" : "price_time"},
          {"top_first", market.allocation.top_first},
          {"share_min", instruments::format_quantity(market, market.allocation.share_min)},
          {"static_range_basis_points", market.ranges.static_bp},
          {"dynamic_range_basis_points", market.ranges.dynamic_bp},
          {"range_outcome", market.ranges.outcome == instruments::RangeOutcome::auction ? "auction" : "expire"},
          {"base", base.symbol.view()},
          {"quote", quote.symbol.view()},
          {"tick", core::format_decimal(market.tick_mantissa, market.price_decimals, market.price_decimals)},
          {"lot", core::format_decimal(market.lot_mantissa, market.quantity_decimals, market.quantity_decimals)},
          {"price_min", instruments::format_price(market, market.price_min)},
          {"price_max", instruments::format_price(market, market.price_max)},
          {"quantity_min", instruments::format_quantity(market, market.quantity_min)},
          {"quantity_max", instruments::format_quantity(market, market.quantity_max)},
          {"notional_min", instruments::format_amount(quote, market.notional_min)},
          {"notional_max", instruments::format_amount(quote, market.notional_max)},
          {"maker_fee", core::format_decimal(market.maker_fee.value(), 8, 8)},
          {"taker_fee", core::format_decimal(market.taker_fee.value(), 8, 8)}};
}

Answer Operations::markets_list() const {
  json::array list;
  for (const auto& market : exchange_.views().instruments.markets()) list.push_back(market_object(market));
  return json::object{{"markets", std::move(list)}};
}

void Operations::snapshot(Respond respond) {
  snapshots_.request([respond = std::move(respond)](const core::Result<SnapshotResult>& result) {
    if (!result) return respond(std::unexpected(result.error()));
    respond(json::object{{"sequence", result->info.sequence.value()},
                         {"state_hash", hex(result->info.state_hash)},
                         {"content_bytes", result->info.content_bytes},
                         {"replayed_records", result->replayed_records},
                         {"segments_removed", result->segments_removed},
                         {"elapsed_ms", result->elapsed_ns / 1'000'000}});
  });
}

Answer Operations::status() const {
  const ExchangeCounters& counters = exchange_.counters();
  json::object out{{"ready", exchange_.ready()},
                   {"durable_sequence", exchange_.durable().value()},
                   {"commands_released", counters.released},
                   {"commands_rejected", counters.rejected},
                   {"batches", counters.batches},
                   {"last_snapshot_sequence", snapshots_.last().value()}};
  if (const auto& failure = snapshots_.last_failure()) out["last_snapshot_failure"] = failure->text();
  status_(out);
  return out;
}

}  // namespace exchange
