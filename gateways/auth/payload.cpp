#include "gateways/auth/payload.h"

namespace auth {
namespace {

constexpr std::string_view kName = "signature=";

// Where the parameter starts, at the beginning of `text` or behind an '&'; npos when it is not there.
std::size_t find_signature(std::string_view text) {
  std::size_t at = text.rfind(kName);  // clients put it last
  while (at != std::string_view::npos) {
    if (at == 0 || text[at - 1] == '&') return at;
    at = text.rfind(kName, at - 1);
  }
  return at;
}

}  // namespace

Payload::Payload(std::string_view query, std::string_view body) {
  add_without_signature(query);
  add_without_signature(body);
}

void Payload::add_without_signature(std::string_view text) {
  const std::size_t at = found_ ? std::string_view::npos : find_signature(text);
  if (at == std::string_view::npos) return add(text);
  found_ = true;
  const std::size_t end = text.find('&', at);
  if (end == std::string_view::npos) return add(text.substr(0, at == 0 ? 0 : at - 1));
  add(text.substr(0, at));
  add(text.substr(end + 1));
}

}  // namespace auth
