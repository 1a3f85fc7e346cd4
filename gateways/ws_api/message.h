// One message of a client: {"id":1,"method":"order.place","params":{"symbol":"BTCUSDT","price":0.1}}, taken apart.
//
// Strict JSON (RFC 8259), every byte looked at once, bounded depth. Nothing is copied but texts with escapes and lists
// with blanks in them; what is handed out lives until the next parse, and as long as the message. Kept and reused by
// its owner: in the steady state nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateways/auth/sorted_payload.h"
#include "gateways/spot/error.h"
#include "gateways/spot/parameters.h"

namespace ws_api {

inline constexpr std::size_t kIdBytesMax = 128;  // of an id as it stands in the message, quotes and escapes included

class Message {
 public:
  // Errors: no JSON object (-1135), a field that is missing or of the wrong type (-1102; for params -1135), a field
  // twice or too many parameters (-1101), a parameter that is an object or a list of lists (-1100). Which of several is
  // told first follows from the order in the message; but for bad JSON the id is known whatever else is wrong.
  [[nodiscard]] std::expected<void, spot::ApiError> parse(std::string_view text);

  // As it was sent, JSON, to be sent back: 7, "a-b", null. Null also when there was none of a type that may be sent
  // back.
  [[nodiscard]] std::string_view id() const { return id_; }
  [[nodiscard]] std::string_view method() const { return method_; }
  // In the order of the message. Of a text its content, of a number or boolean the token as it was written, of a list
  // its JSON without blanks, of null nothing. Names may be there twice.
  [[nodiscard]] std::span<auth::NamedText> parameters() { return std::span(parameters_).first(count_); }

 private:
  void complain(spot::ApiError error) {
    if (!complaint_) complaint_ = std::move(error);
  }
  // Each reads one value or the like, and returns false when the text is no JSON.
  [[nodiscard]] bool read_request();
  [[nodiscard]] bool read_field(std::string_view name);
  [[nodiscard]] bool read_id();
  [[nodiscard]] bool read_method();
  [[nodiscard]] bool read_params();
  [[nodiscard]] bool read_param(std::string_view name);
  [[nodiscard]] bool read_list(std::string_view& value);
  [[nodiscard]] bool read_text(std::string_view& content);
  [[nodiscard]] bool read_escape();
  [[nodiscard]] bool read_hex4(std::uint32_t& value);
  [[nodiscard]] bool read_number();
  [[nodiscard]] bool read_digits();
  [[nodiscard]] bool read_word(std::string_view word);
  [[nodiscard]] bool skip(int depth);
  // begin, then `while (ok = next(closing, more), ok && more)` one member each.
  [[nodiscard]] bool next(char closing, bool& more);
  [[nodiscard]] bool read_name(std::string_view& name);
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  [[nodiscard]] bool is_next(char c) {
    skip_blanks();
    return at_ < text_.size() && text_[at_] == c;
  }
  [[nodiscard]] static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  std::string_view text_, id_, method_;
  std::size_t at_ = 0;
  bool is_first_ = false;  // of an object or list that was just begun
  bool has_id_ = false, has_method_ = false, has_params_ = false;
  std::array<auth::NamedText, spot::Parameters::kCountMax> parameters_;
  std::size_t count_ = 0;
  std::optional<spot::ApiError> complaint_;
  std::string decoded_;  // never grows while views point into it
};

}  // namespace ws_api
