// Noise as messages. What is taken for a request is one by another reader of JSON too, with the same id, method and
// parameters; and reading never looks behind the end of the text.
#include <algorithm>
#include <boost/json/src.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "gateways/ws_api/message.h"
#include "pkg/core/check.h"

namespace json = boost::json;

namespace {

// The value as a signature covers it: of a text its content. Of numbers only that they are numbers.
bool same(const json::value& value, std::string_view text) {
  if (value.is_string()) return value.as_string() == text;
  if (value.is_null()) return text.empty();
  if (value.is_bool()) return text == (value.as_bool() ? "true" : "false");
  if (value.is_array()) return text.starts_with('[') && text.ends_with(']');
  return value.is_number() && !text.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // On the heap at its exact size, so that a sanitizer sees the first byte too far.
  const std::unique_ptr<char[]> bytes(new char[size]);
  if (size > 0) std::memcpy(bytes.get(), data, size);
  const std::string_view text(bytes.get(), size);
  if (!spot::is_valid_utf8(text)) return 0;  // never gets here
  ws_api::Message message;
  const auto parsed = message.parse(text);
  json::parse_options options;
  options.max_depth = 64;
  boost::system::error_code error;
  const json::value other = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error == json::error::exponent_overflow) return 0;  // to us a number is its text
  if (!parsed) {
    const auto opened = std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; });
    const bool is_no_json = parsed.error().message == spot::bad_json().message;
    CHECK(!is_no_json || error || !other.is_object() || opened > 32);
    return 0;
  }
  CHECK(!error && other.is_object());
  const json::object& fields = other.as_object();
  CHECK(fields.at("method").as_string() == message.method());
  boost::system::error_code bad_id;
  CHECK(json::parse(json::string_view(message.id().data(), message.id().size()), bad_id) == fields.at("id") && !bad_id);
  const auto* params = fields.if_contains("params");
  for (const auto& [name, value] : message.parameters()) {
    CHECK(params != nullptr && params->is_object());
    std::size_t times = 0;
    for (const auto& each : message.parameters()) times += each.name == name;
    if (times == 1) CHECK(same(params->as_object().at(name), value));
  }
  return 0;
}
