#include "gateways/streams/gateway.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateways/spot/parameters.h"
#include "gateways/streams/connection.h"

namespace streams {
namespace {

constexpr std::string_view kRaw = "/ws", kCombined = "/stream";

// The texts between slashes, empty ones left out.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find('/');
    if (end != 0) out.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Without percent-encoding: libraries encode the "@" of stream names. Broken encoding stays as it is, and is no stream.
std::string decoded(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const int high = path[i] == '%' && i + 2 < path.size() ? hex_value(path[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(path[i + 2]) : -1;
    if (low < 0) {
      out += path[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// The streams of a query. A "+" stands for a blank there, but no stream has a blank in its name, and some have a "+".
std::string without_blanks(std::string_view streams) {
  std::string out(streams);
  std::ranges::replace(out, ' ', '+');
  return out;
}

bool is_microsecond(std::string_view unit) { return unit == "MICROSECOND" || unit == "microsecond"; }
bool is_millisecond(std::string_view unit) { return unit == "MILLISECOND" || unit == "millisecond"; }

}  // namespace

Gateway::Gateway(Options options, gateways::ExchangePort& port, UserHub& users, ListenKeys::RandomBytes random)
    : options_(options), port_(port), users_(users), listen_keys_(std::move(random)), markets_(port, options_.slow) {}

std::unique_ptr<websocket::Application> Gateway::open(websocket::Peer& peer, std::string_view path,
                                                      std::string_view query) {
  const bool is_raw = path == kRaw || path.starts_with("/ws/");
  const bool is_combined = path == kCombined || path == "/stream/";
  if (!is_raw && !is_combined) return nullptr;
  spot::Parameters parameters;
  if (!parameters.parse(query, {})) return nullptr;
  Format format{.is_combined = is_combined};
  const std::string_view unit = parameters.peek("timeUnit").value_or("MILLISECOND");
  if (!is_microsecond(unit) && !is_millisecond(unit)) return nullptr;
  if (is_microsecond(unit)) format.unit = spot::TimeUnit::microsecond;
  auto connection = std::make_unique<Connection>(*this, peer, format);
  connection->open_with(split(is_raw ? decoded(path.substr(kRaw.size()))
                                     : without_blanks(parameters.peek("streams").value_or(std::string_view{}))));
  return connection;
}

void Gateway::tick(std::int64_t monotonic_ns, core::Time now) {
  listen_keys_.tick(monotonic_ns);
  markets_.tick(monotonic_ns, now);
}

}  // namespace streams
