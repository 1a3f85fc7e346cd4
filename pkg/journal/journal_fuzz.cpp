// Any bytes as the only segment of a journal: scan, recover and read must say what is wrong and never fall over.
// Checksums are made right in half of the runs, since random bytes would hardly ever get past them.
#include <cstring>
#include <span>

#include "pkg/core/crc32c.h"
#include "pkg/io/simulated_disk.h"
#include "pkg/journal/reader.h"
#include "pkg/journal/recovery.h"

namespace {

void put_crc(core::Bytes& bytes, std::size_t start, std::size_t size, std::size_t at) {
  if (at + 4 > bytes.size()) return;
  const std::uint32_t crc = core::crc32c(core::BytesView(bytes).subspan(start, size));
  std::memcpy(bytes.data() + at, &crc, sizeof crc);
}

// Makes the first header and the first batch's checksums right, whatever they say.
void mend(core::Bytes& bytes) {
  constexpr std::size_t kBatch = journal::kSegmentHeaderBytes;
  if (bytes.size() < kBatch + journal::kBatchHeaderBytes) return;
  const std::uint64_t size_bytes =
      1024 +
      (static_cast<std::uint64_t>(bytes[24]) + 256 * (static_cast<std::uint64_t>(bytes[25]) % 64)) * 512 % (1 << 18);
  std::memcpy(bytes.data() + 24, &size_bytes,
              sizeof size_bytes);  // recovery would make a file that is too short as long as this
  put_crc(bytes, 0, kBatch - 4, kBatch - 4);
  std::uint32_t records_bytes = 0;
  std::memcpy(&records_bytes, bytes.data() + kBatch + 16, sizeof records_bytes);
  const std::size_t records = kBatch + journal::kBatchHeaderBytes;
  if (records_bytes <= bytes.size() - records) put_crc(bytes, records, records_bytes, kBatch + 20);
  put_crc(bytes, kBatch, journal::kBatchHeaderBytes - 4, kBatch + journal::kBatchHeaderBytes - 4);
}

void read(io::SimulatedDisk& disk, const journal::Options& options, core::Sequence limit) {
  auto reader = journal::Reader::open(disk, options.folder, core::Sequence{1});
  if (!reader) return;
  for (int i = 0; i < 1000; ++i) {
    const auto entry = (*reader)->next(limit);
    if (!entry || !*entry) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1 << 16) return 0;
  const core::BytesView input = std::as_bytes(std::span(data + 1, size - 1));
  core::Bytes bytes(input.begin(), input.end());
  if (data[0] % 2 == 1) mend(bytes);
  const journal::Options options{.folder = "journal", .segment_bytes = 4096, .zero_step_bytes = 4096};
  io::SimulatedDisk disk;
  disk.set_content("journal/0000000000000001.log", bytes);
  read(disk, options, core::Sequence{UINT64_MAX});
  const auto recovered = journal::recover(disk, options);
  if (!recovered) {
    if (disk.content("journal/0000000000000001.log") != bytes) __builtin_trap();  // refused, yet changed
    return 0;
  }
  // What was recovered once is whole.
  const auto again = journal::scan(disk, options);
  if (!again || again->cut || again->tail.last != recovered->tail.last) __builtin_trap();
  read(disk, options, again->tail.last);
  return 0;
}
