#include "gateways/auth/sorted_payload.h"

#include <algorithm>

namespace auth {

std::string_view sorted_payload(std::span<NamedText> parameters, std::string& scratch) {
  std::ranges::sort(parameters, {}, &NamedText::name);
  scratch.clear();
  for (const NamedText& each : parameters) {
    if (each.name == "signature") continue;
    if (!scratch.empty()) scratch.push_back('&');
    scratch.append(each.name).push_back('=');
    scratch.append(each.value);
  }
  return scratch;
}

}  // namespace auth
