// SHA-256 (FIPS 180-4) by OpenSSL, for chaining batches. One object is one context, reused for every digest.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "pkg/core/bytes.h"

namespace journal {

// What ties a batch to everything before it: SHA-256 over the previous batch's chain value and the batch. All zero in
// front of the first batch ever.
using Chain = std::array<std::byte, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void start();
  void add(core::BytesView bytes);
  [[nodiscard]] Chain finish();  // start() again afterwards

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace journal
