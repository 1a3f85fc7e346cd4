// One HTTP/1.1 request as it lies in the bytes it came in: nothing is copied, nothing is decoded.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace http {

enum class Method : std::uint8_t { get, head, post, put, del, options, patch, trace, connect, unknown };
[[nodiscard]] std::string_view name(Method method);

struct Header {
  std::string_view name, value;  // value without white space around it
};

inline constexpr std::size_t kHeadersMax = 64;

struct Head {
  Method method = Method::unknown;
  std::string_view path;   // before '?'
  std::string_view query;  // after '?', raw; empty when there is none
  bool is_http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  bool is_chunked = false;
  std::size_t content_length = 0;
  std::size_t header_count = 0;
  std::array<Header, kHeadersMax> headers;

  // The first header of that name (case does not matter); nullptr data when there is none.
  [[nodiscard]] std::string_view header(std::string_view wanted) const;
  [[nodiscard]] std::span<const Header> all_headers() const { return std::span(headers).first(header_count); }
};

struct Request {
  std::uint64_t number = 0;  // within its connection, counting from 0; answers name it
  const Head& head;
  std::string_view body;
};

// Whether a comma-separated list has that word, whatever its case.
[[nodiscard]] bool lists(std::string_view list, std::string_view word);
// ASCII letters alike whatever their case.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace http
