// Reads one JSON text from front to back, value by value, and knows where it stands: what a request parser needs to say
// at which column something is wrong. Allocates nothing but the texts it is asked for. RFC 8259, UTF-8 taken as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace streams {

enum class JsonKind : std::uint8_t { null, boolean, number, text, array, object };

class JsonReader {
 public:
  static constexpr int kDepthMax = 32;
  explicit JsonReader(std::string_view text) : text_(text) {}

  // Every function below does nothing once something was wrong. The first complaint stays.
  [[nodiscard]] bool ok() const { return complaint_.empty(); }
  [[nodiscard]] std::string_view complaint() const { return complaint_; }
  // Where the complaint is, or else how far has been read: both from 1, columns in bytes (0: before the first).
  [[nodiscard]] std::size_t line() const;
  [[nodiscard]] std::size_t column() const;

  // What the next value is; complains when there is none.
  JsonKind peek();
  // The next value: REQUIRES that peek() said so.
  bool read_boolean();
  std::string_view read_number();  // as written
  void read_text(std::string& out);
  void read_null();
  // begin_object(); while (next_key(key)) { one value }. The same with arrays: while (next_element()) { one value }.
  void begin_object();
  bool next_key(std::string& key);
  void begin_array();
  bool next_element();
  // Reads over one value, whatever it is.
  void skip();
  // Nothing but blanks may be left.
  void finish();

 private:
  void complain(std::string_view what);
  void skip_blanks();
  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char here() const { return text_[at_]; }
  bool take_word(std::string_view word);
  void take_digits();
  void read_escape(std::string& out);
  [[nodiscard]] std::uint32_t read_hex4();
  bool next(char closing);
  void enter();

  std::string_view text_, complaint_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool is_first_ = false;  // of an array or object that was just begun
};

}  // namespace streams
