// An array of plain values that only grows, in one piece of address space that growing does not copy: what the pools of
// orders and price levels are made of.
//
// Elements are named by index. Growing may move the whole array to another address, so a reference into it is good
// until the next `grow`. Fresh elements are all zero bytes. From 2 MiB on the memory is aligned for and advised to use
// huge pages, since a cancel of one order in a million costs a TLB miss per cache miss without them. Untouched capacity
// costs address space only.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace matching {

// A zeroed, growable mapping of anonymous memory.
class Mapping {
 public:
  Mapping() = default;
  ~Mapping();
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  // At least doubles. Content is kept, the address is not. Running out of memory is a CHECK.
  void grow();
  [[nodiscard]] void* data() const { return data_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

template <class T>
class HugeArray {
  static_assert(std::is_trivially_copyable_v<T>, "elements are moved with their pages and come to life as zero bytes");

 public:
  [[nodiscard]] T& operator[](std::size_t index) { return static_cast<T*>(mapping_.data())[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const { return static_cast<const T*>(mapping_.data())[index]; }
  [[nodiscard]] std::size_t capacity() const { return mapping_.bytes() / sizeof(T); }
  void grow() { mapping_.grow(); }

 private:
  Mapping mapping_;
};

}  // namespace matching
