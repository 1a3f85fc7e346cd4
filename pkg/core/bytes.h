// Explicit little-endian field-by-field encoding: what every record, snapshot and wire message of ours is written with.
// Memory images of structs never leave the process.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"

namespace core {

static_assert(std::endian::native == std::endian::little, "the codecs copy integers as they lie in memory");

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

[[nodiscard]] inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

// Appends fields to a caller's buffer.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) : out_(out) {}

  template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, int128>
  void put(T value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof value);
    std::memcpy(out_.data() + at, &value, sizeof value);
  }
  template <class Tag, class Rep>
  void put(Count<Tag, Rep> count) {
    put(count.value());
  }
  template <class Tag, class Rep>
  void put(Id<Tag, Rep> id) {
    put(id.value());
  }
  void put(Time time) { put(time.ns); }
  // Length in 16 bits, then the bytes. REQUIRES at most 65535 of them.
  void put_text(std::string_view text) {
    CHECK(text.size() <= 0xFFFF);
    put(static_cast<std::uint16_t>(text.size()));
    put_raw(as_bytes(text));
  }
  void put_raw(BytesView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  Bytes& out_;
};

// Takes fields from bytes that may be anything. A field that is not there makes the reader fail for good and reads as
// zero, so a decoder takes all its fields and asks ok() once at the end.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : bytes_(bytes) {}

  template <class T>
    requires std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, int128>
  T get() {
    T value{};
    if (!take(sizeof value)) return value;
    std::memcpy(&value, bytes_.data() + at_ - sizeof value, sizeof value);
    return value;
  }
  template <class T>
    requires requires { typename T::rep; }
  T get() {
    return T{get<typename T::rep>()};
  }
  template <class T>
    requires std::is_same_v<T, Time>
  T get() {
    return Time{get<std::int64_t>()};
  }
  template <class T>
  void get(T& into) {
    into = get<T>();
  }
  std::string_view get_text() {
    const auto size = get<std::uint16_t>();
    return as_text(get_raw(size));
  }
  BytesView get_raw(std::size_t size) { return take(size) ? bytes_.subspan(at_ - size, size) : BytesView{}; }

  void fail() { failed_ = true; }
  [[nodiscard]] bool ok() const { return !failed_; }
  // All was there and nothing is left over.
  [[nodiscard]] bool complete() const { return !failed_ && at_ == bytes_.size(); }
  [[nodiscard]] std::size_t remaining() const { return failed_ ? 0 : bytes_.size() - at_; }

 private:
  bool take(std::size_t size) {
    if (failed_ || bytes_.size() - at_ < size) {
      failed_ = true;
      return false;
    }
    at_ += size;
    return true;
  }
  BytesView bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace core
