#include "gateways/streams/connection.h"

#include <algorithm>

#include "gateways/streams/user_messages.h"

namespace streams {
namespace {

constexpr std::string_view kTooManyStreams = "Too many streams.";
constexpr std::string_view kKeyClosed = "The listen key was closed.";

}  // namespace

Connection::Connection(Gateway& gateway, websocket::Peer& peer, Format format)
    : gateway_(gateway), reader_(peer, format) {
  gateway_.markets().join(reader_);
}

Connection::~Connection() { gateway_.markets().leave(reader_); }

// ---- an account's events ----

Connection::UserStream::UserStream(Connection& connection, std::string key, core::AccountId account)
    : connection_(connection), key_(std::move(key)), account_(account) {
  connection_.gateway_.users().subscribe(account_, *this);
  connection_.gateway_.listen_keys().attach(key_, *this);
}

Connection::UserStream::~UserStream() {
  connection_.gateway_.users().unsubscribe(account_, *this);
  connection_.gateway_.listen_keys().detach(key_, *this);
}

void Connection::UserStream::on_user_event(std::string_view json) {
  connection_.gateway_.markets().fan_out().send_final(connection_.reader_, key_, json);
}

// Ends this object.
void Connection::UserStream::on_listen_key_end(std::string_view key, bool has_expired) {
  Connection& connection = connection_;
  FanOut& fan_out = connection.gateway_.markets().fan_out();
  if (has_expired) {
    std::string json;
    spot::JsonWriter writer(json);
    write_listen_key_expired(writer, connection.gateway_.port().now(), time_unit(), key);
    fan_out.send_final(connection.reader_, key, json);
  }
  connection.forget(*this);
  const bool has_nothing_left = connection.subscription_count() == 0;
  if (!has_expired && has_nothing_left) fan_out.doom(connection.reader_, websocket::CloseCode::normal, kKeyClosed);
}

void Connection::forget(const UserStream& stream) {
  std::erase_if(users_, [&](const auto& each) { return each.get() == &stream; });
}

// ---- subscriptions ----

Connection::Target Connection::target_of(std::string_view name) const {
  if (const auto stream = parse_stream_name(name, gateway_.port().views().instruments)) return {.stream = stream};
  if (name.size() != ListenKeys::kKeySize) return {};
  return {.account = gateway_.listen_keys().find(name)};
}

bool Connection::has(std::string_view name, const Target& target) const {
  if (target.stream) return gateway_.markets().is_subscribed(reader_, *target.stream);
  return std::ranges::any_of(users_, [&](const auto& each) { return each->key() == name; });
}

void Connection::subscribe(std::string_view name, const Target& target) {
  if (target.stream) return gateway_.markets().subscribe(reader_, *target.stream);
  if (has(name, target)) return;
  users_.push_back(std::make_unique<UserStream>(*this, std::string(name), *target.account));
}

void Connection::unsubscribe(std::string_view name) {
  const Target target = target_of(name);
  if (target.stream) return gateway_.markets().unsubscribe(reader_, *target.stream);
  std::erase_if(users_, [&](const auto& each) { return each->key() == name; });
}

void Connection::open_with(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const Target target = target_of(name);
    if (!target) continue;
    if (subscription_count() == gateway_.options().streams_max)
      return gateway_.markets().fan_out().doom(reader_, websocket::CloseCode::policy_violation, kTooManyStreams);
    subscribe(name, target);
  }
}

// ---- commands ----

void Connection::on_text(std::string_view message) {
  if (reader_.is_closing()) return;
  std::string answer;
  if (const auto command = parse_command(message); !command) {
    append_error(answer, command.error());
  } else if (const auto result = carry_out(*command); !result) {
    append_error(answer, result.error());
  } else {
    append_result(answer, *result, command->id);
  }
  gateway_.markets().fan_out().send_answer(reader_, answer);
}

std::expected<std::string, CommandError> Connection::carry_out(const Command& command) {
  switch (command.method) {
    case Method::subscribe:
      return subscribe_all(command);
    case Method::unsubscribe:
      for (const std::string& name : command.streams) unsubscribe(name);
      break;
    case Method::list_subscriptions:
      return list();
    case Method::set_property:
      gateway_.markets().fan_out().set_combined(reader_, command.is_combined);
      break;
    case Method::get_property:
      return reader_.format().is_combined ? "true" : "false";
  }
  return "null";
}

// All of them or none.
std::expected<std::string, CommandError> Connection::subscribe_all(const Command& command) {
  const auto refuse = [&](std::string message) {
    return std::unexpected(
        CommandError{.code = 2, .message = "Invalid request: " + std::move(message), .id = command.id});
  };
  std::vector<Target> targets;
  targets.reserve(command.streams.size());
  std::size_t count = subscription_count();
  const std::size_t count_max = gateway_.options().streams_max;
  for (const std::string& name : command.streams) {
    targets.push_back(target_of(name));
    if (!targets.back()) return refuse("invalid stream");
    count += has(name, targets.back()) ? 0 : 1;
    if (count > count_max) return refuse("too many streams, the limit is " + std::to_string(count_max));
  }
  for (std::size_t i = 0; i < targets.size(); ++i) subscribe(command.streams[i], targets[i]);
  return "null";
}

std::string Connection::list() const {
  std::string out;
  spot::JsonWriter json(out);
  json.begin_array();
  FanOut::visit_streams(reader_, [&](const Stream& stream) { json.text(stream.text); });
  for (const auto& user : users_) json.text(user->key());
  json.end_array();
  return out;
}

}  // namespace streams
