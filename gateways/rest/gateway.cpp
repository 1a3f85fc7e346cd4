#include "gateways/rest/gateway.h"

#include <fmt/format.h>

#include <ctime>
#include <unordered_map>

#include "gateways/auth/payload.h"
#include "gateways/http/session.h"
#include "gateways/rest/routes.h"
#include "gateways/rest/waiting.h"
#include "gateways/spot/error.h"
#include "gateways/spot/json_writer.h"
#include "gateways/spot/parameters.h"
#include "gateways/spot/security.h"

namespace rest {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kReplyNsMax = 10 * kSecondNs;  // then -1007, as published

class Connection final : public http::Session {
 public:
  Connection(const http::Options& options, http::Handler& handler, http::Wire& wire, io::ConnectionId id,
             std::int64_t now_ns, limits::Address& from)
      : http::Session(options, handler, wire, id, now_ns), address(from) {}
  limits::Address& address;
};

Connection& connection_of(http::Session& session) { return static_cast<Connection&>(session); }

// What becomes of a request at once: an answer in the body scratch, a refusal, or a command on its way.
enum class Outcome : std::uint8_t { body, waiting };

}  // namespace

struct Gateway::State final : public http::Handler {
  State(Gateway& self, Options given, gateways::ExchangePort& exchange, auth::KeyRing& ring, io::Network& net,
        MetricsText text)
      : gateway(self),
        options(std::move(given)),
        port(exchange),
        keys(ring),
        limiter(options.limits),
        metrics(std::move(text)),
        wire(net) {}

  void on_request(http::Session& session, const http::Request& request) override;
  void on_bad_request(http::Session& session, std::uint64_t number, const http::BadRequest& why) override;

  void answer_internal(Connection& connection, std::uint64_t number, Internal which);
  void answer_unknown(Connection& connection, const http::Request& request, bool path_is_known);
  std::expected<Outcome, spot::ApiError> handle(Connection& connection, const http::Request& request,
                                                const Route& route);
  std::expected<void, spot::ApiError> admit(Connection& connection, std::uint32_t weight);
  std::expected<spot::TimeUnit, spot::ApiError> take_time_unit(const http::Head& head);
  std::expected<Outcome, spot::ApiError> submit(Connection& connection, const http::Request& request,
                                                std::uint32_t weight, const spot::Pending& pending,
                                                const spot::Signed& caller);
  void answer_pending(Connection& connection, const Waiting& waiting, const gateways::Reply& reply);
  void count_orders(const gateways::Reply& reply, const Waiting& waiting);
  void send(Connection& connection, std::uint64_t number, int status,
            std::string_view content_type = "application/json;charset=UTF-8");
  void send_error(Connection& connection, std::uint64_t number, const spot::ApiError& error);
  void write_usage(const Connection& connection);
  void write_order_counts(core::AccountId account);
  void refresh_date();
  void append_own_metrics(std::string& out) const;

  Gateway& gateway;
  const Options options;
  gateways::ExchangePort& port;
  auth::KeyRing& keys;
  limits::Limiter limiter;
  MetricsText metrics;
  http::Wire wire;
  std::unordered_map<io::ConnectionId, std::unique_ptr<Connection>> connections;
  WaitingRequests waiting;
  Counters counters;
  bool stopping = false;
  std::int64_t now_ns = 0;  // of the last tick
  std::int64_t waiting_looked_at_ns = 0;
  std::int64_t date_s = -1;
  // Scratch of the request at hand, kept for its capacity.
  spot::Parameters parameters;
  engine::Command command;
  std::string body;
  std::string header_lines;
};

void Gateway::State::on_request(http::Session& session, const http::Request& request) {
  ++counters.requests;
  Connection& connection = connection_of(session);
  body.clear();
  header_lines.clear();
  refresh_date();
  const Match match = find_route(request.head.method, request.head.path);
  if (match.route == nullptr) return answer_unknown(connection, request, match.path_is_known);
  if (match.route->internal != Internal::none)
    return answer_internal(connection, request.number, match.route->internal);
  const auto outcome = handle(connection, request, *match.route);
  if (!outcome) return send_error(connection, request.number, outcome.error());
  if (*outcome == Outcome::body) {
    write_usage(connection);
    send(connection, request.number, 200);
  }
}

void Gateway::State::on_bad_request(http::Session& session, std::uint64_t number, const http::BadRequest& why) {
  ++counters.requests;
  header_lines.clear();
  refresh_date();
  send_error(connection_of(session), number, spot::bad_http(why.status, why.reason));
}

void Gateway::State::answer_unknown(Connection& connection, const http::Request& request, bool path_is_known) {
  if (const auto admitted = admit(connection, 1); !admitted)
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
    return send(connection, number, 200, "text/plain; version=0.0.4; charset=utf-8");
  }
  const bool good = which == Internal::live || (port.ready() && !stopping);
  spot::JsonWriter json(body);
  json.begin_object().field("status", which == Internal::live ? "live" : good ? "ready" : "not ready").end_object();
  send(connection, number, good ? 200 : 503);
}

std::expected<void, spot::ApiError> Gateway::State::admit(Connection& connection, std::uint32_t weight) {
  const limits::Verdict verdict = limiter.request(connection.address, weight, port.now());
  if (verdict.finding == limits::Finding::allowed) return {};
  ++counters.rate_limited;
  return std::unexpected(spot::limited(verdict, options.limits));
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

std::expected<Outcome, spot::ApiError> Gateway::State::handle(Connection& connection, const http::Request& request,
                                                              const Route& route) {
  const auto parsed = parameters.parse(request.head.query, request.body);
  const std::uint32_t weight = parsed && route.weigh != nullptr ? route.weigh(parameters) : route.weight;
  if (auto admitted = admit(connection, weight); !admitted) return std::unexpected(std::move(admitted.error()));
  if (!request.body.empty() && request.head.header("Content-Type").starts_with("application/json"))
    return std::unexpected(spot::bad_json());
  if (!parsed) return std::unexpected(parsed.error());
  const auto time_unit = take_time_unit(request.head);
  if (!time_unit) return std::unexpected(time_unit.error());

  const core::Time now = port.now();
  const engine::Views& views = port.views();
  spot::Arguments arguments(parameters, views.instruments);
  spot::Signed caller;
  if (route.security != spot::Security::none) {
    const auth::Payload payload(request.head.query, request.body);
    auto checked =
        spot::check_signed(arguments, keys, request.head.header("X-MBX-APIKEY"), payload.pieces(), route.security, now);
    if (!checked) return std::unexpected(std::move(checked.error()));
    caller = *checked;
  }
  const spot::Context context{.views = views,
                              .limits = options.limits,
                              .now = now,
                              .time_unit = *time_unit,
                              .key = caller.key == nullptr ? nullptr : &caller.key->key,
                              .self_trade_default = options.self_trade_default};
  if (route.read != nullptr) {
    spot::JsonWriter json(body);
    route.read(context, arguments, json);
    if (!arguments.ok()) return std::unexpected(arguments.error());
    return Outcome::body;
  }
  if (route.read_past != nullptr) {
    spot::JsonWriter json(body);
    const auto past = route.read_past(context, arguments, json);
    if (!arguments.ok()) return std::unexpected(arguments.error());
    if (past != nullptr) return std::unexpected(spot::unavailable());  // there is no archive to ask
    return Outcome::body;
  }
  if (route.places_order) {
    const limits::Verdict verdict = limiter.may_place(context.account(), now);
    if (verdict.finding != limits::Finding::allowed) {
      ++counters.rate_limited;
      return std::unexpected(spot::limited(verdict, options.limits));
    }
  }
  spot::Pending pending;
  route.order(context, arguments, command, pending);
  if (!arguments.ok()) return std::unexpected(arguments.error());
  return submit(connection, request, weight, pending, caller);
}

std::expected<Outcome, spot::ApiError> Gateway::State::submit(Connection& connection, const http::Request& request,
                                                              std::uint32_t weight, const spot::Pending& pending,
                                                              const spot::Signed& caller) {
  if (stopping) return std::unexpected(spot::refused(gateways::Refusal::stopping));
  if (waiting.size() >= options.waiting_requests_max)
    return std::unexpected(spot::refused(gateways::Refusal::overloaded));
  const core::Time now = port.now();
  if (auto stale = spot::staleness(caller.freshness, now)) return std::unexpected(std::move(*stale));
  const auto [token, place] = waiting.add();
  place = {.connection = connection.connection(),
           .request = request.number,
           .weight = weight,
           .since_ns = now_ns,
           .answered = false,
           .pending = pending};
  // The reply may come from inside submit: nothing of this request is touched after it.
  const auto submitted = port.submit(command, token, gateway, now);
  if (submitted) {
    ++counters.orders_submitted;
    return Outcome::waiting;
  }
  (void)waiting.take(token);
  return std::unexpected(spot::refused(submitted.error()));
}

void Gateway::State::count_orders(const gateways::Reply& reply, const Waiting& of) {
  bool placed = false;
  for (const orders::AccountEvent& each : reply.events) {
    const auto* event = std::get_if<orders::OrderEvent>(&each.body);
    if (event == nullptr) continue;
    if (event->execution == orders::Execution::accepted && event->account == of.pending.account && !placed) {
      placed = true;
      limiter.order_placed(event->account, reply.time);
    }
    const bool is_first_fill = event->execution == orders::Execution::traded && event->executed == event->last_quantity;
    if (is_first_fill) limiter.order_filled(event->account, event->is_maker, reply.time);
  }
}

void Gateway::State::answer_pending(Connection& connection, const Waiting& of, const gateways::Reply& reply) {
  body.clear();
  header_lines.clear();
  refresh_date();
  spot::JsonWriter json(body);
  const auto written = spot::write_answer(of.pending, reply, port.views(), json);
  if (written) limiter.refund(connection.address, of.weight, port.now());
  write_usage(connection);
  if (of.pending.change == spot::Change::place) write_order_counts(of.pending.account);
  if (!written) return send_error(connection, of.request, written.error());
  send(connection, of.request, 200);
}

void Gateway::State::send(Connection& connection, std::uint64_t number, int status, std::string_view content_type) {
  if (status < 300)
    ++counters.responses_2xx;
  else if (status < 500)
    ++counters.responses_4xx;
  else
    ++counters.responses_5xx;
  connection.answer(
      number,
      {.status = status, .content_type = content_type, .header_lines = header_lines, .body = body, .close = stopping});
}

void Gateway::State::send_error(Connection& connection, std::uint64_t number, const spot::ApiError& error) {
  if (header_lines.find("X-MBX-USED") == std::string::npos) write_usage(connection);
  if (error.retry_after_s > 0) header_lines += fmt::format("Retry-After: {}\r\n", error.retry_after_s);
  body.clear();
  spot::JsonWriter json(body);
  spot::write(json, error);
  send(connection, number, error.status);
}

void Gateway::State::write_usage(const Connection& connection) {
  const std::uint32_t used = limiter.used_weight(connection.address, port.now());
  fmt::format_to(std::back_inserter(header_lines), "X-MBX-USED-WEIGHT: {0}\r\nX-MBX-USED-WEIGHT-1M: {0}\r\n", used);
}

void Gateway::State::write_order_counts(core::AccountId account) {
  const limits::Limiter::OrderCounts used = limiter.orders(account, port.now());
  fmt::format_to(std::back_inserter(header_lines), "X-MBX-ORDER-COUNT-10S: {}\r\nX-MBX-ORDER-COUNT-1D: {}\r\n",
                 used.in_short, used.in_day);
}

void Gateway::State::refresh_date() {
  const std::int64_t seconds = port.now().ns / kSecondNs;
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
  const auto line = [&out](std::string_view name, std::string_view type, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "# TYPE {0} {1}\n{0} {2}\n", name, type, value);
  };
  line("exchange_rest_requests_total", "counter", now.requests);
  line("exchange_rest_responses_2xx_total", "counter", now.responses_2xx);
  line("exchange_rest_responses_4xx_total", "counter", now.responses_4xx);
  line("exchange_rest_responses_5xx_total", "counter", now.responses_5xx);
  line("exchange_rest_commands_total", "counter", now.orders_submitted);
  line("exchange_rest_rate_limited_total", "counter", now.rate_limited);
  line("exchange_rest_replies_without_client_total", "counter", now.replies_without_client);
  line("exchange_rest_connections", "gauge", now.connections_open);
  line("exchange_rest_requests_waiting", "gauge", now.requests_waiting);
}

Gateway::Gateway(Options options, gateways::ExchangePort& port, auth::KeyRing& keys, io::Network& network,
                 MetricsText metrics)
    : state_(std::make_unique<State>(*this, std::move(options), port, keys, network, std::move(metrics))) {}
Gateway::~Gateway() = default;

void Gateway::tick(std::int64_t monotonic_ns) {
  State& state = *state_;
  state.now_ns = monotonic_ns;
  for (auto& [id, connection] : state.connections) connection->tick(monotonic_ns);
  if (monotonic_ns - state.waiting_looked_at_ns < kSecondNs) return;
  state.waiting_looked_at_ns = monotonic_ns;
  state.waiting.for_each([&](Waiting& each) {
    if (each.answered || monotonic_ns - each.since_ns < kReplyNsMax) return;
    each.answered = true;
    const auto found = state.connections.find(each.connection);
    if (found == state.connections.end()) return;
    const std::uint64_t request = each.request;  // answering may add requests, which may move this one
    state.header_lines.clear();
    state.refresh_date();
    state.send_error(*found->second, request, spot::timed_out());
  });
}

void Gateway::stop() { state_->stopping = true; }

Counters Gateway::counters() const {
  Counters out = state_->counters;
  out.connections_open = state_->connections.size();
  out.requests_waiting = state_->waiting.size();
  return out;
}

void Gateway::on_open(io::ConnectionId connection, std::string_view peer_address) {
  State& state = *state_;
  limits::Address& address = state.limiter.join(peer_address, state.port.now());
  const bool is_new = state.connections
                          .emplace(connection, std::make_unique<Connection>(state.options.http, state, state.wire,
                                                                            connection, state.now_ns, address))
                          .second;
  CHECK(is_new);
}

void Gateway::on_bytes(io::ConnectionId connection, core::BytesView bytes) {
  const auto found = state_->connections.find(connection);
  CHECK(found != state_->connections.end());
  found->second->receive(bytes);
}

void Gateway::on_closed(io::ConnectionId connection) {
  const auto found = state_->connections.find(connection);
  CHECK(found != state_->connections.end());
  state_->limiter.leave(found->second->address);
  state_->connections.erase(found);
}

void Gateway::on_reply(const gateways::Reply& reply) {
  State& state = *state_;
  const Waiting waiting = state.waiting.take(reply.token);
  state.count_orders(reply, waiting);
  const auto found = state.connections.find(waiting.connection);
  if (found == state.connections.end() || waiting.answered) {
    ++state.counters.replies_without_client;
    return;
  }
  state.answer_pending(*found->second, waiting, reply);
}

}  // namespace rest
