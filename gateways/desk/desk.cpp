#include "gateways/desk/desk.h"

#include "gateways/spot/error.h"
#include "gateways/spot/json_writer.h"

namespace desk {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kReplyNsMax = 10 * kSecondNs;  // then -1007, as published

// Whether an order may come of it.
bool places_order(const spot::Pending& pending) {
  return pending.change == spot::Change::place || pending.change == spot::Change::replace;
}

}  // namespace

Client::Client(Desk& desk, limits::Address& address)
    : desk_(desk), address_(address), number_(desk.clients_.add(this)) {}
Client::~Client() { (void)desk_.clients_.take(number_); }

Desk::Desk(Options options, gateways::ExchangePort& port, auth::KeyRing& keys, gateways::ArchivePort* archive,
           spot::ListenKeyStore* listen_keys)
    : options_(options),
      port_(port),
      keys_(keys),
      archive_(archive),
      listen_keys_(listen_keys),
      limiter_(options.limits) {}
Desk::~Desk() { CHECK_MSG(clients_.size() == 0, "a client that outlives its desk"); }

Counters Desk::counters() const {
  Counters out = counters_;
  out.requests_waiting = commands_.size();
  out.archive_reads_waiting = reads_.size();
  return out;
}

std::expected<void, spot::ApiError> Desk::answer_to(const limits::Verdict& verdict) {
  if (verdict.finding == limits::Finding::allowed) return {};
  ++counters_.rate_limited;
  return std::unexpected(spot::limited(verdict, options_.limits));
}

std::expected<void, spot::ApiError> Desk::admit(limits::Address& address, std::uint32_t weight) {
  return answer_to(limiter_.request(address, weight, port_.now()));
}

std::expected<void, spot::ApiError> Desk::admit_websocket(limits::Address& address, std::uint32_t weight) {
  return answer_to(limiter_.websocket(address, weight, port_.now()));
}

spot::Context Desk::context(spot::TimeUnit time_unit, const auth::Key* key, core::Time now) const {
  return {.views = port_.views(),
          .limits = options_.limits,
          .now = now,
          .time_unit = time_unit,
          .key = key,
          .self_trade_default = options_.self_trade_default,
          .limiter = &limiter_,
          .listen_keys = listen_keys_};
}

std::expected<spot::Signed, spot::ApiError> Desk::check(const Operation& operation, const Request& request,
                                                        spot::Arguments& arguments, core::Time now) const {
  if (operation.security == spot::Security::none) return spot::Signed{};
  // By the key alone, which is a parameter also where a session has one.
  if (operation.security == spot::Security::user_stream) return spot::check_key(keys_, request.api_key);
  if (request.session != nullptr) return spot::check_session(arguments, *request.session, operation.security, now);
  return spot::check_signed(arguments, keys_, request.api_key, request.payload, operation.security, now);
}

std::expected<Outcome, spot::ApiError> Desk::carry_out(Client& client, const Operation& operation,
                                                       const Request& request, std::string& body) {
  const core::Time now = port_.now();
  spot::Arguments arguments(request.parameters, port_.views().instruments);
  const auto caller = check(operation, request, arguments, now);
  if (!caller) return std::unexpected(caller.error());
  const spot::Context at = context(request.time_unit, caller->key == nullptr ? nullptr : &caller->key->key, now);
  if (operation.order == nullptr) {
    spot::JsonWriter json(body);
    std::unique_ptr<spot::PastRead> past;
    if (operation.read_past != nullptr)
      past = operation.read_past(at, arguments, json);
    else
      operation.read(at, arguments, json);
    if (!arguments.ok()) return std::unexpected(arguments.error());
    if (past != nullptr) return ask_archive(client, request, at, std::move(past));
    return Outcome::answered;
  }
  if (operation.places_order) {
    if (auto allowed = answer_to(limiter_.may_place(at.account(), now)); !allowed)
      return std::unexpected(std::move(allowed.error()));
  }
  spot::Pending pending;
  operation.order(at, arguments, command_, pending);
  if (!arguments.ok()) return std::unexpected(arguments.error());
  return submit(client, request, pending, *caller);
}

std::expected<Outcome, spot::ApiError> Desk::submit(const Client& client, const Request& request,
                                                    const spot::Pending& pending, const spot::Signed& caller) {
  if (stopping_) return std::unexpected(spot::refused(gateways::Refusal::stopping));
  if (commands_.size() >= options_.waiting_requests_max)
    return std::unexpected(spot::refused(gateways::Refusal::overloaded));
  const core::Time now = port_.now();
  if (auto stale = spot::staleness(caller.freshness, now)) return std::unexpected(std::move(*stale));
  const std::uint64_t token = commands_.add(
      {.who = {.client = client.number_, .request = request.number, .since_ns = now_ns_, .answered = false},
       .weight = request.weight,
       .pending = pending});
  if (places_order(pending)) limiter_.order_sent(pending.account);
  // The reply may come from inside submit: nothing of this request is touched after it.
  const auto submitted = port_.submit(command_, token, *this, now);
  if (submitted) {
    ++counters_.orders_submitted;
    return Outcome::waiting;
  }
  if (places_order(commands_.take(token).pending)) limiter_.order_answered(caller.key->key.account);
  return std::unexpected(spot::refused(submitted.error()));
}

std::expected<Outcome, spot::ApiError> Desk::ask_archive(const Client& client, const Request& request,
                                                         const spot::Context& context,
                                                         std::unique_ptr<spot::PastRead> read) {
  if (archive_ == nullptr) return std::unexpected(spot::unavailable());
  if (reads_.size() >= options_.archive_reads_max) return std::unexpected(spot::refused(gateways::Refusal::overloaded));
  const gateways::ArchiveQuestion question = read->question;
  WaitingRead waiting{
      .who = {.client = client.number_, .request = request.number, .since_ns = now_ns_, .answered = false},
      .read = std::move(read),
      .time_unit = context.time_unit,
      .key = nullptr};
  if (context.key != nullptr) waiting.key = std::make_unique<auth::Key>(*context.key);
  const std::uint64_t token = reads_.add(std::move(waiting));
  if (archive_->ask(question, token, *this)) return Outcome::waiting;
  (void)reads_.take(token);
  return std::unexpected(spot::refused(gateways::Refusal::overloaded));
}

Client* Desk::find(const Waiter& who) {
  Client** const found = who.answered ? nullptr : clients_.find(who.client);
  if (found != nullptr) return *found;
  ++counters_.replies_without_client;
  return nullptr;
}

void Desk::count_orders(const gateways::Reply& reply, const spot::Pending& pending) {
  bool placed = false, attempted = false;
  for (const orders::AccountEvent& each : reply.events) {
    const auto* event = std::get_if<orders::OrderEvent>(&each.body);
    if (event == nullptr) continue;
    attempted |= event->account == pending.account && event->execution == orders::Execution::rejected;
    if (event->execution == orders::Execution::accepted && event->account == pending.account && !placed) {
      placed = true;
      limiter_.order_placed(event->account, reply.time);
    }
    const bool is_first_fill = event->execution == orders::Execution::traded && event->executed == event->last_quantity;
    if (is_first_fill) limiter_.order_filled(event->account, event->is_maker, reply.time);
  }
  // A cancel-replace that ended with its cancel counts as if the new order had been placed.
  const bool counts_anyway = pending.change == spot::Change::replace &&
                             pending.over_limit == limits::Finding::allowed && !placed && !attempted;
  if (counts_anyway) limiter_.order_placed(pending.account, reply.time);
}

void Desk::on_reply(const gateways::Reply& reply) {
  const WaitingCommand waiting = commands_.take(reply.token);
  if (places_order(waiting.pending)) limiter_.order_answered(waiting.pending.account);
  count_orders(reply, waiting.pending);
  Client* const client = find(waiting.who);
  if (client == nullptr) return;
  body_.clear();
  spot::JsonWriter json(body_);
  const auto written = spot::write_answer(waiting.pending, reply, port_.views(), options_.limits, json);
  if (written) limiter_.refund(client->address(), waiting.weight, port_.now());
  const bool shows_orders = places_order(waiting.pending);
  client->on_answer(waiting.who.request, {.error = written ? nullptr : &written.error(),
                                          .body = body_,
                                          .orders_of = shows_orders ? waiting.pending.account : core::AccountId{}});
}

void Desk::on_archive(std::uint64_t token, core::Result<gateways::ArchiveAnswer> answer) {
  const WaitingRead waiting = reads_.take(token);
  Client* const client = find(waiting.who);
  if (client == nullptr) return;
  body_.clear();
  spot::JsonWriter json(body_);
  std::expected<void, spot::ApiError> written = std::unexpected(spot::unavailable());
  if (answer) written = waiting.read->write(context(waiting.time_unit, waiting.key.get(), port_.now()), *answer, json);
  client->on_answer(waiting.who.request,
                    {.error = written ? nullptr : &written.error(), .body = body_, .orders_of = {}});
}

void Desk::give_up(Waiter& who) {
  if (who.answered || now_ns_ - who.since_ns < kReplyNsMax) return;
  who.answered = true;
  Client** const found = clients_.find(who.client);
  if (found == nullptr) return;
  const spot::ApiError error = spot::timed_out();
  const std::uint64_t request = who.request;  // answering may add requests, which may move this one
  (*found)->on_answer(request, {.error = &error, .body = {}, .orders_of = {}});
}

void Desk::tick(std::int64_t monotonic_ns) {
  now_ns_ = monotonic_ns;
  if (monotonic_ns - looked_at_ns_ < kSecondNs) return;
  looked_at_ns_ = monotonic_ns;
  commands_.for_each([this](WaitingCommand& each) { give_up(each.who); });
  reads_.for_each([this](WaitingRead& each) { give_up(each.who); });
}

}  // namespace desk
