// CRC-32C (Castagnoli, RFC 3720 appendix B.4; check value of "123456789" is 0xE3069283), by SSE 4.2 where the machine
// has it.
#pragma once

#include <cstdint>

#include "pkg/core/bytes.h"

namespace core {

// The CRC of `bytes` appended to what gave `crc`; start with 0.
[[nodiscard]] std::uint32_t crc32c(BytesView bytes, std::uint32_t crc = 0);

// The same by table, on any machine: what the fast one is tested against.
[[nodiscard]] std::uint32_t crc32c_portable(BytesView bytes, std::uint32_t crc = 0);

}  // namespace core
