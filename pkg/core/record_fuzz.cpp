// Whatever bytes come in: records whose header and body encode to the same bytes again, or an error that takes nothing.
// A length and a checksum that fit are rare by chance, so half of the inputs are given them.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pkg/core/check.h"
#include "pkg/core/record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::Bytes bytes(size);
  std::copy_n(reinterpret_cast<const std::byte*>(data), size, bytes.begin());
  if (size >= core::kRecordHeaderBytes && size <= core::kRecordBytesMax && data[size - 1] % 2 == 0) {
    core::finish_record(0, bytes);
  }
  core::BytesView rest = bytes;
  while (!rest.empty()) {
    const core::BytesView before = rest;
    const auto record = core::take_record(rest);
    if (!record) {
      CHECK(rest.size() == before.size() && record.error().kind == core::ErrorKind::corrupt);
      break;
    }
    CHECK(before.size() - rest.size() == record->header.length_bytes);
    core::Bytes again;
    const std::size_t start = core::start_record(record->header, again);
    core::ByteWriter(again).put_raw(record->body);
    core::finish_record(start, again);
    CHECK(std::ranges::equal(again, before.first(again.size())));
  }
  return 0;
}
