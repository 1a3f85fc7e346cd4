// Any bytes as a record's body, of any type: decode() refuses them, or what it gives has exactly these bytes as its
// encoding.
#include <cstdint>
#include <cstring>

#include "pkg/core/check.h"
#include "services/engine/command.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  core::Record record;
  std::memcpy(&record.header.type, data, sizeof record.header.type);
  record.header.version = data[2];
  record.body = core::BytesView(reinterpret_cast<const std::byte*>(data) + 3, size - 3);
  const core::Result<engine::Command> command = engine::decode(record);
  if (!command) return 0;
  core::Bytes again;
  engine::encode(record.header, *command, again);
  const core::BytesView body = core::BytesView(again).subspan(core::kRecordHeaderBytes);
  CHECK(body.size() == record.body.size() && std::memcmp(body.data(), record.body.data(), body.size()) == 0);
  return 0;
}
