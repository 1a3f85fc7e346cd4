#include "pkg/journal/snapshot_store.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "pkg/core/check.h"
#include "pkg/core/crc32c.h"
#include "pkg/journal/format.h"

namespace journal {
namespace {

constexpr std::string_view kMagic = "XCHGSNAP";
constexpr std::string_view kTrailer = "XCHGSEND";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderBytes = 128;
constexpr std::uint64_t kBlockBytes = 1 << 20;  // content bytes under one checksum
constexpr std::uint64_t kContentBytesMax = 1ull << 36;
constexpr std::string_view kSuffix = ".snap";
constexpr std::size_t kDigits = 16;

std::optional<core::Sequence> sequence_of(const std::string& name) {
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + kDigits, value, 16);
  if (parsed.ptr != name.data() + kDigits || parsed.ec != std::errc{}) return std::nullopt;
  return core::Sequence{value};
}

void encode(const SnapshotInfo& info, core::Bytes& out) {
  const std::size_t start = out.size();
  core::ByteWriter writer(out);
  writer.put_raw(core::as_bytes(kMagic));
  writer.put(kVersion);
  writer.put(static_cast<std::uint16_t>(kHeaderBytes));
  writer.put(info.content_version);
  writer.put(std::uint16_t{0});
  writer.put(info.sequence);
  writer.put(info.time);
  writer.put(info.output_digest);
  writer.put(info.state_hash);
  writer.put_raw(info.chain);
  writer.put(info.content_bytes);
  out.resize(start + kHeaderBytes - 4);
  writer.put(core::crc32c(core::BytesView(out).subspan(start)));
}

core::Result<SnapshotInfo> decode(core::BytesView bytes) {
  core::ByteReader in(bytes);
  const bool magic_right = core::as_text(in.get_raw(kMagic.size())) == kMagic;
  const auto version = in.get<std::uint16_t>();
  const auto header_bytes = in.get<std::uint16_t>();
  // Magic, version, length and the checksum at the end stay where they are in every version.
  const bool framed = in.ok() && magic_right && header_bytes >= 16 && header_bytes <= bytes.size();
  if (!framed) return core::fail(core::ErrorKind::corrupt, "not a snapshot header");
  core::ByteReader checksum(bytes.subspan(header_bytes - 4u, 4));
  if (core::crc32c(bytes.first(header_bytes - 4u)) != checksum.get<std::uint32_t>()) {
    return core::fail(core::ErrorKind::corrupt, "snapshot header does not match its checksum");
  }
  if (version > kVersion) {
    return core::fail(core::ErrorKind::unsupported,
                      "the snapshot has format version " + std::to_string(version) + ", this build knows up to " +
                          std::to_string(kVersion),
                      {}, "use the version of the exchange that wrote it, or a later one");
  }
  SnapshotInfo info;
  in.get(info.content_version);
  in.get<std::uint16_t>();
  in.get(info.sequence);
  in.get(info.time);
  in.get(info.output_digest);
  in.get(info.state_hash);
  std::ranges::copy(in.get_raw(info.chain.size()), info.chain.begin());
  in.get(info.content_bytes);
  if (version == 0 || header_bytes != kHeaderBytes || info.content_bytes > kContentBytesMax) {
    return core::fail(core::ErrorKind::corrupt, "snapshot header is impossible");
  }
  return info;
}

// A block's checksum also covers where it belongs.
std::uint32_t block_crc(const SnapshotInfo& info, std::uint64_t block, core::BytesView content) {
  core::Bytes place;
  core::ByteWriter writer(place);
  writer.put(info.sequence);
  writer.put(block);
  return core::crc32c(content, core::crc32c(place));
}

std::unexpected<core::Error> other_version(std::uint16_t has, std::uint16_t known, const std::string& where) {
  const std::string what = "the snapshot's content has version " + std::to_string(has) + ", this build reads version " +
                           std::to_string(known) + " alone";
  if (has > known)
    return core::fail(core::ErrorKind::unsupported, what, where,
                      "use the version of the exchange that wrote it, or a later one");
  return core::fail(core::ErrorKind::outdated, what, where, "the whole journal gives the same state");
}

// Older snapshots, and in the end the whole journal, give the same state.
bool may_be_passed_over(const core::Error& error) {
  return error.kind == core::ErrorKind::corrupt || error.kind == core::ErrorKind::outdated;
}

std::uint64_t blocks_of(std::uint64_t content_bytes) { return (content_bytes + kBlockBytes - 1) / kBlockBytes; }

std::uint64_t file_bytes(std::uint64_t content_bytes) {
  return kHeaderBytes + content_bytes + 4 * blocks_of(content_bytes) + kTrailer.size();
}

core::Result<void> write_all(io::File& file, const SnapshotInfo& info, core::BytesView content) {
  core::Bytes buffer;
  buffer.reserve(kHeaderBytes + kBlockBytes + 4);
  core::ByteWriter writer(buffer);
  std::uint64_t offset = 0;
  encode(info, buffer);
  for (std::uint64_t block = 0; block < blocks_of(content.size()); ++block) {
    const core::BytesView part = content.subspan(
        block * kBlockBytes, std::min<std::uint64_t>(kBlockBytes, content.size() - block * kBlockBytes));
    writer.put_raw(part);
    writer.put(block_crc(info, block, part));
    if (auto written = file.write(offset, buffer); !written) return written;
    offset += buffer.size();
    buffer.clear();
  }
  writer.put_raw(core::as_bytes(kTrailer));
  if (auto written = file.write(offset, buffer); !written) return written;
  CHECK(offset + buffer.size() == file_bytes(content.size()));
  return file.sync();
}

}  // namespace

std::string SnapshotStore::path(core::Sequence sequence) const {
  // The digits are written as a segment's are.
  std::string digits = segment_path(folder_, sequence.value());
  return digits.substr(0, digits.size() - 4) + std::string(kSuffix);
}

core::Result<SnapshotInfo> SnapshotStore::write(SnapshotInfo info, core::BytesView content) {
  CHECK(!info.sequence.is_none());
  info.content_version = content_version_;
  info.content_bytes = content.size();
  if (auto made = disk_.make_folder(folder_); !made) return std::unexpected(made.error());
  const std::string temporary = folder_ + "/snapshot.tmp";
  if (auto removed = disk_.remove(temporary); !removed && removed.error().kind != core::ErrorKind::not_found) {
    return std::unexpected(removed.error());
  }
  auto file = disk_.open(temporary, io::OpenMode::create_new);
  if (!file) return std::unexpected(file.error());
  if (auto written = write_all(**file, info, content); !written) {
    file->reset();
    // Makes room again when the disk was full; if even that fails, the next write tries once more.
    if (auto removed = disk_.remove(temporary); !removed) return std::unexpected(written.error());
    return std::unexpected(written.error());
  }
  if (auto renamed = disk_.rename(temporary, path(info.sequence)); !renamed) return std::unexpected(renamed.error());
  if (auto synced = disk_.sync_folder(folder_); !synced) return std::unexpected(synced.error());
  return info;
}

core::Result<std::vector<core::Sequence>> SnapshotStore::list() const {
  std::vector<core::Sequence> sequences;
  const auto names = disk_.list(folder_);
  if (!names) {
    if (names.error().kind == core::ErrorKind::not_found) return sequences;
    return std::unexpected(names.error());
  }
  for (const std::string& name : *names) {
    if (const auto sequence = sequence_of(name)) sequences.push_back(*sequence);
  }
  std::ranges::sort(sequences, std::greater{});
  return sequences;
}

core::Result<SnapshotStore::Loaded> SnapshotStore::load(core::Sequence sequence) const {
  const std::string name = path(sequence), full = disk_.describe(name);
  auto file = disk_.open(name, io::OpenMode::read);
  if (!file) return std::unexpected(file.error());
  const auto damaged = [&](const std::string& what, std::uint64_t offset) {
    return core::fail(core::ErrorKind::corrupt, what, full + " at offset " + std::to_string(offset),
                      "an older snapshot, or the whole journal, gives the same state");
  };
  const auto header = (*file)->read(0, kHeaderBytes);
  if (!header) return std::unexpected(header.error());
  auto info = decode(*header);
  if (!info) {
    core::Error error = info.error();
    error.where = full + " at offset 0";
    return std::unexpected(std::move(error));
  }
  if (info->content_version != content_version_) return other_version(info->content_version, content_version_, full);
  if (info->sequence != sequence) return damaged("the snapshot is of another sequence than its name", 0);
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  if (*size != file_bytes(info->content_bytes)) return damaged("the file is not as long as its header says", *size);
  Loaded loaded{*info, {}};
  loaded.content.reserve(info->content_bytes);
  std::uint64_t offset = kHeaderBytes;
  for (std::uint64_t block = 0; block < blocks_of(info->content_bytes); ++block) {
    const std::uint64_t part = std::min(kBlockBytes, info->content_bytes - block * kBlockBytes);
    const auto bytes = (*file)->read(offset, part + 4);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->size() != part + 4) return damaged("the file ends early", offset);
    const core::BytesView content = core::BytesView(*bytes).first(part);
    core::ByteReader checksum(core::BytesView(*bytes).subspan(part));
    if (block_crc(*info, block, content) != checksum.get<std::uint32_t>())
      return damaged("content does not match its checksum", offset);
    loaded.content.insert(loaded.content.end(), content.begin(), content.end());
    offset += part + 4;
  }
  const auto trailer = (*file)->read(offset, kTrailer.size());
  if (!trailer) return std::unexpected(trailer.error());
  if (core::as_text(*trailer) != kTrailer) return damaged("the trailer is missing", offset);
  return loaded;
}

core::Result<SnapshotStore::Newest> SnapshotStore::load_newest() const {
  const auto sequences = list();
  if (!sequences) return std::unexpected(sequences.error());
  Newest newest;
  if (!sequences->empty()) newest.reaches = sequences->front();
  for (const core::Sequence sequence : *sequences) {
    auto loaded = load(sequence);
    if (loaded) {
      newest.snapshot = std::move(*loaded);
      return newest;
    }
    if (!may_be_passed_over(loaded.error())) return std::unexpected(loaded.error());
    newest.passed_over.push_back(loaded.error());
  }
  return newest;
}

core::Result<core::Sequence> SnapshotStore::prune(std::size_t kept, std::optional<core::Sequence> needed) {
  CHECK(kept >= kKept);
  const auto sequences = list();
  if (!sequences) return std::unexpected(sequences.error());
  // Only snapshots that can still be used count: what goes now can never be made again.
  const auto next_usable = [&](std::size_t from) -> core::Result<std::size_t> {
    for (; from < sequences->size(); ++from) {
      const auto loaded = load((*sequences)[from]);
      if (loaded) break;
      if (!may_be_passed_over(loaded.error())) return std::unexpected(loaded.error());
    }
    return from;
  };
  std::size_t end = 0;  // of the newest ones
  core::Sequence oldest;
  for (std::size_t whole = 0; whole < kept; ++whole) {
    const auto at = next_usable(end);
    if (!at) return std::unexpected(at.error());
    if (*at == sequences->size()) return core::Sequence{};
    oldest = (*sequences)[*at];
    end = *at + 1;
  }
  std::optional<std::size_t> start;  // the one to start from, when it is none of the newest
  if (needed && oldest > *needed) {
    std::size_t from = end;
    while (from < sequences->size() && (*sequences)[from] > *needed) ++from;
    const auto at = next_usable(from);
    if (!at) return std::unexpected(at.error());
    if (*at == sequences->size()) return core::Sequence{};
    start = *at;
    oldest = (*sequences)[*at];
  }
  bool removed_any = false;
  for (std::size_t i = sequences->size(); i-- > end;) {
    if (i == start) continue;
    if (auto removed = disk_.remove(path((*sequences)[i])); !removed) return std::unexpected(removed.error());
    removed_any = true;
  }
  if (removed_any) {
    if (auto synced = disk_.sync_folder(folder_); !synced) return std::unexpected(synced.error());
  }
  return oldest;
}

}  // namespace journal
