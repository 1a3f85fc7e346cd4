#include "services/keys/types.h"

#include <array>
#include <utility>

namespace keys {
namespace {

constexpr std::array<std::pair<Type, std::string_view>, 3> kNames{
    {{Type::hmac, "hmac"}, {Type::rsa, "rsa"}, {Type::ed25519, "ed25519"}}};

}  // namespace

std::string_view name_of(Type type) { return kNames[static_cast<std::size_t>(type)].second; }

std::optional<Type> type_named(std::string_view name) {
  for (const auto& [type, known] : kNames) {
    if (known == name) return type;
  }
  return std::nullopt;
}

}  // namespace keys
