#include "cmd/exchange/live_streams.h"

#include <fmt/format.h>
#include <openssl/rand.h>

#include <iterator>
#include <string_view>

#include "pkg/core/check.h"

namespace exchange {
namespace {

// Listen keys are names that nobody may guess.
void secure_random(char* to, std::size_t size) {
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(to), static_cast<int>(size)) == 1);
}

}  // namespace

LiveStreams::LiveStreams(Exchange& exchange) : users_(exchange), gateway_({}, exchange, users_, secure_random) {
  exchange.add_listener(users_);
  exchange.add_listener(gateway_.markets());
}

websocket::Factory LiveStreams::factory() {
  return [this](websocket::Peer& peer, std::string_view path, std::string_view query) {
    auto session = api_ ? api_->open(peer, path, query) : nullptr;
    return session != nullptr ? std::move(session) : gateway_.open(peer, path, query);
  };
}

void LiveStreams::announce_shutdown(core::Time now) {
  gateway_.announce_shutdown(now);
  if (api_) api_->announce_shutdown();
}

void LiveStreams::append_metrics(std::string& out) {
  const streams::FanOutCounters& counters = gateway_.markets().fan_out().counters();
  const auto line = [&out](std::string_view name, std::string_view type, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "# TYPE {0} {1}\n{0} {2}\n", name, type, value);
  };
  line("exchange_stream_connections_open", "gauge", counters.readers);
  line("exchange_stream_subscriptions", "gauge", counters.subscriptions + users_.counters().subscriptions);
  line("exchange_stream_messages_encoded_total", "counter", counters.messages_encoded);
  line("exchange_stream_messages_sent_total", "counter", counters.messages_sent);
  line("exchange_stream_bytes_sent_total", "counter", counters.bytes_sent);
  line("exchange_stream_messages_skipped_total", "counter", counters.messages_skipped);
  line("exchange_stream_readers_closed_slow_total", "counter", counters.readers_closed_slow);
  line("exchange_listen_keys", "gauge", gateway_.listen_keys().size());
  if (api_) api_->append_metrics(out);
}

}  // namespace exchange
