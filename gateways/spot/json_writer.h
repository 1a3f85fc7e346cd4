// Writes JSON by appending to a string the caller keeps: no tree, no allocation once the string has its size. Commas
// are its business, nesting is the caller's. Texts that came from outside are escaped; keys and enum names are our own
// constants.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace spot {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    needs_comma_ = false;
    return *this;
  }

  JsonWriter& text(std::string_view value) {
    separate();
    out_ += '"';
    append_escaped(value);
    out_ += '"';
    return *this;
  }
  JsonWriter& number(std::int64_t value) { return digits(value); }
  JsonWriter& number(std::uint64_t value) { return digits(value); }
  JsonWriter& boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
    return *this;
  }
  // A value that is JSON already.
  JsonWriter& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }
  // A text that `append` puts behind the opening quote: decimals. REQUIRES it to append nothing that needs escaping.
  template <class Append>
  JsonWriter& quoted(Append append) {
    separate();
    out_ += '"';
    append(out_);
    out_ += '"';
    return *this;
  }

  JsonWriter& field(std::string_view name, std::string_view value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, const char* value) { return key(name).text(value); }
  JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, std::uint64_t value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, int value) { return key(name).number(std::int64_t{value}); }
  JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }

 private:
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
  }
  template <class Integer>
  JsonWriter& digits(Integer value) {
    separate();
    std::array<char, 24> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out_.append(text.data(), static_cast<std::size_t>(end - text.data()));
    return *this;
  }
  void separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
  }
  void append_escaped(std::string_view value);

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace spot
