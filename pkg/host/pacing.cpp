#include "pkg/host/pacing.h"

namespace host {

std::optional<std::int64_t> Pacer::wait_until(std::uint32_t commands, std::int64_t now_ns) {
  if (commands >= pacing_.wait_commands || recent_x16_ < 16ull * pacing_.wait_when_recent) return std::nullopt;
  if (!waiting_since_ns_) waiting_since_ns_ = now_ns;
  const std::int64_t until = *waiting_since_ns_ + pacing_.wait_ns_max;
  if (now_ns >= until) return std::nullopt;
  return until;
}

void Pacer::cut(std::uint32_t commands) {
  recent_x16_ = (recent_x16_ * 7 + 16ull * commands + 7) / 8;
  waiting_since_ns_.reset();
}

}  // namespace host
