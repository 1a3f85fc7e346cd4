#include "gateways/spot/security.h"

namespace spot {
namespace {

constexpr std::string_view kWindowRange = R"(^[0-9]{1,20}(\.[0-9]{1,3})?$)";

auth::Freshness take_freshness(Arguments& arguments) {
  auth::Freshness freshness;
  const std::string_view timestamp = arguments.mandatory("timestamp");
  if (!arguments.ok()) return freshness;
  if (const auto time = auth::parse_time(timestamp)) {
    freshness.timestamp = *time;
  } else {
    arguments.complain(illegal_characters("timestamp", kIntegerRange));
  }
  if (const auto text = arguments.optional("recvWindow"); text && arguments.ok()) {
    if (const auto window_ns = auth::parse_window(*text)) {
      freshness.window_ns = *window_ns;
    } else {
      arguments.complain(window_ns.error() == auth::WindowError::too_long
                             ? window_too_long()
                             : illegal_characters("recvWindow", kWindowRange));
    }
  }
  return freshness;
}

bool may_ask(const auth::KeyEntry& key, Security security) {
  if (security == Security::none) return true;  // whoever the key belongs to
  const auth::Permissions& may = key.key.permissions;
  return security == Security::trade ? may.trade : may.read;
}

}  // namespace

std::optional<ApiError> staleness(const auth::Freshness& freshness, core::Time now) {
  switch (auth::judge(freshness, now)) {
    case auth::Staleness::fresh:
      return std::nullopt;
    case auth::Staleness::ahead:
      return timestamp_ahead();
    case auth::Staleness::expired:
      return timestamp_expired();
  }
  return timestamp_expired();
}

std::expected<Signed, ApiError> check_signed(Arguments& arguments, const auth::KeyRing& keys, std::string_view api_key,
                                             std::span<const std::string_view> payload, Security security,
                                             core::Time now) {
  if (!auth::is_well_formed_api_key(api_key)) return std::unexpected(bad_key_format());
  const auth::KeyEntry* entry = keys.find(api_key);
  if (entry == nullptr) return std::unexpected(key_refused());
  const auth::Freshness freshness = take_freshness(arguments);
  const std::string_view signature = arguments.ok() ? arguments.mandatory("signature") : std::string_view{};
  if (!arguments.ok()) return std::unexpected(arguments.error());
  switch (entry->verifier->verify(payload, signature)) {
    case auth::Verdict::valid:
      break;
    case auth::Verdict::malformed:
      return std::unexpected(illegal_characters("signature", entry->verifier->signature_form()));
    case auth::Verdict::wrong:
      return std::unexpected(bad_signature());
  }
  if (auto stale = staleness(freshness, now)) return std::unexpected(std::move(*stale));
  if (!may_ask(*entry, security)) return std::unexpected(key_refused());
  return Signed{entry, freshness};
}

std::expected<Signed, ApiError> check_key(const auth::KeyRing& keys, std::string_view api_key) {
  if (!auth::is_well_formed_api_key(api_key)) return std::unexpected(bad_key_format());
  const auth::KeyEntry* entry = keys.find(api_key);
  if (entry == nullptr || !may_ask(*entry, Security::user_stream)) return std::unexpected(key_refused());
  return Signed{entry, {}};
}

std::expected<Signed, ApiError> check_session(Arguments& arguments, const auth::KeyEntry& key, Security security,
                                              core::Time now) {
  const auth::Freshness freshness = take_freshness(arguments);
  if (!arguments.ok()) return std::unexpected(arguments.error());
  if (auto stale = staleness(freshness, now)) return std::unexpected(std::move(*stale));
  if (!may_ask(key, security)) return std::unexpected(key_refused());
  return Signed{&key, freshness};
}

}  // namespace spot
