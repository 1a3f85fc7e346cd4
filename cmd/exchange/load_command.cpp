#include "cmd/exchange/load_command.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "bench/load.h"
#include "bench/rest_client.h"
#include "bench/websocket_client.h"
#include "cmd/exchange/cli.h"
#include "cmd/exchange/json.h"
#include "cmd/exchange/load_output.h"
#include "cmd/exchange/output.h"

namespace exchange {
namespace {

using core::ErrorKind;
using core::Result;

Result<std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (!in.good() && !in.eof()) return core::fail(ErrorKind::not_found, "cannot be read", path);
  return text;
}

Result<bench::Credentials> read_key_file(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  boost::system::error_code error;
  const json::value parsed = json::parse(*text, error);
  bench::Credentials credentials;
  if (!error && parsed.is_object())
    credentials = {text_of(parsed.get_object(), "api_key"), text_of(parsed.get_object(), "secret"), {}};
  if (credentials.api_key.empty() || credentials.secret.empty())
    return core::fail(ErrorKind::invalid_input, "no JSON object with api_key and secret", path,
                      "exchange keys create --account NAME --json prints one");
  return credentials;
}

Result<std::vector<bench::Credentials>> credentials_of(const LoadCommandOptions& options) {
  std::vector<bench::Credentials> all;
  for (const std::string& file : options.key_files) {
    auto one = read_key_file(file);
    if (!one) return std::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  if (!options.api_key.empty()) {
    bench::Credentials one{options.api_key, options.secret, {}};
    if (!options.private_key.empty()) {
      auto pem = read_file(options.private_key);
      if (!pem) return std::unexpected(pem.error());
      one.private_key_pem = std::move(*pem);
    }
    if (one.secret.empty() == one.private_key_pem.empty())
      return core::fail(ErrorKind::invalid_input, "needs either --secret or --private-key", "--api-key");
    all.push_back(std::move(one));
  }
  if (all.empty())
    return core::fail(ErrorKind::invalid_input, "no key to sign with", {}, "name one by --key-file or --api-key");
  return all;
}

// These go into queries and JSON as they are.
Result<void> check_texts(const LoadCommandOptions& options) {
  for (const auto& [name, text] : {std::pair{"--symbol", options.symbol},
                                   {"--price", options.price},
                                   {"--quantity", options.quantity},
                                   {"--api-key", options.api_key}}) {
    const bool is_plain = std::ranges::all_of(text, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' ||
             c == '_';
    });
    if (!is_plain) return core::fail(ErrorKind::invalid_input, "letters, digits, '.', '-' and '_' only", name);
  }
  return {};
}

}  // namespace

int load_command(const LoadCommandOptions& options) {
  const auto endpoint = bench::parse_url(options.url);
  if (!endpoint) return report(endpoint.error());
  if (auto checked = check_texts(options); !checked) return report(checked.error());
  auto credentials = credentials_of(options);
  if (!credentials) return report(credentials.error());
  const bench::OrderFlowOptions flow{
      .pattern = options.pattern == "trade" ? bench::OrderPattern::trade : bench::OrderPattern::cancel,
      .symbol = options.symbol,
      .price = options.price,
      .quantity = options.quantity};
  const bench::ClientFactory clients =
      options.protocol == "rest"
          ? bench::rest_clients(std::move(*credentials), flow)
          : bench::websocket_api_clients({*endpoint, std::move(*credentials), !options.no_logon, flow});
  bench::raise_descriptor_limit();
  const auto result = bench::run_load({.endpoint = *endpoint,
                                       .connections = options.connections,
                                       .pipelined = options.pipelined,
                                       .rate_hz = options.rate,
                                       .measure_ns = static_cast<std::int64_t>(options.seconds) * 1'000'000'000},
                                      clients);
  if (!result) return report(result.error());
  if (options.json) {
    json::object out{{"protocol", options.protocol},
                     {"loop", options.rate > 0 ? "open" : "closed"},
                     {"connections", options.connections},
                     {"pipelined", options.pipelined},
                     {"seconds", options.seconds}};
    for (const auto& [key, value] : load_object(*result, options.rate)) out[key] = value;
    print_object(out, true);
  } else {
    print_load_line(options.protocol, *result);
  }
  return is_clean(*result) ? kExitDone : kExitWrong;
}

}  // namespace exchange
