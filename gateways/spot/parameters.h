// The parameters of one request: names and values, wherever they came from, and which of them have been read.
//
// parse() takes a query string and a form body as they lie in the request; values without percent-encoding are not
// copied, so the request must outlive it. Kept and reused by its owner: in the steady state nothing is allocated.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "gateways/spot/error.h"

namespace spot {

class Parameters {
 public:
  static constexpr std::size_t kCountMax = 64;

  // Errors: a name twice in the same place (-1101), too many (-1101), broken percent-encoding or UTF-8 (-1100). A name
  // in the query and in the body: the query's counts.
  [[nodiscard]] std::expected<void, ApiError> parse(std::string_view query, std::string_view body);

  // Or one by one, as they are; the views must outlive it. Errors: a name that is there already, too many (-1101).
  void clear();
  [[nodiscard]] std::expected<void, ApiError> add(std::string_view name, std::string_view value);

  // The decoded value, marked as read; nothing when it was not sent.
  [[nodiscard]] std::optional<std::string_view> read(std::string_view name);
  // Without marking.
  [[nodiscard]] std::optional<std::string_view> peek(std::string_view name) const;
  [[nodiscard]] std::size_t sent() const { return count_; }
  [[nodiscard]] std::size_t read_count() const;

 private:
  struct Parameter {
    std::string_view name, value;
  };
  [[nodiscard]] std::expected<void, ApiError> parse_form(std::string_view text, bool is_body);
  [[nodiscard]] std::expected<std::string_view, ApiError> decode(std::string_view text);
  [[nodiscard]] std::size_t find(std::string_view name) const;

  std::array<Parameter, kCountMax> parameters_;
  std::size_t count_ = 0;
  std::uint64_t read_ = 0;  // bit per parameter
  std::string decoded_;     // never grows while views point into it
};

[[nodiscard]] bool is_valid_utf8(std::string_view text);

}  // namespace spot
