#include "pkg/journal/sha256.h"

#include <openssl/evp.h>

#include "pkg/core/check.h"

namespace journal {

struct Sha256::Context {
  // Fetched once: a lookup by name for every digest costs more than hashing a small batch.
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* state = EVP_MD_CTX_new();
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  CHECK(context_->algorithm != nullptr && context_->state != nullptr);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_->state);
  EVP_MD_free(context_->algorithm);
}

void Sha256::start() { CHECK(EVP_DigestInit_ex2(context_->state, context_->algorithm, nullptr) == 1); }

void Sha256::add(core::BytesView bytes) { CHECK(EVP_DigestUpdate(context_->state, bytes.data(), bytes.size()) == 1); }

Chain Sha256::finish() {
  Chain digest;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context_->state, reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
  CHECK(size == digest.size());
  return digest;
}

}  // namespace journal
