// Secrets at rest: AES-256-GCM under a master key that lies in a file of its own, readable by its owner only, so that a
// copy of the database alone gives nothing away.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "pkg/core/error.h"

namespace keys {

class Cipher {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  // Reads the key file, or makes one (mode 0600, from the system's random source) when there is none. Errors: denied
  // when others could read the file, corrupt when it is not 64 hexadecimal digits.
  [[nodiscard]] static core::Result<Cipher> open(const std::string& key_file);
  explicit Cipher(const std::array<unsigned char, kKeyBytes>& key) : key_(key) {}

  // Hexadecimal nonce, ciphertext and tag. `context` must be the same to decrypt: it ties a secret to its row.
  [[nodiscard]] core::Result<std::string> encrypt(std::string_view plain, std::string_view context) const;
  [[nodiscard]] core::Result<std::string> decrypt(std::string_view hex, std::string_view context) const;

 private:
  std::array<unsigned char, kKeyBytes> key_{};
};

// `length` characters of [0-9A-Za-z] from the system's random source.
[[nodiscard]] core::Result<std::string> random_token(std::size_t length);

}  // namespace keys
