#include "gateways/ws_api/gateway.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "gateways/ws_api/session.h"

namespace ws_api {
namespace {

constexpr std::string_view kPath = "/ws-api/v3";

std::optional<spot::TimeUnit> time_unit_of(std::string_view text) {
  if (text == "MILLISECOND" || text == "millisecond") return spot::TimeUnit::millisecond;
  if (text == "MICROSECOND" || text == "microsecond") return spot::TimeUnit::microsecond;
  return std::nullopt;
}

}  // namespace

Gateway::Gateway(Options options, desk::Desk& desk, streams::UserHub& users)
    : options_(options), desk_(desk), users_(users) {}

std::unique_ptr<websocket::Application> Gateway::open(websocket::Peer& peer, std::string_view path,
                                                      std::string_view query) {
  if (path != kPath) return nullptr;
  spot::Parameters parameters;
  if (!parameters.parse(query, {})) return nullptr;
  const auto unit = time_unit_of(parameters.peek("timeUnit").value_or("MILLISECOND"));
  const std::string_view limits = parameters.peek("returnRateLimits").value_or("true");
  if (!unit || (limits != "true" && limits != "false")) return nullptr;
  return std::make_unique<Session>(*this, peer, *unit, limits == "true");
}

void Gateway::announce_shutdown() {
  for (Session* session : sessions_) session->announce_shutdown();
}

Counters Gateway::counters() const {
  Counters out = counters_;
  out.sessions_open = sessions_.size();
  return out;
}

void Gateway::append_metrics(std::string& out) const {
  const auto line = [&out](std::string_view name, std::string_view type, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "# TYPE {0} {1}\n{0} {2}\n", name, type, value);
  };
  line("exchange_ws_api_sessions", "gauge", sessions_.size());
  line("exchange_ws_api_requests_total", "counter", counters_.requests);
  line("exchange_ws_api_responses_2xx_total", "counter", counters_.responses_2xx);
  line("exchange_ws_api_responses_4xx_total", "counter", counters_.responses_4xx);
  line("exchange_ws_api_responses_5xx_total", "counter", counters_.responses_5xx);
  line("exchange_ws_api_events_total", "counter", counters_.events);
}

}  // namespace ws_api
