// The text a signature of the WebSocket API covers: the parameters of a request but `signature`, put in the order of
// their names and joined as `name=value&...`. Nothing is percent-encoded; payload.h has the rule of REST.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace auth {

// A parameter as it is signed: of a JSON string its content (escapes resolved, UTF-8), of a number or a boolean the
// token as it was written ("1e2" and "100" are different texts).
struct NamedText {
  std::string_view name, value;
};

// Sorts `parameters` in place, by the bytes of their names, and writes the text over `scratch`, whose memory is used
// again: no allocation once it has grown. What comes back lies in `scratch`, so no parameter may.
// REQUIRES names that are unique: the caller refuses a request that names a parameter twice.
[[nodiscard]] std::string_view sorted_payload(std::span<NamedText> parameters, std::string& scratch);

}  // namespace auth
