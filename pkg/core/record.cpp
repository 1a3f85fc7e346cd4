#include "pkg/core/record.h"

#include <cstring>

#include "pkg/core/check.h"
#include "pkg/core/crc32c.h"

namespace core {
namespace {

constexpr std::size_t kLengthAt = 0;
constexpr std::size_t kCrcAt = kRecordHeaderBytes - sizeof(std::uint32_t);

// REQUIRES at least a header.
std::uint32_t crc_of(BytesView record) {
  return crc32c(record.subspan(kRecordHeaderBytes), crc32c(record.first(kCrcAt)));
}

}  // namespace

std::size_t start_record(const RecordHeader& header, Bytes& out) {
  const std::size_t start = out.size();
  ByteWriter writer(out);
  writer.put(std::uint32_t{0});  // length, known at the end
  writer.put(header.type);
  writer.put(header.version);
  writer.put(header.flags);
  writer.put(header.sender);
  writer.put(header.epoch);
  writer.put(header.sequence);
  writer.put(header.time);
  writer.put(header.causation);
  writer.put(header.received_at_ns);
  writer.put(std::uint32_t{0});  // CRC, known at the end
  CHECK(out.size() - start == kRecordHeaderBytes);
  return start;
}

void finish_record(std::size_t start, Bytes& out) {
  CHECK(start <= out.size() && out.size() - start >= kRecordHeaderBytes);
  CHECK_MSG(out.size() - start <= kRecordBytesMax, "a record's body is too long");
  const auto length = static_cast<std::uint32_t>(out.size() - start);
  std::memcpy(out.data() + start + kLengthAt, &length, sizeof length);
  const std::uint32_t crc = crc_of(BytesView(out).subspan(start));
  std::memcpy(out.data() + start + kCrcAt, &crc, sizeof crc);
}

Result<Record> take_record(BytesView& bytes) {
  if (bytes.size() < kRecordHeaderBytes) return fail(ErrorKind::corrupt, "record header cut short");
  Record record;
  RecordHeader& header = record.header;
  ByteReader reader(bytes.first(kRecordHeaderBytes));
  reader.get(header.length_bytes);
  reader.get(header.type);
  reader.get(header.version);
  reader.get(header.flags);
  reader.get(header.sender);
  reader.get(header.epoch);
  reader.get(header.sequence);
  reader.get(header.time);
  reader.get(header.causation);
  reader.get(header.received_at_ns);
  reader.get(header.crc);
  CHECK(reader.complete());
  if (header.length_bytes < kRecordHeaderBytes || header.length_bytes > kRecordBytesMax) {
    return fail(ErrorKind::corrupt, "record length " + std::to_string(header.length_bytes) + " is out of range");
  }
  if (header.length_bytes > bytes.size()) return fail(ErrorKind::corrupt, "record cut short");
  const BytesView whole = bytes.first(header.length_bytes);
  if (crc_of(whole) != header.crc) return fail(ErrorKind::corrupt, "record checksum mismatch");
  record.body = whole.subspan(kRecordHeaderBytes);
  bytes = bytes.subspan(header.length_bytes);
  return record;
}

}  // namespace core
