#include "cmd/exchange/public_key_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "gateways/auth/public_key.h"

namespace exchange {

core::Result<std::string> read_public_key(const std::string& path, const std::string& type) {
  std::ifstream in(path, std::ios::binary);
  std::string text(auth::kPemBytesMax + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad()) {  // a folder opens and does not read
    const int reason = errno;
    return core::fail(reason == ENOENT ? core::ErrorKind::not_found : core::ErrorKind::io, std::strerror(reason), path,
                      "--public-key names a PEM file that begins with -----BEGIN PUBLIC KEY-----");
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto accepted = auth::accept_public_key(type == "rsa" ? auth::KeyType::rsa : auth::KeyType::ed25519, text);
  if (!accepted) accepted.error().where = path;
  return accepted;
}

}  // namespace exchange
