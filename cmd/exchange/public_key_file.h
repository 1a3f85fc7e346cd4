// A client's public key from the file an operator names.
#pragma once

#include <string>

#include "pkg/core/error.h"

namespace exchange {

// The file's text, looked through before anything is sent: a private key given by mistake goes no further. `type` is
// "rsa" or "ed25519". Errors name the file and say what is accepted.
[[nodiscard]] core::Result<std::string> read_public_key(const std::string& path, const std::string& type);

}  // namespace exchange
