// Base64 as signatures are written (RFC 4648, section 4), read strictly: padded, nothing else between, and no bit that
// does not count, so that a value has one text only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace auth {

[[nodiscard]] constexpr std::size_t base64_chars(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// Fills `out`. False for a text that is not base64 of exactly so many bytes; `out` then holds nothing of meaning.
[[nodiscard]] bool decode_base64(std::string_view text, std::span<unsigned char> out);

// The regular expression of all texts decode_base64 takes for so many bytes.
[[nodiscard]] std::string base64_form(std::size_t bytes);

}  // namespace auth
