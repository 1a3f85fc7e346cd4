#include "cmd/exchange/json.h"

#include <array>
#include <boost/json/src.hpp>

namespace exchange {
namespace {

constexpr std::array<std::string_view, 11> kKinds{
    "invalid_input", "not_found", "already_exists", "no_space", "io",         "busy",
    "denied",        "corrupt",   "unsupported",    "outdated", "unavailable"};

}  // namespace

std::string hex(std::uint64_t value) {
  std::string out(16, '0');
  for (std::size_t i = 0; i < 16; ++i) out[15 - i] = "0123456789abcdef"[value >> (4 * i) & 15];
  return out;
}

std::string text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

json::object to_json(const core::Error& error) {
  return {{"kind", kKinds[static_cast<std::size_t>(error.kind)]},
          {"what", error.what},
          {"where", error.where},
          {"hint", error.hint}};
}

core::Error error_of(const json::object& object) {
  core::Error error{core::ErrorKind::io, text_of(object, "what"), text_of(object, "where"), text_of(object, "hint")};
  const std::string kind = text_of(object, "kind");
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == kind) error.kind = static_cast<core::ErrorKind>(i);
  }
  return error;
}

}  // namespace exchange
