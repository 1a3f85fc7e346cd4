// Noise as queries, bodies, signatures, public keys, parameters and times.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateways/auth/base64.h"
#include "gateways/auth/freshness.h"
#include "gateways/auth/hmac.h"
#include "gateways/auth/payload.h"
#include "gateways/auth/public_key.h"
#include "gateways/auth/sorted_payload.h"
#include "pkg/core/check.h"

namespace {

// What openssl genpkey made; nobody has the private keys.
constexpr std::string_view kRsa = R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzD3LZQgvC3ei9tROzCKm
ryHorICApINi9HjZPO/po4HsaulMDvhaMiAWI+MVtmLf/T3Ojw9zd/7QhkiT1OPD
2OaBH84B37BAlMH/5eTx8Df/S5VHcpA+PwGkt+wpVO6a6B1IPn3o3GOofDmdgl1t
0k5AD6dHWWoduA+hnFoKHL9UdE/FNyxxWi1WXcvw/i0+unETDT/5ZK9+VLZBs88X
L2HHftfvlTjCiNWTpF6Ir9NRQr0Ca0uC48AX7rV8pNZ8IpGK4fpXrhtgGWgot4V3
Xcdv9Bfi0AJteOAATKNeI9beow+2cEaPB3qdZUzEo/N0Z+Popt49iYrsJqDONNWu
swIDAQAB
-----END PUBLIC KEY-----
)";
constexpr std::string_view kEd25519 = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAz8R0N6S5ksfSV1aJZr0EXySEi8b4xZ6jPOU4tHIRtbM=
-----END PUBLIC KEY-----
)";

std::unique_ptr<auth::Verifier> verifier_of(auth::KeyType type, std::string_view pem) {
  auth::Key key;
  key.type = type;
  key.secret = pem;
  auto made = auth::make_verifier(key);
  CHECK(made);
  return std::move(*made);
}

// Noise is never a signature, with or without the form of one.
void public_keys(const auth::Payload& payload, std::string_view text) {
  static const auto rsa = verifier_of(auth::KeyType::rsa, kRsa);
  static const auto ed25519 = verifier_of(auth::KeyType::ed25519, kEd25519);
  std::array<unsigned char, 256> bytes;
  for (const auto& [verifier, size] : {std::pair{rsa.get(), std::size_t{256}}, {ed25519.get(), std::size_t{64}}}) {
    const bool has_form = auth::decode_base64(text, std::span(bytes).first(size));
    const auth::Verdict verdict = verifier->verify(payload.pieces(), text);
    CHECK(verdict == (has_form ? auth::Verdict::wrong : auth::Verdict::malformed));
    std::string formed(text.substr(0, size / 3 * 4 + 1));
    for (char& c : formed) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '/';
    formed.resize(size / 3 * 4 + 1, 'A');
    CHECK(verifier->verify(payload.pieces(), formed + "A==") == auth::Verdict::wrong);
  }
  for (const auth::KeyType type : {auth::KeyType::rsa, auth::KeyType::ed25519}) {
    (void)auth::PublicKey::parse(type, text);
    // Noise where the key should stand.
    (void)auth::PublicKey::parse(type,
                                 "-----BEGIN PUBLIC KEY-----\n" + std::string(text) + "\n-----END PUBLIC KEY-----\n");
  }
}

// The text has every parameter but the signature, in order.
void sorted(std::string_view text) {
  std::vector<auth::NamedText> parameters;
  std::size_t size = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size()), equal = std::min(text.find('='), end);
    parameters.push_back(
        {text.substr(0, equal), text.substr(std::min(equal + 1, end), end - std::min(equal + 1, end))});
    if (parameters.back().name != "signature")
      size += parameters.back().name.size() + parameters.back().value.size() + 2;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  std::string scratch;
  CHECK(auth::sorted_payload(parameters, scratch).size() == (size == 0 ? 0 : size - 1));
  CHECK(std::ranges::is_sorted(parameters, {}, &auth::NamedText::name));
}

}  // namespace

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
  public_keys(payload, body);
  sorted(text);
  if (const auto time = auth::parse_time(query))
    (void)auth::judge({*time, auth::kReceiveWindowNsMax}, core::Time{1'700'000'000'000'000'000});
  if (const auto window_ns = auth::parse_window(query))
    CHECK(*window_ns >= 0 && *window_ns <= auth::kReceiveWindowNsMax);
  return 0;
}
