#include "pkg/journal/format.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "pkg/core/check.h"
#include "pkg/core/crc32c.h"

namespace journal {
namespace {

// The first eight bytes of every segment and of every batch, as text.
constexpr std::string_view kSegmentMagic = "XCHGJRNL";
constexpr std::string_view kBatchMagic = "XCHGBTCH";
constexpr std::uint64_t kChainedHeaderBytes = 56;  // of a batch header: all in front of the two chain values
constexpr std::string_view kLogSuffix = ".log";
constexpr std::size_t kNumberDigits = 16;

// Magic, version and header length lie at the same place in every version, and the checksum in the header's last four
// bytes, so that a build can tell a newer file from a broken one.
core::Result<void> check_frame(core::BytesView header, std::string_view magic, std::uint16_t header_bytes,
                               const char* name) {
  core::ByteReader in(header);
  const bool magic_right = core::as_text(in.get_raw(magic.size())) == magic;
  const auto version = in.get<std::uint16_t>();
  const auto stated_bytes = in.get<std::uint16_t>();
  if (!in.ok() || !magic_right || stated_bytes < 16 || stated_bytes > header.size()) {
    return core::fail(core::ErrorKind::corrupt, std::string("not a ") + name + " header");
  }
  const core::BytesView stated = header.first(stated_bytes);
  core::ByteReader checksum(stated.last(4));
  if (core::crc32c(stated.first(stated.size() - 4)) != checksum.get<std::uint32_t>()) {
    return core::fail(core::ErrorKind::corrupt, std::string(name) + " header does not match its checksum");
  }
  if (version > kFormatVersion) {
    return core::fail(core::ErrorKind::unsupported,
                      std::string(name) + " has format version " + std::to_string(version) +
                          ", this build knows up to " + std::to_string(kFormatVersion),
                      {}, "use the version of the exchange that wrote it, or a later one");
  }
  if (version == 0 || stated_bytes != header_bytes)
    return core::fail(core::ErrorKind::corrupt, std::string("not a ") + name + " header");
  return {};
}

}  // namespace

std::string segment_path(const std::string& folder, std::uint64_t number) {
  std::string name(kNumberDigits, '0');
  for (std::size_t i = kNumberDigits; i-- > 0; number >>= 4) name[i] = "0123456789abcdef"[number & 15];
  return folder + "/" + name + std::string(kLogSuffix);
}

std::optional<std::uint64_t> segment_number(const std::string& name) {
  if (name.size() != kNumberDigits + kLogSuffix.size() || !name.ends_with(kLogSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + kNumberDigits;
  const auto parsed = std::from_chars(name.data(), end, number, 16);
  if (parsed.ptr != end || parsed.ec != std::errc{} || number == 0) return std::nullopt;
  if (segment_path("", number).substr(1) != name) return std::nullopt;  // capital letters
  return number;
}

void encode(const SegmentHeader& header, core::Bytes& out) {
  const std::size_t start = out.size();
  core::ByteWriter writer(out);
  writer.put_raw(core::as_bytes(kSegmentMagic));
  writer.put(kFormatVersion);
  writer.put(static_cast<std::uint16_t>(kSegmentHeaderBytes));
  writer.put(std::uint32_t{0});
  writer.put(header.number);
  writer.put(header.size_bytes);
  out.resize(start + kSegmentHeaderBytes - 4);
  writer.put(core::crc32c(core::BytesView(out).subspan(start)));
}

core::Result<SegmentHeader> decode_segment_header(core::BytesView sector) {
  if (auto framed = check_frame(sector, kSegmentMagic, kSegmentHeaderBytes, "segment"); !framed)
    return std::unexpected(framed.error());
  core::ByteReader in(sector.subspan(16));
  const SegmentHeader header{.number = in.get<std::uint64_t>(), .size_bytes = in.get<std::uint64_t>()};
  const bool possible = header.number > 0 && header.size_bytes >= 2 * kSectorBytes &&
                        header.size_bytes <= kSegmentBytesMax && header.size_bytes % kSectorBytes == 0;
  if (!possible) return core::fail(core::ErrorKind::corrupt, "segment header is impossible");
  return header;
}

namespace {

void put_chained_part(const BatchHeader& header, core::ByteWriter& writer) {
  writer.put_raw(core::as_bytes(kBatchMagic));
  writer.put(kFormatVersion);
  writer.put(static_cast<std::uint16_t>(kBatchHeaderBytes));
  writer.put(header.record_count);
  writer.put(header.records_bytes);
  writer.put(header.records_crc);
  writer.put(header.first);
  writer.put(header.durable_mark);
  writer.put(header.segment);
  writer.put(header.offset);
}

Chain chain_over(const Chain& previous, core::BytesView chained_part, core::BytesView records, Sha256& sha) {
  CHECK(chained_part.size() == kChainedHeaderBytes);
  sha.start();
  sha.add(previous);
  sha.add(chained_part);
  sha.add(records);
  return sha.finish();
}

}  // namespace

void encode_batch(BatchHeader& header, core::BytesView records, Sha256& sha, core::Bytes& out) {
  CHECK(header.record_count > 0 && header.offset % kSectorBytes == 0);
  header.records_bytes = static_cast<std::uint32_t>(records.size());
  header.records_crc = core::crc32c(records);
  const std::size_t start = out.size();
  core::ByteWriter writer(out);
  put_chained_part(header, writer);
  header.chain = chain_over(header.previous_chain, core::BytesView(out).subspan(start), records, sha);
  writer.put_raw(header.previous_chain);
  writer.put_raw(header.chain);
  writer.put(std::uint32_t{0});
  writer.put(core::crc32c(core::BytesView(out).subspan(start)));
  CHECK(out.size() - start == kBatchHeaderBytes);
  writer.put_raw(records);
  out.resize(start + batch_room_bytes(records.size()));
}

core::Result<BatchHeader> decode_batch_header(core::BytesView bytes) {
  if (bytes.size() < kBatchHeaderBytes) return core::fail(core::ErrorKind::corrupt, "batch header is cut short");
  bytes = bytes.first(kBatchHeaderBytes);
  if (auto framed = check_frame(bytes, kBatchMagic, kBatchHeaderBytes, "batch"); !framed)
    return std::unexpected(framed.error());
  core::ByteReader in(bytes.subspan(12));
  BatchHeader header;
  in.get(header.record_count);
  in.get(header.records_bytes);
  in.get(header.records_crc);
  in.get(header.first);
  in.get(header.durable_mark);
  in.get(header.segment);
  in.get(header.offset);
  std::ranges::copy(in.get_raw(header.previous_chain.size()), header.previous_chain.begin());
  std::ranges::copy(in.get_raw(header.chain.size()), header.chain.begin());
  const bool possible = header.record_count > 0 && header.records_bytes > 0 &&
                        header.records_bytes <= kSegmentBytesMax && !header.first.is_none() &&
                        header.durable_mark < header.first && header.first.value() <= UINT64_MAX - header.record_count;
  if (!possible) return core::fail(core::ErrorKind::corrupt, "batch header is impossible");
  return header;
}

bool records_match(const BatchHeader& header, core::BytesView records) {
  return records.size() == header.records_bytes && core::crc32c(records) == header.records_crc;
}

Chain chain_of(const BatchHeader& header, core::BytesView records, Sha256& sha) {
  core::Bytes chained_part;
  chained_part.reserve(kChainedHeaderBytes);
  core::ByteWriter writer(chained_part);
  put_chained_part(header, writer);
  return chain_over(header.previous_chain, chained_part, records, sha);
}

bool all_zero(core::BytesView bytes) {
  // Each byte equals the next one and the first is zero: memcmp is ten times as fast as a loop.
  return bytes.empty() ||
         (bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace journal
