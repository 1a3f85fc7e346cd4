#include "gateways/spot/parameters.h"

#include <bit>

#include "pkg/core/check.h"

namespace spot {
namespace {

constexpr std::size_t kNone = Parameters::kCountMax;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// ASCII that stands for itself: most names and values.
bool is_plain(std::string_view text) {
  bool is_other = false;
  for (const char c : text) is_other |= c == '%' || c == '+' || static_cast<unsigned char>(c) >= 0x80;
  return !is_other;
}

}  // namespace

// RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const int more = lead < 0x80                    ? 0
                     : lead >= 0xC2 && lead <= 0xDF ? 1
                     : lead >= 0xE0 && lead <= 0xEF ? 2
                     : lead >= 0xF0 && lead <= 0xF4 ? 3
                                                    : -1;
    if (more < 0 || i + static_cast<std::size_t>(more) >= text.size()) return false;
    unsigned char low = 0x80, high = 0xBF;  // of the second byte
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
    for (int j = 1; j <= more; ++j) {
      const auto byte = static_cast<unsigned char>(text[i + static_cast<std::size_t>(j)]);
      if (byte < low || byte > high) return false;
      low = 0x80;
      high = 0xBF;
    }
    i += 1 + static_cast<std::size_t>(more);
  }
  return true;
}

std::expected<std::string_view, ApiError> Parameters::decode(std::string_view text) {
  if (is_plain(text)) return text;
  const std::size_t start = decoded_.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      decoded_ += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::unexpected(illegal_characters());
      decoded_ += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded_ += text[i];
    }
  }
  const std::string_view decoded = std::string_view(decoded_).substr(start);
  if (!is_valid_utf8(decoded)) return std::unexpected(illegal_characters());
  return decoded;
}

void Parameters::clear() {
  count_ = 0;
  read_ = 0;
  decoded_.clear();
}

std::expected<void, ApiError> Parameters::add(std::string_view name, std::string_view value) {
  if (find(name) != kNone) return std::unexpected(duplicate_parameter());
  if (count_ == kCountMax) return std::unexpected(too_many_parameters());
  parameters_[count_++] = {name, value};
  return {};
}

std::expected<void, ApiError> Parameters::parse(std::string_view query, std::string_view body) {
  clear();
  decoded_.reserve(query.size() + body.size());
  if (auto parsed = parse_form(query, false); !parsed) return parsed;
  return parse_form(body, true);
}

std::expected<void, ApiError> Parameters::parse_form(std::string_view text, bool is_body) {
  const std::size_t in_query = is_body ? count_ : 0;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals));
    if (!name) return std::unexpected(name.error());
    const auto value = decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1));
    if (!value) return std::unexpected(value.error());
    const std::size_t known = is_body ? find(*name) : kNone;
    if (known < in_query) continue;
    if (auto added = add(*name, *value); !added) return added;
  }
  return {};
}

std::size_t Parameters::find(std::string_view name) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (parameters_[i].name == name) return i;
  }
  return kNone;
}

std::optional<std::string_view> Parameters::read(std::string_view name) {
  const std::size_t at = find(name);
  if (at == kNone) return std::nullopt;
  read_ |= std::uint64_t{1} << at;
  return parameters_[at].value;
}

std::optional<std::string_view> Parameters::peek(std::string_view name) const {
  const std::size_t at = find(name);
  return at == kNone ? std::nullopt : std::optional(parameters_[at].value);
}

std::size_t Parameters::read_count() const { return static_cast<std::size_t>(std::popcount(read_)); }

}  // namespace spot
