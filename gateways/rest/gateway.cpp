#include "gateways/rest/gateway.h"

#include <fmt/format.h>

#include <ctime>
#include <optional>
#include <unordered_map>
#include <vector>

#include "gateways/auth/payload.h"
#include "gateways/http/session.h"
#include "gateways/rest/live_page.h"
#include "gateways/rest/routes.h"
#include "gateways/spot/error.h"
#include "gateways/spot/json_writer.h"
#include "gateways/spot/parameters.h"
#include "gateways/websocket/handshake.h"
#include "gateways/websocket/sessions.h"

namespace rest {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::uint32_t kWebSocketWeight = 2;

class Connection;

// Hears of answers that come later.
class Answering {
 public:
  virtual ~Answering() = default;
  virtual void answer_later(Connection& connection, std::uint64_t request, const desk::Answer& answer) = 0;
};

class Connection final : public http::Session, public desk::Client {
 public:
  Connection(const http::Options& options, http::Handler& handler, http::Wire& wire, io::ConnectionId id,
             std::int64_t now_ns, desk::Desk& desk, limits::Address& from, Answering& answering)
      : http::Session(options, handler, wire, id, now_ns), desk::Client(desk, from), answering_(answering) {}
  void on_answer(std::uint64_t request, const desk::Answer& answer) override {
    answering_.answer_later(*this, request, answer);
  }

 private:
  Answering& answering_;
};

Connection& connection_of(http::Session& session) { return static_cast<Connection&>(session); }

}  // namespace

struct Gateway::State final : public http::Handler, public Answering {
  State(Gateway& self, Options given, desk::Desk& shared, io::Network& net, MetricsText text)
      : gateway(self), options(given), desk(shared), metrics(std::move(text)), wire(net) {}

  void on_request(http::Session& session, const http::Request& request) override;
  void on_bad_request(http::Session& session, std::uint64_t number, const http::BadRequest& why) override;
  void answer_later(Connection& connection, std::uint64_t request, const desk::Answer& answer) override;

  void upgrade(Connection& connection, const http::Request& request);
  void finish_upgrades();
  void answer_internal(Connection& connection, std::uint64_t number, Internal which);
  void answer_unknown(Connection& connection, const http::Request& request, bool path_is_known);
  std::expected<desk::Outcome, spot::ApiError> handle(Connection& connection, const http::Request& request,
                                                      const Route& route);
  std::expected<spot::TimeUnit, spot::ApiError> take_time_unit(const http::Head& head);
  void send(Connection& connection, std::uint64_t number, int status, std::string_view content,
            std::string_view content_type = "application/json;charset=UTF-8");
  void send_error(Connection& connection, std::uint64_t number, const spot::ApiError& error);
  void write_usage(const Connection& connection);
  void write_order_counts(core::AccountId account);
  void refresh_date();
  void append_own_metrics(std::string& out) const;

  Gateway& gateway;
  const Options options;
  desk::Desk& desk;
  MetricsText metrics;
  http::Wire wire;
  std::unordered_map<io::ConnectionId, std::unique_ptr<Connection>> connections;
  std::optional<websocket::Sessions> websockets;              // connections that are not in `connections` any more
  std::vector<std::unique_ptr<websocket::Session>> upgraded;  // still there, while their HTTP session is on the stack
  Counters counters;
  std::int64_t now_ns = 0;  // of the last tick
  std::int64_t date_s = -1;
  // Scratch of the request at hand, kept for its capacity.
  spot::Parameters parameters;
  std::string body;
  std::string header_lines;
};

void Gateway::State::on_request(http::Session& session, const http::Request& request) {
  ++counters.requests;
  Connection& connection = connection_of(session);
  body.clear();
  header_lines.clear();
  refresh_date();
  if (websockets && websocket::asks_for_websocket(request.head)) return upgrade(connection, request);
  const Match match = find_route(request.head.method, request.head.path);
  if (match.route == nullptr) return answer_unknown(connection, request, match.path_is_known);
  if (match.route->internal != Internal::none)
    return answer_internal(connection, request.number, match.route->internal);
  const auto outcome = handle(connection, request, *match.route);
  if (!outcome) return send_error(connection, request.number, outcome.error());
  if (*outcome == desk::Outcome::answered) {
    write_usage(connection);
    send(connection, request.number, 200, body);
  }
}

void Gateway::State::on_bad_request(http::Session& session, std::uint64_t number, const http::BadRequest& why) {
  ++counters.requests;
  header_lines.clear();
  refresh_date();
  send_error(connection_of(session), number, spot::bad_http(why.status, why.reason));
}

void Gateway::State::upgrade(Connection& connection, const http::Request& request) {
  if (const auto admitted = desk.admit_websocket(connection.address(), kWebSocketWeight); !admitted)
    return send_error(connection, request.number, admitted.error());
  if (desk.stopping()) return send_error(connection, request.number, spot::refused(gateways::Refusal::stopping));
  const auto accept = websocket::check_handshake(request);
  if (!accept) {
    header_lines += accept.error().header_lines;
    return send_error(connection, request.number, spot::bad_http(accept.error().status, accept.error().reason));
  }
  if (connection.unanswered() > 1) {
    return send_error(connection, request.number,
                      spot::bad_http(400, "a WebSocket handshake behind requests without their answers"));
  }
  auto session =
      websockets->make(connection.connection(), connection.address(), request.head.path, request.head.query, *accept);
  if (session == nullptr) return send_error(connection, request.number, spot::not_found());
  connection.hand_over();
  upgraded.push_back(std::move(session));
}

// Gives connections that were handed over to their new sessions, and those the bytes that came behind the handshake.
void Gateway::State::finish_upgrades() {
  while (!upgraded.empty()) {
    auto session = std::move(upgraded.back());
    upgraded.pop_back();
    const auto found = connections.find(session->connection());
    CHECK(found != connections.end());
    const std::string rest = found->second->take_rest();
    connections.erase(found);
    websockets->add(std::move(session)).receive(core::as_bytes(rest));
  }
}

void Gateway::State::answer_unknown(Connection& connection, const http::Request& request, bool path_is_known) {
  if (const auto admitted = desk.admit(connection.address(), 1); !admitted)
    return send_error(connection, request.number, admitted.error());
  if (request.head.method == http::Method::unknown)
    return send_error(connection, request.number, spot::method_not_allowed(501));
  if (!path_is_known) return send_error(connection, request.number, spot::not_found());
  header_lines += fmt::format("Allow: {}\r\n", allowed_methods(request.head.path));
  send_error(connection, request.number, spot::method_not_allowed(405));
}

void Gateway::State::answer_internal(Connection& connection, std::uint64_t number, Internal which) {
  if (which == Internal::metrics) {
    if (metrics) metrics(body);
    append_own_metrics(body);
    return send(connection, number, 200, body, "text/plain; version=0.0.4; charset=utf-8");
  }
  if (which == Internal::page) {
    header_lines = live_page_headers();
    return send(connection, number, 200, live_page_text(), kLivePageType);
  }
  const bool good = which == Internal::live || (desk.port().ready() && !desk.stopping());
  spot::JsonWriter json(body);
  json.begin_object().field("status", which == Internal::live ? "live" : good ? "ready" : "not ready").end_object();
  send(connection, number, good ? 200 : 503, body);
}

std::expected<spot::TimeUnit, spot::ApiError> Gateway::State::take_time_unit(const http::Head& head) {
  std::string_view text = head.header("X-MBX-TIME-UNIT");
  if (const auto parameter = parameters.read("timeUnit"))
    text = *parameter;
  else if (text.empty())
    return spot::TimeUnit::millisecond;
  if (http::equal_ignoring_case(text, "MICROSECOND")) return spot::TimeUnit::microsecond;
  if (http::equal_ignoring_case(text, "MILLISECOND")) return spot::TimeUnit::millisecond;
  return std::unexpected(spot::bad_time_unit());
}

std::expected<desk::Outcome, spot::ApiError> Gateway::State::handle(Connection& connection,
                                                                    const http::Request& request, const Route& route) {
  const auto parsed = parameters.parse(request.head.query, request.body);
  const desk::Operation operation = route.operation();
  const std::uint32_t weight = operation.weight_of(parsed ? &parameters : nullptr);
  if (auto admitted = desk.admit(connection.address(), weight); !admitted)
    return std::unexpected(std::move(admitted.error()));
  if (!request.body.empty() && request.head.header("Content-Type").starts_with("application/json"))
    return std::unexpected(spot::bad_json());
  if (!parsed) return std::unexpected(parsed.error());
  const auto time_unit = take_time_unit(request.head);
  if (!time_unit) return std::unexpected(time_unit.error());
  const bool is_signed = route.security != spot::Security::none;
  const auth::Payload payload(is_signed ? request.head.query : "", is_signed ? request.body : "");
  return desk.carry_out(connection, operation,
                        {.number = request.number,
                         .parameters = parameters,
                         .api_key = request.head.header("X-MBX-APIKEY"),
                         .payload = payload.pieces(),
                         .session = nullptr,
                         .time_unit = *time_unit,
                         .weight = weight},
                        body);
}

void Gateway::State::answer_later(Connection& connection, std::uint64_t request, const desk::Answer& answer) {
  header_lines.clear();
  refresh_date();
  write_usage(connection);
  if (!answer.orders_of.is_none()) write_order_counts(answer.orders_of);
  if (answer.error != nullptr) return send_error(connection, request, *answer.error);
  send(connection, request, 200, answer.body);
}

void Gateway::State::send(Connection& connection, std::uint64_t number, int status, std::string_view content,
                          std::string_view content_type) {
  if (status < 300)
    ++counters.responses_2xx;
  else if (status < 500)
    ++counters.responses_4xx;
  else
    ++counters.responses_5xx;
  connection.answer(number, {.status = status,
                             .content_type = content_type,
                             .header_lines = header_lines,
                             .body = content,
                             .close = desk.stopping()});
}

void Gateway::State::send_error(Connection& connection, std::uint64_t number, const spot::ApiError& error) {
  if (header_lines.find("X-MBX-USED") == std::string::npos) write_usage(connection);
  if (error.retry_after_s > 0) header_lines += fmt::format("Retry-After: {}\r\n", error.retry_after_s);
  body.clear();
  spot::JsonWriter json(body);
  spot::write(json, error);
  send(connection, number, error.status, body);
}

void Gateway::State::write_usage(const Connection& connection) {
  const std::uint32_t used = desk.limiter().used_weight(connection.address(), desk.now());
  fmt::format_to(std::back_inserter(header_lines), "X-MBX-USED-WEIGHT: {0}\r\nX-MBX-USED-WEIGHT-1M: {0}\r\n", used);
}

void Gateway::State::write_order_counts(core::AccountId account) {
  const limits::Limiter::OrderCounts used = desk.limiter().orders(account, desk.now());
  fmt::format_to(std::back_inserter(header_lines), "X-MBX-ORDER-COUNT-10S: {}\r\nX-MBX-ORDER-COUNT-1D: {}\r\n",
                 used.in_short, used.in_day);
}

void Gateway::State::refresh_date() {
  const std::int64_t seconds = desk.now().ns / kSecondNs;
  if (seconds == date_s) return;
  date_s = seconds;
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  wire.date_line = fmt::format(
      "Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n", kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
      kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

void Gateway::State::append_own_metrics(std::string& out) const {
  const Counters now = gateway.counters();
  const desk::Counters at_desk = desk.counters();
  const auto line = [&out](std::string_view name, std::string_view type, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "# TYPE {0} {1}\n{0} {2}\n", name, type, value);
  };
  line("exchange_rest_requests_total", "counter", now.requests);
  line("exchange_rest_responses_2xx_total", "counter", now.responses_2xx);
  line("exchange_rest_responses_4xx_total", "counter", now.responses_4xx);
  line("exchange_rest_responses_5xx_total", "counter", now.responses_5xx);
  line("exchange_rest_commands_total", "counter", at_desk.orders_submitted);
  line("exchange_rest_rate_limited_total", "counter", at_desk.rate_limited);
  line("exchange_rest_replies_without_client_total", "counter", at_desk.replies_without_client);
  line("exchange_rest_connections", "gauge", now.connections_open);
  line("exchange_rest_requests_waiting", "gauge", at_desk.requests_waiting);
  line("exchange_archive_reads_waiting", "gauge", at_desk.archive_reads_waiting);
  if (!websockets) return;
  const websocket::Counters& sockets = websockets->counters();
  line("exchange_websocket_connections", "gauge", now.websockets_open);
  line("exchange_websocket_opened_total", "counter", sockets.opened);
  line("exchange_websocket_messages_received_total", "counter", sockets.messages_received);
  line("exchange_websocket_messages_sent_total", "counter", sockets.messages_sent);
  line("exchange_websocket_protocol_errors_total", "counter", sockets.protocol_errors);
  line("exchange_websocket_evicted_total", "counter", sockets.evicted);
}

Gateway::Gateway(Options options, desk::Desk& desk, io::Network& network, MetricsText metrics)
    : state_(std::make_unique<State>(*this, options, desk, network, std::move(metrics))) {}
Gateway::~Gateway() = default;

void Gateway::tick(std::int64_t monotonic_ns) {
  State& state = *state_;
  state.now_ns = monotonic_ns;
  state.desk.tick(monotonic_ns);
  for (auto& [id, connection] : state.connections) connection->tick(monotonic_ns);
  state.finish_upgrades();
  if (state.websockets) state.websockets->tick(monotonic_ns);
}

void Gateway::set_upgrade(websocket::Factory factory) {
  CHECK(!state_->websockets && state_->connections.empty());
  websocket::Options options = state_->options.websocket;
  options.messages_per_second_max = state_->desk.options().limits.websocket_messages_per_second;
  state_->websockets.emplace(options, std::move(factory), state_->wire.network);
}

void Gateway::stop() { state_->desk.stop(); }

void Gateway::close_websockets() {
  state_->finish_upgrades();
  if (state_->websockets) state_->websockets->close_all("Server shutdown");
}

Counters Gateway::counters() const {
  Counters out = state_->counters;
  out.websockets_open = state_->websockets ? state_->websockets->size() : 0;
  out.connections_open = state_->connections.size() + out.websockets_open;
  return out;
}

void Gateway::on_open(io::ConnectionId connection, std::string_view peer_address) {
  State& state = *state_;
  limits::Address& address = state.desk.limiter().join(peer_address, state.desk.now());
  auto made = std::make_unique<Connection>(state.options.http, state, state.wire, connection, state.now_ns, state.desk,
                                           address, state);
  const bool is_new = state.connections.emplace(connection, std::move(made)).second;
  CHECK(is_new);
}

void Gateway::on_bytes(io::ConnectionId connection, core::BytesView bytes) {
  State& state = *state_;
  state.finish_upgrades();  // of requests that waited behind others
  const auto found = state.connections.find(connection);
  if (found == state.connections.end()) {
    CHECK(state.websockets);
    websocket::Session* session = state.websockets->find(connection);
    CHECK(session != nullptr);
    return session->receive(bytes);
  }
  found->second->receive(bytes);
  state.finish_upgrades();
}

void Gateway::on_closed(io::ConnectionId connection) {
  State& state = *state_;
  state.finish_upgrades();
  if (const auto found = state.connections.find(connection); found != state.connections.end()) {
    limits::Address& address = found->second->address();
    state.connections.erase(found);
    state.desk.limiter().leave(address);
    return;
  }
  CHECK(state.websockets);
  websocket::Session* session = state.websockets->find(connection);
  CHECK(session != nullptr);
  limits::Address& address = session->address();
  state.websockets->remove(connection);
  state.desk.limiter().leave(address);
}

}  // namespace rest
