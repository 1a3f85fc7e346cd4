#include "gateways/streams/json_reader.h"

#include <algorithm>

namespace streams {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | point >> 6);
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3F));
    put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

}  // namespace

std::size_t JsonReader::line() const {
  const std::size_t read = std::min(at_, text_.size());
  return 1 + static_cast<std::size_t>(std::ranges::count(text_.substr(0, read), '\n'));
}
std::size_t JsonReader::column() const {
  const std::size_t read = std::min(at_, text_.size());
  const std::size_t newline = text_.substr(0, read).rfind('\n');
  return newline == std::string_view::npos ? read : read - newline - 1;
}

// `at_` comes to stand behind the byte that is wrong.
void JsonReader::complain(std::string_view what) {
  if (!ok()) return;
  complaint_ = what;
  if (!at_end()) ++at_;
}

void JsonReader::skip_blanks() {
  while (!at_end() && is_blank(here())) ++at_;
}

JsonKind JsonReader::peek() {
  if (!ok()) return JsonKind::null;
  skip_blanks();
  if (at_end()) {
    complain("EOF while parsing a value");
    return JsonKind::null;
  }
  switch (here()) {
    case '{':
      return JsonKind::object;
    case '[':
      return JsonKind::array;
    case '"':
      return JsonKind::text;
    case 't':
    case 'f':
      return JsonKind::boolean;
    case 'n':
      return JsonKind::null;
    default:
      if (here() == '-' || is_digit(here())) return JsonKind::number;
      complain("expected value");
      return JsonKind::null;
  }
}

bool JsonReader::take_word(std::string_view word) {
  if (!ok()) return false;
  for (const char c : word) {
    if (at_end()) {
      complain("EOF while parsing a value");
      return false;
    }
    if (here() != c) {
      complain("expected ident");
      return false;
    }
    ++at_;
  }
  return true;
}

void JsonReader::read_null() { take_word("null"); }

bool JsonReader::read_boolean() {
  const bool is_true = ok() && here() == 't';
  return take_word(is_true ? "true" : "false") && is_true;
}

void JsonReader::take_digits() {
  if (!ok()) return;
  if (at_end()) return complain("EOF while parsing a value");
  if (!is_digit(here())) return complain("invalid number");
  while (!at_end() && is_digit(here())) ++at_;
}

std::string_view JsonReader::read_number() {
  if (!ok()) return {};
  const std::size_t start = at_;
  if (here() == '-') ++at_;
  const bool leads_with_zero = !at_end() && here() == '0';
  const std::size_t first_digit = at_;
  take_digits();
  if (ok() && leads_with_zero && at_ > first_digit + 1) {
    at_ = first_digit + 1;
    complain("invalid number");
  }
  if (ok() && !at_end() && here() == '.') {
    ++at_;
    take_digits();
  }
  if (ok() && !at_end() && (here() == 'e' || here() == 'E')) {
    ++at_;
    if (!at_end() && (here() == '+' || here() == '-')) ++at_;
    take_digits();
  }
  return ok() ? text_.substr(start, at_ - start) : std::string_view{};
}

std::uint32_t JsonReader::read_hex4() {
  std::uint32_t value = 0;
  for (int i = 0; i < 4 && ok(); ++i) {
    const int digit = at_end() ? -1 : hex_value(here());
    if (at_end()) {
      complain("EOF while parsing a string");
    } else if (digit < 0) {
      complain("invalid escape");
    } else {
      value = value << 4 | static_cast<std::uint32_t>(digit);
      ++at_;
    }
  }
  return value;
}

// What stands behind a backslash.
void JsonReader::read_escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
  if (at_end()) return complain("EOF while parsing a string");
  if (const std::size_t known = kNames.find(here()); known != std::string_view::npos) {
    ++at_;
    out += kValues[known];
    return;
  }
  if (here() != 'u') return complain("invalid escape");
  ++at_;
  std::uint32_t point = read_hex4();
  if (!ok()) return;
  if (point >= 0xDC00 && point <= 0xDFFF) return complain("lone trailing surrogate in hex escape");
  if (point >= 0xD800 && point <= 0xDBFF) {
    if (!text_.substr(at_).starts_with("\\u")) return complain("lone leading surrogate in hex escape");
    at_ += 2;
    const std::uint32_t low = read_hex4();
    if (!ok()) return;
    if (low < 0xDC00 || low > 0xDFFF) return complain("lone leading surrogate in hex escape");
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(out, point);
}

void JsonReader::read_text(std::string& out) {
  out.clear();
  if (!ok()) return;
  ++at_;  // the quote
  while (ok()) {
    if (at_end()) return complain("EOF while parsing a string");
    const char c = here();
    if (static_cast<unsigned char>(c) < 0x20)
      return complain("control character (\\u0000-\\u001F) found while parsing a string");
    ++at_;
    if (c == '"') return;
    if (c == '\\') {
      read_escape(out);
    } else {
      out += c;
    }
  }
}

void JsonReader::enter() {
  if (!ok()) return;
  if (++depth_ > kDepthMax) return complain("recursion limit exceeded");
  ++at_;
  is_first_ = true;
}

void JsonReader::begin_object() { enter(); }
void JsonReader::begin_array() { enter(); }

// To the next member of an object or array, over the comma that parts it from the one before; false at the end.
bool JsonReader::next(char closing) {
  if (!ok()) return false;
  const bool in_object = closing == '}';
  skip_blanks();
  if (at_end()) {
    complain(in_object ? "EOF while parsing an object" : "EOF while parsing a list");
    return false;
  }
  if (here() == closing) {
    ++at_;
    --depth_;
    is_first_ = false;
    return false;
  }
  if (is_first_) {
    is_first_ = false;
    return true;
  }
  if (here() != ',') {
    complain(in_object ? "expected `,` or `}`" : "expected `,` or `]`");
    return false;
  }
  ++at_;
  skip_blanks();
  if (!at_end() && here() == closing) {
    complain("trailing comma");
    return false;
  }
  return true;
}

bool JsonReader::next_element() { return next(']'); }

bool JsonReader::next_key(std::string& key) {
  if (!next('}')) return false;
  if (at_end()) {
    complain("EOF while parsing an object");
    return false;
  }
  if (here() != '"') {
    complain("key must be a string");
    return false;
  }
  read_text(key);
  if (!ok()) return false;
  skip_blanks();
  if (at_end()) {
    complain("EOF while parsing an object");
    return false;
  }
  if (here() != ':') {
    complain("expected `:`");
    return false;
  }
  ++at_;
  return true;
}

void JsonReader::skip() {
  std::string text;
  switch (peek()) {
    case JsonKind::null:
      return read_null();
    case JsonKind::boolean:
      (void)read_boolean();
      return;
    case JsonKind::number:
      (void)read_number();
      return;
    case JsonKind::text:
      return read_text(text);
    case JsonKind::array:
      begin_array();
      while (next_element()) skip();
      return;
    case JsonKind::object:
      begin_object();
      while (next_key(text)) skip();
      return;
  }
}

void JsonReader::finish() {
  if (!ok()) return;
  skip_blanks();
  if (!at_end()) complain("trailing characters");
}

}  // namespace streams
