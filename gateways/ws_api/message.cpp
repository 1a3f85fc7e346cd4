#include "gateways/ws_api/message.h"

#include <charconv>
#include <cstdint>

namespace ws_api {
namespace {

constexpr int kDepthMax = 32;
constexpr std::string_view kIdRange = "^.{0,126}$";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xC0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xE0 | point >> 12);
    } else {
      put(0xF0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3F));
    }
    put(0x80 | (point >> 6 & 0x3F));
  }
  put(0x80 | (point & 0x3F));
}

bool is_int64(std::string_view number) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  return error == std::errc{} && end == number.data() + number.size();
}

}  // namespace

std::expected<void, spot::ApiError> Message::parse(std::string_view text) {
  text_ = text;
  at_ = 0;
  id_ = "null";
  method_ = {};
  has_id_ = has_method_ = has_params_ = false;
  count_ = 0;
  complaint_.reset();
  decoded_.clear();
  decoded_.reserve(text.size());
  if (!read_request()) {
    id_ = "null";  // nothing of what is no JSON is believed
    return std::unexpected(spot::bad_json());
  }
  if (!has_id_) complain(spot::missing("id"));
  if (!has_method_) complain(spot::missing("method"));
  if (complaint_) return std::unexpected(std::move(*complaint_));
  return {};
}

bool Message::read_request() {
  if (!is_next('{')) return false;
  ++at_;
  is_first_ = true;
  for (bool more = true;;) {
    if (!next('}', more)) return false;
    if (!more) break;
    std::string_view name;
    if (!read_name(name) || !read_field(name)) return false;
  }
  skip_blanks();
  return at_ == text_.size();
}

// A field that is no part of a request is passed over.
bool Message::read_field(std::string_view name) {
  const auto once = [this](bool& seen) {
    if (seen) complain(spot::duplicate_parameter());
    seen = true;
  };
  if (name == "id") {
    once(has_id_);
    return read_id();
  }
  if (name == "method") {
    once(has_method_);
    return read_method();
  }
  if (name == "params") {
    once(has_params_);
    return read_params();
  }
  return skip(1);
}

bool Message::read_id() {
  skip_blanks();
  const std::size_t start = at_;
  if (is_next('"')) {
    std::string_view content;
    if (!read_text(content)) return false;
    if (at_ - start > kIdBytesMax)
      complain(spot::illegal_characters("id", kIdRange));
    else
      id_ = text_.substr(start, at_ - start);
    return true;
  }
  if (!skip(1)) return false;
  const std::string_view token = text_.substr(start, at_ - start);
  if (is_int64(token))
    id_ = token;
  else if (token != "null")
    complain(spot::missing("id"));
  return true;
}

bool Message::read_method() {
  if (is_next('"')) {
    if (!read_text(method_)) return false;
    if (method_.empty()) complain(spot::missing("method"));
    return true;
  }
  complain(spot::missing("method"));
  return skip(1);
}

bool Message::read_params() {
  if (!is_next('{')) {
    const std::size_t start = at_;
    if (!skip(1)) return false;
    if (text_.substr(start, at_ - start) != "null") complain(spot::bad_json_parameter("params"));
    return true;
  }
  ++at_;
  is_first_ = true;
  for (bool more = true;;) {
    if (!next('}', more)) return false;
    if (!more) return true;
    std::string_view name;
    if (!read_name(name) || !read_param(name)) return false;
  }
}

bool Message::read_param(std::string_view name) {
  skip_blanks();
  if (at_ == text_.size()) return false;
  const std::size_t start = at_;
  std::string_view value;
  switch (text_[at_]) {
    case '"':
      if (!read_text(value)) return false;
      break;
    case '[':
      if (!read_list(value)) return false;
      break;
    case '{':
      if (!skip(2)) return false;
      complain(spot::illegal_characters());
      return true;
    default:
      if (!skip(2)) return false;
      value = text_.substr(start, at_ - start);
      if (value == "null") value = {};
  }
  if (count_ == parameters_.size()) {
    complain(spot::too_many_parameters());
    return true;
  }
  parameters_[count_++] = {name, value};
  return true;
}

// A list of plain values. Its JSON without blanks.
bool Message::read_list(std::string_view& value) {
  const std::size_t start = at_, kept = decoded_.size();
  ++at_;
  is_first_ = true;
  decoded_ += '[';
  for (bool more = true, first = true;; first = false) {
    if (!next(']', more)) return false;
    if (!more) break;
    skip_blanks();
    const std::size_t element = at_;
    if (is_next('[') || is_next('{')) complain(spot::illegal_characters());
    // Escapes in texts of lists stay as they are; read over without being kept.
    const std::size_t before = decoded_.size();
    if (!skip(3)) return false;
    decoded_.resize(before);
    if (!first) decoded_ += ',';
    decoded_.append(text_.substr(element, at_ - element));
  }
  decoded_ += ']';
  value = text_.substr(start, at_ - start);
  if (value == std::string_view(decoded_).substr(kept))
    decoded_.resize(kept);
  else
    value = std::string_view(decoded_).substr(kept);
  return true;
}

bool Message::read_text(std::string_view& content) {
  ++at_;  // the quote
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '"') {
      content = text_.substr(start, at_ - start);
      ++at_;
      return true;
    }
    if (c == '\\') break;
    if (static_cast<unsigned char>(c) < 0x20) return false;
    ++at_;
  }
  // From the first escape on it is copied.
  const std::size_t kept = decoded_.size();
  decoded_.append(text_.substr(start, at_ - start));
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == '"') {
      content = std::string_view(decoded_).substr(kept);
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\')
      decoded_ += c;
    else if (!read_escape())
      return false;
  }
  return false;
}

// What stands behind a backslash.
bool Message::read_escape() {
  constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
  if (at_ == text_.size()) return false;
  const char c = text_[at_++];
  if (const std::size_t known = kNames.find(c); known != std::string_view::npos) {
    decoded_ += kValues[known];
    return true;
  }
  std::uint32_t point = 0;
  if (c != 'u' || !read_hex4(point)) return false;
  if (point >= 0xDC00 && point <= 0xDFFF) return false;
  if (point >= 0xD800 && point <= 0xDBFF) {
    std::uint32_t low = 0;
    if (!text_.substr(at_).starts_with("\\u")) return false;
    at_ += 2;
    if (!read_hex4(low) || low < 0xDC00 || low > 0xDFFF) return false;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(decoded_, point);
  return true;
}

bool Message::read_hex4(std::uint32_t& value) {
  if (text_.size() - at_ < 4) return false;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(text_[at_++]);
    if (digit < 0) return false;
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  return true;
}

bool Message::read_digits() {
  const std::size_t start = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > start;
}

bool Message::read_number() {
  if (text_[at_] == '-') ++at_;
  const std::size_t start = at_;
  if (!read_digits() || (text_[start] == '0' && at_ > start + 1)) return false;
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    if (!read_digits()) return false;
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!read_digits()) return false;
  }
  return true;
}

bool Message::read_word(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

bool Message::read_name(std::string_view& name) {
  if (!is_next('"') || !read_text(name) || !is_next(':')) return false;
  ++at_;
  return true;
}

// To the next member, over the comma that parts it from the one before.
bool Message::next(char closing, bool& more) {
  more = false;
  if (is_next(closing)) {
    is_first_ = false;
    ++at_;
    return true;
  }
  if (at_ == text_.size()) return false;
  if (!is_first_) {
    if (text_[at_] != ',') return false;
    ++at_;
    if (is_next(closing)) return false;  // a comma with nothing behind it
  }
  is_first_ = false;
  more = true;
  return true;
}

// Reads over one value, whatever it is.
bool Message::skip(int depth) {
  skip_blanks();
  if (at_ == text_.size() || depth > kDepthMax) return false;
  std::string_view unused;
  switch (text_[at_]) {
    case '"': {
      const std::size_t kept = decoded_.size();
      const bool ok = read_text(unused);
      decoded_.resize(kept);
      return ok;
    }
    case 't':
      return read_word("true");
    case 'f':
      return read_word("false");
    case 'n':
      return read_word("null");
    case '[':
    case '{': {
      const bool is_object = text_[at_] == '{';
      ++at_;
      is_first_ = true;
      for (bool more = true;;) {
        if (!next(is_object ? '}' : ']', more)) return false;
        if (!more) return true;
        const std::size_t kept = decoded_.size();
        if (is_object && !read_name(unused)) return false;
        decoded_.resize(kept);
        if (!skip(depth + 1)) return false;
      }
    }
    default:
      return (text_[at_] == '-' || is_digit(text_[at_])) && read_number();
  }
}

}  // namespace ws_api
