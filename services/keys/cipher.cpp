#include "services/keys/cipher.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace keys {
namespace {

constexpr int kNonceBytes = 12;
constexpr int kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  out.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    out += "0123456789abcdef"[bytes[i] >> 4];
    out += "0123456789abcdef"[bytes[i] & 15];
  }
  return out;
}

std::optional<std::vector<unsigned char>> from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<unsigned char> out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<unsigned char>(high * 16 + low));
  }
  return out;
}

core::Result<std::string> read_key_file(int descriptor, const std::string& path) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return core::fail(core::ErrorKind::io, std::strerror(errno), path);
  if ((status.st_mode & 0077) != 0)
    return core::fail(core::ErrorKind::denied, "others can read the master key", path, "chmod 600 " + path);
  std::string text(128, '\0');
  const ssize_t size = ::read(descriptor, text.data(), text.size());
  if (size < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), path);
  text.resize(static_cast<std::size_t>(size));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

core::Result<std::string> make_key_file(const std::string& path) {
  unsigned char key[Cipher::kKeyBytes];
  if (RAND_bytes(key, sizeof key) != 1) return core::fail(core::ErrorKind::io, "no random bytes from the system");
  std::string text = to_hex(key, sizeof key);
  const std::string unfinished = path + ".new";
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), unfinished);
  const std::string line = text + "\n";
  const bool written =
      ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!written || ::rename(unfinished.c_str(), path.c_str()) != 0)
    return core::fail(core::ErrorKind::io, std::strerror(errno), path);
  const std::string folder = path.substr(0, path.rfind('/'));
  const int folder_descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_descriptor >= 0) {
    ::fsync(folder_descriptor);
    ::close(folder_descriptor);
  }
  return text;
}

}  // namespace

core::Result<Cipher> Cipher::open(const std::string& key_file) {
  core::Result<std::string> text;
  const int descriptor = ::open(key_file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor >= 0) {
    text = read_key_file(descriptor, key_file);
    ::close(descriptor);
  } else if (errno == ENOENT) {
    text = make_key_file(key_file);
  } else {
    return core::fail(core::ErrorKind::denied, std::strerror(errno), key_file);
  }
  if (!text) return std::unexpected(text.error());
  const auto bytes = from_hex(*text);
  if (!bytes || bytes->size() != kKeyBytes) {
    return core::fail(core::ErrorKind::corrupt, "a master key is 64 hexadecimal digits", key_file,
                      "restore it from a backup: without it the stored API secrets cannot be read");
  }
  std::array<unsigned char, kKeyBytes> key{};
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return Cipher(key);
}

core::Result<std::string> Cipher::encrypt(std::string_view plain, std::string_view context) const {
  std::vector<unsigned char> out(kNonceBytes + plain.size() + kTagBytes);
  if (RAND_bytes(out.data(), kNonceBytes) != 1)
    return core::fail(core::ErrorKind::io, "no random bytes from the system");
  const Context cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const auto* text = reinterpret_cast<const unsigned char*>(plain.data());
  const auto* aad = reinterpret_cast<const unsigned char*>(context.data());
  unsigned char* body = out.data() + kNonceBytes;
  const bool done = cipher &&
                    EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), out.data()) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), nullptr, &size, aad, static_cast<int>(context.size())) == 1 &&
                    EVP_EncryptUpdate(cipher.get(), body, &size, text, static_cast<int>(plain.size())) == 1 &&
                    EVP_EncryptFinal_ex(cipher.get(), body + size, &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, body + plain.size()) == 1;
  if (!done) return core::fail(core::ErrorKind::io, "encryption failed");
  return to_hex(out.data(), out.size());
}

core::Result<std::string> Cipher::decrypt(std::string_view hex, std::string_view context) const {
  auto in = from_hex(hex);
  if (!in || in->size() < kNonceBytes + kTagBytes)
    return core::fail(core::ErrorKind::corrupt, "not an encrypted secret");
  const std::size_t length = in->size() - kNonceBytes - kTagBytes;
  std::string plain(length, '\0');
  const Context cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  auto* text = reinterpret_cast<unsigned char*>(plain.data());
  const auto* aad = reinterpret_cast<const unsigned char*>(context.data());
  const unsigned char* body = in->data() + kNonceBytes;
  const bool done =
      cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), in->data()) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, aad, static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), text, &size, body, static_cast<int>(length)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, in->data() + kNonceBytes + length) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), text + length, &size) == 1;
  if (!done) return core::fail(core::ErrorKind::corrupt, "the secret does not decrypt under this master key");
  return plain;
}

core::Result<std::string> random_token(std::size_t length) {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::string out;
  while (out.size() < length) {
    unsigned char bytes[64];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return core::fail(core::ErrorKind::io, "no random bytes from the system");
    for (const unsigned char byte : bytes) {
      if (byte < 4 * kAlphabet.size() && out.size() < length)
        out += kAlphabet[byte % kAlphabet.size()];  // 248 of 256: no bias
    }
  }
  return out;
}

}  // namespace keys
