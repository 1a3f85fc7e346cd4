#include "gateways/ws_api/session.h"

#include <algorithm>

#include "gateways/spot/rate_limits.h"
#include "gateways/spot/security.h"
#include "gateways/streams/user_messages.h"

namespace ws_api {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

// The session's own methods read no orders: these parameters prove who asks, and public operations pass them over.
constexpr std::array<std::string_view, 3> kProof = {"signature", "timestamp", "recvWindow"};

std::string_view name_of(auth::KeyType type) {
  switch (type) {
    case auth::KeyType::hmac:
      return "HMAC_SHA256";
    case auth::KeyType::rsa:
      return "RSA";
    case auth::KeyType::ed25519:
      break;
  }
  return "ED25519";
}

}  // namespace

// A user data stream, read for as long as it is there.
class Session::Subscription final : public streams::UserReader {
 public:
  Subscription(Session& session, std::uint64_t id, const auth::Key& key, bool by_session)
      : session_(session), id_(id), account_(key.account), api_key_(key.api_key), by_session_(by_session) {
    session_.gateway_.users_.subscribe(account_, *this);
  }
  ~Subscription() override { session_.gateway_.users_.unsubscribe(account_, *this); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

  void on_user_event(std::string_view json) override { session_.send_event(id_, json); }
  [[nodiscard]] spot::TimeUnit time_unit() const override { return session_.time_unit_; }

  [[nodiscard]] std::uint64_t id() const { return id_; }
  [[nodiscard]] core::AccountId account() const { return account_; }
  [[nodiscard]] const std::string& api_key() const { return api_key_; }
  [[nodiscard]] bool by_session() const { return by_session_; }

 private:
  Session& session_;
  const std::uint64_t id_;
  const core::AccountId account_;
  const std::string api_key_;
  const bool by_session_;
};

Session::Session(Gateway& gateway, websocket::Peer& peer, spot::TimeUnit time_unit, bool shows_limits)
    : desk::Client(gateway.desk_, peer.address()),
      gateway_(gateway),
      peer_(peer),
      time_unit_(time_unit),
      shows_limits_(shows_limits),
      connected_(gateway.desk_.now()) {
  gateway_.sessions_.insert(this);
}

Session::~Session() { gateway_.sessions_.erase(this); }

// ---- requests ----

void Session::on_text(std::string_view text) {
  ++gateway_.counters_.requests;
  const auto parsed = gateway_.message_.parse(text);
  ReplyTo to{.id = gateway_.message_.id(), .shows_limits = shows_limits_};
  const Method* const method = parsed ? find_method(gateway_.message_.method()) : nullptr;
  const auto taken = parsed ? take_parameters(to) : parsed;
  const std::uint32_t weight =
      method == nullptr ? 1 : method->operation.weight_of(taken ? &gateway_.parameters_ : nullptr);
  if (const auto admitted = gateway_.desk_.admit(address(), weight); !admitted) {
    answer_error(to, admitted.error(), {});
    if (admitted.error().status == 418) peer_.close(websocket::CloseCode::policy_violation, "Banned");
    return;
  }
  if (!taken) return answer_error(to, taken.error(), {});
  if (method == nullptr) return answer_error(to, spot::not_found(), {});
  if (method->own == Own::none) return handle(*method, to, weight);
  gateway_.body_.clear();
  const auto done = carry_out_own(method->own);
  if (done)
    answer(to, gateway_.body_, {});
  else
    answer_error(to, done.error(), {});
  tell_ended();
}

std::expected<void, spot::ApiError> Session::take_parameters(ReplyTo& to) {
  spot::Parameters& parameters = gateway_.parameters_;
  parameters.clear();
  for (const auth::NamedText& each : gateway_.message_.parameters()) {
    if (auto added = parameters.add(each.name, each.value); !added) return added;
  }
  if (const auto shows = parameters.read("returnRateLimits")) {
    if (*shows != "true" && *shows != "false")
      return std::unexpected(spot::illegal_characters("returnRateLimits", spot::kBooleanRange));
    to.shows_limits = *shows == "true";
  }
  return {};
}

const auth::KeyEntry* Session::session_key() {
  if (api_key_.empty()) return nullptr;
  const auth::KeyEntry* const key = gateway_.desk_.keys().find(api_key_);
  if (key != nullptr) return key;
  api_key_.clear();
  answer_error({.id = "null", .shows_limits = false}, spot::key_refused(), {});
  end_subscriptions([](const Subscription& each) { return each.by_session(); });
  tell_ended();
  return nullptr;
}

std::string_view Session::signed_payload() {
  return auth::sorted_payload(gateway_.message_.parameters(), gateway_.payload_);
}

void Session::handle(const Method& method, ReplyTo to, std::uint32_t weight) {
  spot::Parameters& parameters = gateway_.parameters_;
  const auth::KeyEntry* session = session_key();
  const auto api_key = parameters.read("apiKey");
  const spot::Security security = method.operation.security;
  std::string_view payload;
  if (security == spot::Security::none) {
    for (const std::string_view name : kProof) (void)parameters.read(name);
  } else if (api_key) {
    session = nullptr;  // this request brings its own
    payload = signed_payload();
  } else if (session == nullptr) {
    return answer_error(to, spot::missing("apiKey"), {});
  }
  if (waiting_.size() >= gateway_.options_.requests_waiting_max)
    return answer_error(to, spot::refused(gateways::Refusal::overloaded), {});
  const std::uint64_t number =
      waiting_.add({.id = core::ShortText<kIdBytesMax>(to.id), .shows_limits = to.shows_limits});
  gateway_.body_.clear();
  const auto outcome = gateway_.desk_.carry_out(*this, method.operation,
                                                {.number = number,
                                                 .parameters = parameters,
                                                 .api_key = api_key.value_or(""),
                                                 .payload = std::span(&payload, 1),
                                                 .session = session,
                                                 .time_unit = time_unit_,
                                                 .weight = weight},
                                                gateway_.body_);
  if (outcome && *outcome == desk::Outcome::waiting) return;
  (void)waiting_.take(number);
  if (outcome) return answer(to, gateway_.body_, {});
  // An account that has placed too many orders is shown how many.
  core::AccountId orders_of;
  if (outcome.error().code == spot::kTooManyOrdersCode) {
    const auth::KeyEntry* const key = session != nullptr ? session : gateway_.desk_.keys().find(*api_key);
    orders_of = key->key.account;
  }
  answer_error(to, outcome.error(), orders_of);
}

void Session::on_answer(std::uint64_t request, const desk::Answer& given) {
  const Waiting waiting = waiting_.take(request);
  const ReplyTo to{.id = waiting.id.view(), .shows_limits = waiting.shows_limits};
  if (given.error != nullptr)
    answer_error(to, *given.error, given.orders_of);
  else
    answer(to, given.body, given.orders_of);
}

// ---- what the session does itself ----

Session::Done Session::carry_out_own(Own own) {
  switch (own) {
    case Own::logon:
      return logon();
    case Own::status:
      (void)session_key();
      return write_status();
    case Own::logout:
      return logout();
    case Own::subscribe:
      return subscribe(false);
    case Own::subscribe_signature:
      return subscribe(true);
    case Own::unsubscribe:
      return unsubscribe();
    case Own::subscriptions:
      return list_subscriptions();
    case Own::none:
      break;
  }
  CHECK_MSG(false, "a method that is not the session's own");
  return {};
}

// Of a request that must bring its own proof, whoever is logged on.
std::expected<const auth::KeyEntry*, spot::ApiError> Session::check_signed(spot::Arguments& arguments) {
  const std::string_view api_key = arguments.mandatory("apiKey");
  if (!arguments.ok()) return std::unexpected(arguments.error());
  const std::string_view payload = signed_payload();
  const auto caller = spot::check_signed(arguments, gateway_.desk_.keys(), api_key, std::span(&payload, 1),
                                         spot::Security::none, gateway_.desk_.now());
  if (!caller) return std::unexpected(caller.error());
  if (!arguments.finish()) return std::unexpected(arguments.error());
  return caller->key;
}

Session::Done Session::logon() {
  spot::Arguments arguments(gateway_.parameters_, gateway_.desk_.port().views().instruments);
  const auto key = check_signed(arguments);
  if (!key) return std::unexpected(key.error());
  const auth::Key& found = (*key)->key;
  if (found.type != auth::KeyType::ed25519)
    return std::unexpected(spot::key_type_not_for_sessions(name_of(found.type)));
  api_key_ = found.api_key;
  authorized_ = gateway_.desk_.now();
  return write_status();
}

Session::Done Session::logout() {
  spot::Arguments arguments(gateway_.parameters_, gateway_.desk_.port().views().instruments);
  if (!arguments.finish()) return std::unexpected(arguments.error());
  api_key_.clear();
  end_subscriptions([](const Subscription& each) { return each.by_session(); });
  return write_status();
}

Session::Done Session::write_status() {
  spot::Arguments arguments(gateway_.parameters_, gateway_.desk_.port().views().instruments);
  if (!arguments.finish()) return std::unexpected(arguments.error());
  spot::JsonWriter json(gateway_.body_);
  json.begin_object();
  if (api_key_.empty())
    json.key("apiKey").raw("null").key("authorizedSince").raw("null");
  else
    json.field("apiKey", api_key_).field("authorizedSince", spot::in_unit(authorized_, time_unit_));
  json.field("connectedSince", spot::in_unit(connected_, time_unit_)).field("returnRateLimits", shows_limits_);
  json.field("serverTime", spot::in_unit(gateway_.desk_.now(), time_unit_));
  json.field("userDataStream", !subscriptions_.empty()).end_object();
  return {};
}

Session::Done Session::subscribe(bool by_signature) {
  spot::Arguments arguments(gateway_.parameters_, gateway_.desk_.port().views().instruments);
  const auth::KeyEntry* key = nullptr;
  if (by_signature) {
    const auto caller = check_signed(arguments);
    if (!caller) return std::unexpected(caller.error());
    key = *caller;
  } else {
    key = session_key();
    if (key == nullptr) return std::unexpected(spot::not_authorized());
    if (!arguments.finish()) return std::unexpected(arguments.error());
  }
  if (!key->key.permissions.read) return std::unexpected(spot::key_refused());
  return add_subscription(*key, !by_signature);
}

Session::Done Session::add_subscription(const auth::KeyEntry& key, bool by_session) {
  const bool is_active =
      std::ranges::any_of(subscriptions_, [&](const auto& each) { return each->account() == key.key.account; });
  if (is_active) return std::unexpected(spot::subscription_active());
  const Options& options = gateway_.options_;
  if (subscriptions_.size() >= options.subscriptions_max)
    return std::unexpected(spot::too_many_subscriptions(options.subscriptions_max));
  if (next_subscription_ >= options.subscription_ids_max) return std::unexpected(spot::no_subscription_ids_left());
  subscriptions_.push_back(std::make_unique<Subscription>(*this, next_subscription_, key.key, by_session));
  spot::JsonWriter json(gateway_.body_);
  json.begin_object().field("subscriptionId", next_subscription_).end_object();
  ++next_subscription_;
  return {};
}

Session::Done Session::unsubscribe() {
  spot::Arguments arguments(gateway_.parameters_, gateway_.desk_.port().views().instruments);
  const auto id = arguments.integer("subscriptionId");
  if (!arguments.finish()) return std::unexpected(arguments.error());
  end_subscriptions([&](const Subscription& each) { return !id || each.id() == *id; });
  if (ended_.empty()) return std::unexpected(spot::subscription_inactive());
  spot::JsonWriter json(gateway_.body_);
  json.begin_object().end_object();
  return {};
}

Session::Done Session::list_subscriptions() {
  spot::Arguments arguments(gateway_.parameters_, gateway_.desk_.port().views().instruments);
  if (!arguments.finish()) return std::unexpected(arguments.error());
  spot::JsonWriter json(gateway_.body_);
  json.begin_array();
  for (const auto& each : subscriptions_) json.begin_object().field("subscriptionId", each->id()).end_object();
  json.end_array();
  return {};
}

template <class IsOver>
void Session::end_subscriptions(IsOver is_over) {
  std::erase_if(subscriptions_, [&](const auto& each) {
    if (!is_over(*each)) return false;
    ended_.push_back(each->id());
    return true;
  });
}

void Session::tell_ended() {
  for (const std::uint64_t id : ended_) {
    std::string event;
    spot::JsonWriter json(event);
    streams::write_event_stream_terminated(json, gateway_.desk_.now(), time_unit_);
    send_event(id, event);
  }
  ended_.clear();
}

// The streams of keys that have been revoked end.
void Session::tick(std::int64_t monotonic_ns) {
  if (subscriptions_.empty() || monotonic_ns - keys_looked_at_ns_ < kSecondNs) return;
  keys_looked_at_ns_ = monotonic_ns;
  end_subscriptions([this](const Subscription& each) { return gateway_.desk_.keys().find(each.api_key()) == nullptr; });
  tell_ended();
}

// ---- frames ----

void Session::answer(ReplyTo to, std::string_view body, core::AccountId orders_of) {
  gateway_.out_.clear();
  spot::JsonWriter json(gateway_.out_);
  json.begin_object().key("id").raw(to.id).field("status", 200).key("result").raw(body);
  finish_answer(to, 200, orders_of, json);
}

void Session::answer_error(ReplyTo to, const spot::ApiError& error, core::AccountId orders_of) {
  gateway_.out_.clear();
  spot::JsonWriter json(gateway_.out_);
  json.begin_object().key("id").raw(to.id).field("status", error.status).key("error");
  json.begin_object().field("code", error.code).field("msg", error.message);
  if (!error.data.empty()) {
    json.key("data").raw(error.data);
  } else if (error.retry_after_s > 0) {
    json.key("data").begin_object().field("serverTime", spot::in_unit(gateway_.desk_.now(), time_unit_));
    json.field("retryAfter", spot::in_unit(error.retry_at, time_unit_)).end_object();
  }
  json.end_object();
  finish_answer(to, error.status, orders_of, json);
}

void Session::finish_answer(ReplyTo to, int status, core::AccountId orders_of, spot::JsonWriter& json) {
  if (to.shows_limits) {
    limits::Limiter& limiter = gateway_.desk_.limiter();
    const core::Time now = gateway_.desk_.now();
    json.key("rateLimits").begin_array();
    if (!orders_of.is_none()) spot::write_order_limits(json, limiter, orders_of, now);
    spot::write_rate_limit(json, "REQUEST_WEIGHT", limiter.profile().request_weight,
                           limiter.used_weight(address(), now));
    json.end_array();
  }
  json.end_object();
  Counters& counters = gateway_.counters_;
  ++(status < 300 ? counters.responses_2xx : status < 500 ? counters.responses_4xx : counters.responses_5xx);
  peer_.send_text(gateway_.out_);
}

void Session::send_event(std::uint64_t subscription, std::string_view event) {
  ++gateway_.counters_.events;
  gateway_.out_.clear();
  spot::JsonWriter json(gateway_.out_);
  json.begin_object().field("subscriptionId", subscription).key("event").raw(event).end_object();
  peer_.send_text(gateway_.out_);
}

void Session::announce_shutdown() {
  gateway_.out_.clear();
  spot::JsonWriter json(gateway_.out_);
  json.begin_object().key("event").begin_object().field("e", "serverShutdown");
  json.field("E", spot::in_unit(gateway_.desk_.now(), time_unit_)).end_object().end_object();
  peer_.send_text(gateway_.out_);
}

}  // namespace ws_api
