// Any bytes as a snapshot file: loading must say what is wrong and never fall over. The header's checksum is made right
// in half of the runs.
#include <cstring>
#include <span>

#include "pkg/core/crc32c.h"
#include "pkg/io/simulated_disk.h"
#include "pkg/journal/snapshot_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const core::BytesView input = std::as_bytes(std::span(data + 1, size - 1));
  core::Bytes bytes(input.begin(), input.end());
  if (data[0] % 2 == 1 && bytes.size() >= 128) {
    const std::uint32_t crc = core::crc32c(core::BytesView(bytes).first(124));
    std::memcpy(bytes.data() + 124, &crc, sizeof crc);
  }
  io::SimulatedDisk disk;
  const journal::SnapshotStore store(disk, 1);
  const core::Sequence sequence{1};
  disk.set_content(store.path(sequence), bytes);
  const auto newest = store.load_newest();
  if (newest && newest->snapshot && newest->snapshot->content.size() != newest->snapshot->info.content_bytes)
    __builtin_trap();
  return 0;
}
