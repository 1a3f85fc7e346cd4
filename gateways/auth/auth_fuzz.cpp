// Noise as queries, bodies, signatures and times.
#include <cstdint>
#include <string>

#include "gateways/auth/freshness.h"
#include "gateways/auth/hmac.h"
#include "gateways/auth/payload.h"
#include "pkg/core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t bar = text.find('\n');
  const std::string_view query = text.substr(0, bar);
  const std::string_view body = bar == std::string_view::npos ? std::string_view{} : text.substr(bar + 1);

  const auth::Payload payload(query, body);
  std::size_t signed_bytes = 0;
  for (const std::string_view piece : payload.pieces()) {
    CHECK(!piece.empty() && piece.data() >= text.data() && piece.data() + piece.size() <= text.data() + text.size());
    signed_bytes += piece.size();
  }
  CHECK(signed_bytes <= query.size() + body.size());

  const auth::HmacVerifier verifier("secret");
  CHECK(verifier.verify(payload.pieces(), body) != auth::Verdict::valid);

  // Signing what it says is signed, and adding the signature, always verifies.
  if (query.find("signature=") == std::string_view::npos && body.find("signature=") == std::string_view::npos) {
    const std::string signature = auth::to_hex(auth::HmacSha256("secret").sign(payload.pieces()));
    const std::string with_signature = std::string(query) + (query.empty() ? "" : "&") + "signature=" + signature;
    CHECK(verifier.verify(auth::Payload(with_signature, body).pieces(), signature) == auth::Verdict::valid);
  }
  if (const auto time = auth::parse_time(query))
    (void)auth::judge({*time, auth::kReceiveWindowNsMax}, core::Time{1'700'000'000'000'000'000});
  if (const auto window_ns = auth::parse_window(query))
    CHECK(*window_ns >= 0 && *window_ns <= auth::kReceiveWindowNsMax);
  return 0;
}
