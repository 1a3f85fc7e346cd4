#include "gateways/http/parser.h"

#include <algorithm>
#include <optional>

namespace http {
namespace {

using Fault = std::unexpected<BadRequest>;

Fault bad(std::string_view reason) { return Fault(BadRequest{400, reason}); }
Fault bad(int status, std::string_view reason) { return Fault(BadRequest{status, reason}); }

constexpr std::string_view kCrLf = "\r\n";
constexpr std::size_t kChunkLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 4096;

enum CharClass : unsigned char { kToken = 1, kTarget = 2, kText = 4 };

// tchar of RFC 9110, 5.6.2; visible ASCII for targets; field values are visible, blank, tab or above ASCII.
constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> classes{};
  for (unsigned c = 0x21; c < 0x7F; ++c) classes[c] = kTarget | kText;
  for (unsigned c = 0x80; c < 0x100; ++c) classes[c] = kText;
  classes[' '] |= kText;
  classes['\t'] |= kText;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] |= kToken;
  for (unsigned c = 'a'; c <= 'z'; ++c) classes[c] |= kToken;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] |= kToken;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) classes[static_cast<unsigned char>(c)] |= kToken;
  return classes;
}
constexpr std::array<unsigned char, 256> kClasses = make_classes();

bool all(std::string_view text, CharClass wanted) {
  unsigned char met = wanted;
  for (const char c : text) met &= kClasses[static_cast<unsigned char>(c)];
  return met != 0;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Method method_named(std::string_view text) {
  constexpr std::array kMethods = {Method::get,     Method::post,  Method::del,   Method::put,    Method::head,
                                   Method::options, Method::patch, Method::trace, Method::connect};
  const auto* found = std::ranges::find_if(kMethods, [text](Method method) { return name(method) == text; });
  return found == kMethods.end() ? Method::unknown : *found;
}

std::optional<std::size_t> parse_length(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    // Saturates far above every limit.
    value = value > 1'000'000'000'000 ? value : value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

std::expected<void, BadRequest> parse_target(std::string_view target, Head& head) {
  if (target.empty() || !all(target, kTarget))
    return bad("the request target has characters that must be percent-encoded");
  if (target.front() != '/' && !(target == "*" && head.method == Method::options)) {
    // Absolute form (RFC 9112, 3.2.2): the host in it does not matter here.
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos || head.method == Method::connect)
      return bad("the request target is not a path");
    const std::size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  const std::size_t mark = target.find('?');
  head.path = target.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  return {};
}

std::expected<void, BadRequest> parse_request_line(std::string_view line, const Options& options, Head& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("the request line is not METHOD TARGET VERSION");
  const std::string_view method = line.substr(0, first), version = line.substr(last + 1);
  if (method.empty() || !all(method, kToken)) return bad("the request method is no word");
  if (version == "HTTP/1.0") {
    head.is_http_1_0 = true;
    head.keep_alive = false;
  } else if (version != "HTTP/1.1") {
    return version.starts_with("HTTP/") ? bad(505, "only HTTP/1.1 and HTTP/1.0 are spoken here")
                                        : bad("the request line does not end with HTTP/1.1");
  }
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (target.size() > options.target_bytes_max) return bad(414, "the request target is too long");
  head.method = method_named(method);
  return parse_target(target, head);
}

// What of the headers decides where the request ends and whether the connection goes on.
struct Framing {
  std::size_t hosts = 0;
  bool has_length = false;
  bool has_coding = false;
};

std::expected<void, BadRequest> note(const Header& header, Framing& framing, Head& head) {
  const auto named = [&header](std::string_view wanted) { return equal_ignoring_case(header.name, wanted); };
  switch (header.name.size()) {
    case 4:
      if (named("host")) ++framing.hosts;
      break;
    case 6:
      if (named("expect")) {
        if (!equal_ignoring_case(header.value, "100-continue"))
          return bad(417, "the only expectation known is 100-continue");
        head.expects_continue = !head.is_http_1_0;
      }
      break;
    case 10:
      if (named("connection")) {
        if (lists(header.value, "close"))
          head.keep_alive = false;
        else if (head.is_http_1_0 && lists(header.value, "keep-alive"))
          head.keep_alive = true;
      }
      break;
    case 14:
      if (named("content-length")) {
        const auto length = parse_length(header.value);
        if (!length || (framing.has_length && *length != head.content_length))
          return bad("Content-Length is not one number");
        framing.has_length = true;
        head.content_length = *length;
      }
      break;
    case 17:
      if (named("transfer-encoding")) {
        if (framing.has_coding || !equal_ignoring_case(header.value, "chunked"))
          return bad(501, "the only transfer coding known is chunked");
        framing.has_coding = head.is_chunked = true;
      }
      break;
    default:
      break;
  }
  return {};
}

std::expected<void, BadRequest> parse_header(std::string_view line, Framing& framing, const Options& options,
                                             Head& head) {
  if (line.front() == ' ' || line.front() == '\t') return bad("folded header lines are not taken");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a header line has no colon");
  const Header header{line.substr(0, colon), trimmed(line.substr(colon + 1))};
  if (header.name.empty() || !all(header.name, kToken)) return bad("a header name is no word");
  if (!all(header.value, kText)) return bad("a header value has control characters");
  if (head.header_count == std::min(options.headers_max, kHeadersMax)) return bad(431, "too many headers");
  head.headers[head.header_count++] = header;
  return note(header, framing, head);
}

}  // namespace

std::string_view name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::del:
      return "DELETE";
    case Method::options:
      return "OPTIONS";
    case Method::patch:
      return "PATCH";
    case Method::trace:
      return "TRACE";
    case Method::connect:
      return "CONNECT";
    case Method::unknown:
      return "";
  }
  return "";
}

bool lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (equal_ignoring_case(trimmed(list.substr(0, comma)), word)) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view Head::header(std::string_view wanted) const {
  for (const Header& each : all_headers()) {
    if (equal_ignoring_case(each.name, wanted)) return each.value;
  }
  return {};
}

std::expected<std::size_t, BadRequest> find_head_end(std::string_view text, std::size_t& scanned,
                                                     const Options& options) {
  // What cannot become a request is told at once: a client that speaks TLS to us would wait for ever.
  if (!text.empty() && (kClasses[static_cast<unsigned char>(text.front())] & kToken) == 0)
    return bad("this is no HTTP request");
  while (true) {
    const std::size_t end = text.find('\n', scanned);
    if (end == std::string_view::npos || end >= options.head_bytes_max) break;
    if (end == 0 || text[end - 1] != '\r') return bad("a line does not end with CR LF");
    const bool is_empty = end >= 3 && text[end - 2] == '\n';
    scanned = end + 1;
    if (is_empty) return scanned;
  }
  if (text.size() >= options.head_bytes_max) {
    if (text.substr(0, options.head_bytes_max).find(kCrLf) == std::string_view::npos)
      return bad(414, "the request target is too long");
    return bad(431, "the request's headers are too large");
  }
  return 0;
}

std::expected<void, BadRequest> parse_head(std::string_view text, const Options& options, Head& head) {
  head.is_http_1_0 = head.expects_continue = head.is_chunked = false;
  head.keep_alive = true;
  head.content_length = head.header_count = 0;
  std::size_t end = text.find(kCrLf);
  if (auto line = parse_request_line(text.substr(0, end), options, head); !line) return line;
  Framing framing;
  text.remove_prefix(end + kCrLf.size());
  while ((end = text.find(kCrLf)) != 0) {
    if (end == std::string_view::npos) return bad("the headers do not end");
    if (auto header = parse_header(text.substr(0, end), framing, options, head); !header) return header;
    text.remove_prefix(end + kCrLf.size());
  }
  if (framing.hosts > 1 || (framing.hosts == 0 && !head.is_http_1_0)) return bad("the Host header must be there once");
  if (framing.has_coding && framing.has_length) return bad("both Content-Length and Transfer-Encoding");
  if (framing.has_coding && head.is_http_1_0) return bad("HTTP/1.0 has no transfer codings");
  if (head.content_length > options.body_bytes_max) return bad(413, "the request body is too large");
  return {};
}

void ChunkedBody::clear() {
  expecting_ = Expecting::size;
  at_ = left_ = trailer_bytes_ = 0;
  body_.clear();
}

std::expected<void, BadRequest> ChunkedBody::take_size(std::string_view line, const Options& options) {
  const std::string_view digits = trimmed(line.substr(0, line.find(';')));  // extensions mean nothing to us
  if (digits.empty() || digits.size() > 8) return bad("a chunk's size is no hexadecimal number");
  std::size_t size = 0;
  for (const char c : digits) {
    const char low = lower(c);
    if (!((low >= '0' && low <= '9') || (low >= 'a' && low <= 'f')))
      return bad("a chunk's size is no hexadecimal number");
    size = size * 16 + static_cast<std::size_t>(low <= '9' ? low - '0' : low - 'a' + 10);
  }
  if (body_.size() + size > options.body_bytes_max) return bad(413, "the request body is too large");
  left_ = size;
  expecting_ = size == 0 ? Expecting::trailer : Expecting::data;
  return {};
}

std::expected<bool, BadRequest> ChunkedBody::take(std::string_view text, const Options& options) {
  while (true) {
    if (expecting_ == Expecting::data) {
      const std::size_t size = std::min(left_, text.size() - at_);
      body_.append(text, at_, size);
      at_ += size;
      left_ -= size;
      if (left_ > 0) return false;
      expecting_ = Expecting::data_end;
    }
    if (expecting_ == Expecting::data_end) {
      if (!kCrLf.starts_with(text.substr(at_, kCrLf.size()))) return bad("a chunk is longer than its size");
      if (text.size() - at_ < kCrLf.size()) return false;
      at_ += kCrLf.size();
      expecting_ = Expecting::size;
    }
    const std::size_t end = text.substr(at_, kChunkLineBytesMax + 1).find('\n');
    if (end == std::string_view::npos) {
      if (text.size() - at_ > kChunkLineBytesMax) return bad("a chunk's size line is too long");
      return false;
    }
    if (end == 0 || text[at_ + end - 1] != '\r') return bad("a chunk's line does not end with CR LF");
    const std::string_view line = text.substr(at_, end - 1);
    at_ += end + 1;
    if (expecting_ == Expecting::size) {
      if (auto size = take_size(line, options); !size) return Fault(size.error());
    } else {
      if (line.empty()) return true;
      trailer_bytes_ += line.size();
      if (trailer_bytes_ > kTrailerBytesMax) return bad(431, "the trailer is too large");
    }
  }
}

}  // namespace http
