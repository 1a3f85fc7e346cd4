#include "gateways/rest/live_page.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "pkg/core/check.h"

namespace rest {
namespace {

// What lies between <name> and </name>; empty when there is no such element.
std::string_view content_of(std::string_view page, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">", close = "</" + std::string(name) + ">";
  const std::size_t begin = page.find(open);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = page.find(close, begin);
  CHECK(end != std::string_view::npos);
  return page.substr(begin + open.size(), end - begin - open.size());
}

// 'sha256-...' as a policy names what it lets run.
std::string source_of(std::string_view content) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data());
  std::array<unsigned char, (SHA256_DIGEST_LENGTH + 2) / 3 * 4 + 1> text;
  const int length = EVP_EncodeBlock(text.data(), digest.data(), SHA256_DIGEST_LENGTH);
  return "'sha256-" + std::string(text.begin(), text.begin() + length) + "'";
}

}  // namespace

std::string content_security_policy(std::string_view page) {
  return "default-src 'none'; script-src " + source_of(content_of(page, "script")) + "; style-src " +
         source_of(content_of(page, "style")) +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

const std::string& live_page_headers() {
  static const std::string kLines = "Content-Security-Policy: " + content_security_policy(live_page_text()) +
                                    "\r\n"
                                    "X-Content-Type-Options: nosniff\r\n"
                                    "Referrer-Policy: no-referrer\r\n"
                                    "Cache-Control: no-cache\r\n";
  return kLines;
}

}  // namespace rest
