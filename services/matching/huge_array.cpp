#include "services/matching/huge_array.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>

#include "pkg/core/check.h"

namespace matching {
namespace {

constexpr std::size_t kFirstBytes = 64 << 10;
constexpr std::size_t kHugePageBytes = 2 << 20;

void* reserve(std::size_t bytes, int protection) {
  void* const memory = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK_MSG(memory != MAP_FAILED, "out of memory");
  return memory;
}

// Address space aligned to huge pages, not yet usable. The slack around it goes back to the system.
std::byte* reserve_aligned(std::size_t bytes) {
  auto* const slack = static_cast<std::byte*>(reserve(bytes + kHugePageBytes, PROT_NONE));
  const auto address = reinterpret_cast<std::uintptr_t>(slack);
  const std::size_t before = (kHugePageBytes - address % kHugePageBytes) % kHugePageBytes;
  if (before != 0) munmap(slack, before);
  munmap(slack + before + bytes, kHugePageBytes - before);
  return slack + before;
}

}  // namespace

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

void Mapping::grow() {
  const std::size_t bytes = bytes_ == 0 ? kFirstBytes : bytes_ * 2;
  void* moved = nullptr;
  if (bytes < kHugePageBytes) {
    moved = reserve(bytes, PROT_READ | PROT_WRITE);
  } else {
    moved = reserve_aligned(bytes);
    if (bytes_ >= kHugePageBytes) {
      // The pages themselves change their address; nothing is copied.
      CHECK_MSG(mremap(data_, bytes_, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, moved) == moved, "out of memory");
      data_ = nullptr;
    } else {
      CHECK_MSG(mprotect(moved, bytes, PROT_READ | PROT_WRITE) == 0, "out of memory");
    }
    madvise(moved, bytes, MADV_HUGEPAGE);  // advice: without huge pages it is slower, not wrong
  }
  if (data_ != nullptr) {
    std::memcpy(moved, data_, bytes_);
    munmap(data_, bytes_);
  }
  data_ = moved;
  bytes_ = bytes;
}

}  // namespace matching
