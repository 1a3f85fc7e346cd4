#include "pkg/journal/segment.h"

#include <algorithm>
#include <utility>

#include "pkg/core/check.h"

namespace journal {
namespace {

constexpr std::size_t kWindowBytes = 64 << 10;
constexpr std::size_t kScanBytes = 1 << 20;
constexpr const char* kRestore = "restore the file from a backup; nothing has been changed";

}  // namespace

core::Result<std::vector<std::uint64_t>> list_segments(const io::Disk& disk, const std::string& folder) {
  const auto names = disk.list(folder);
  std::vector<std::uint64_t> numbers;
  if (!names) {
    if (names.error().kind == core::ErrorKind::not_found) return numbers;
    return std::unexpected(names.error());
  }
  for (const std::string& name : *names) {
    if (const auto number = segment_number(name)) numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

core::Result<std::unique_ptr<SegmentView>> SegmentView::open(io::Disk& disk, const std::string& folder,
                                                             std::uint64_t number) {
  const std::string path = segment_path(folder, number);
  auto file = disk.open(path, io::OpenMode::read);
  if (!file) return std::unexpected(file.error());
  std::unique_ptr<SegmentView> view(new SegmentView);
  view->file_ = std::move(*file);
  view->full_path_ = disk.describe(path);
  const auto size = view->file_->size();
  if (!size) return std::unexpected(size.error());
  view->file_bytes_ = *size;
  const auto sector = view->file_->read(0, kSegmentHeaderBytes);
  if (!sector) return std::unexpected(sector.error());
  auto header = decode_segment_header(*sector);
  if (header && header->number != number) {
    header = core::fail(core::ErrorKind::corrupt,
                        "the file is segment " + std::to_string(header->number) + " under another name");
  }
  if (!header) {
    core::Error error = header.error();
    error.where = view->place(0);
    if (error.hint.empty()) error.hint = kRestore;
    return std::unexpected(std::move(error));
  }
  view->header_ = *header;
  return view;
}

std::string SegmentView::place(std::uint64_t offset) const {
  return full_path_ + " at offset " + std::to_string(offset);
}

bool SegmentView::belongs(const BatchHeader& header, std::uint64_t offset) const {
  return header.segment == header_.number && header.offset == offset;
}

core::Result<core::BytesView> SegmentView::view(std::uint64_t offset, std::size_t size) {
  const bool inside = offset >= window_offset_ && offset + size <= window_offset_ + window_.size();
  if (!inside) {
    auto read = file_->read(offset, std::max(size, kWindowBytes));
    if (!read) return std::unexpected(read.error());
    window_ = std::move(*read);
    window_offset_ = offset;
  }
  const core::BytesView from = core::BytesView(window_).subspan(offset - window_offset_);
  return from.first(std::min(size, from.size()));
}

core::Result<Found> SegmentView::at(std::uint64_t offset) {
  const auto broken = [](std::string reason) {
    return Found{.kind = Found::Kind::broken, .header = {}, .records = {}, .reason = std::move(reason)};
  };
  if (offset + kSectorBytes > header_.size_bytes) return Found{};
  const auto sector = view(offset, kSectorBytes);
  if (!sector) return std::unexpected(sector.error());
  if (all_zero(*sector)) return Found{};
  const auto header = decode_batch_header(*sector);
  if (!header) {
    if (header.error().kind != core::ErrorKind::unsupported) return broken(header.error().what);
    core::Error error = header.error();
    error.where = place(offset);
    return std::unexpected(std::move(error));
  }
  if (!belongs(*header, offset)) {
    return broken("the batch belongs into segment " + std::to_string(header->segment) + " at offset " +
                  std::to_string(header->offset));
  }
  const std::uint64_t room = batch_room_bytes(header->records_bytes);
  if (room > header_.size_bytes - offset) return broken("the batch is longer than its segment");
  const auto whole = view(offset, room);
  if (!whole) return std::unexpected(whole.error());
  if (whole->size() < room) return broken("the file ends inside the batch");
  const core::BytesView records = whole->subspan(kBatchHeaderBytes, header->records_bytes);
  if (!records_match(*header, records)) return broken("the records do not match the batch's checksum");
  if (!all_zero(whole->subspan(kBatchHeaderBytes + header->records_bytes)))
    return broken("the padding behind the batch is not zero");
  return Found{.kind = Found::Kind::batch, .header = *header, .records = records, .reason = {}};
}

core::Result<std::optional<std::uint64_t>> SegmentView::first_used_sector(std::uint64_t offset) {
  while (offset < header_.size_bytes) {
    const auto bytes = view(offset, std::min<std::uint64_t>(kScanBytes, header_.size_bytes - offset));
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    if (!all_zero(*bytes)) {
      std::uint64_t at = 0;
      while (all_zero(bytes->subspan(at, std::min<std::uint64_t>(kSectorBytes, bytes->size() - at))))
        at += kSectorBytes;
      return std::optional(offset + at);
    }
    offset += bytes->size();
  }
  return std::optional<std::uint64_t>();
}

core::Result<std::uint64_t> SegmentView::used_end(std::uint64_t offset) {
  std::uint64_t end = offset;
  while (offset < header_.size_bytes) {
    const auto bytes = view(offset, std::min<std::uint64_t>(kScanBytes, header_.size_bytes - offset));
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    if (!all_zero(*bytes)) {
      std::uint64_t used = bytes->size();
      while ((*bytes)[used - 1] == std::byte{0}) --used;
      end = offset + used;
    }
    offset += bytes->size();
  }
  return end;
}

core::Result<std::optional<std::uint64_t>> SegmentView::proof_of(core::Sequence mark, std::uint64_t offset) {
  while (true) {
    const auto used = first_used_sector(offset);
    if (!used) return std::unexpected(used.error());
    if (!*used) return std::optional<std::uint64_t>();
    const auto sector = view(**used, kSectorBytes);
    if (!sector) return std::unexpected(sector.error());
    const auto header = decode_batch_header(*sector);
    if (header && belongs(*header, **used) && header->durable_mark >= mark) return used;
    offset = **used + kSectorBytes;
  }
}

std::string spare_path(const std::string& folder) { return folder + "/spare.tmp"; }

core::Result<void> SegmentFiller::start(const SegmentHeader& header) {
  const std::string path = folder_ + "/next.tmp";
  auto file = disk_.open(path, io::OpenMode::read_write);
  if (!file && file.error().kind == core::ErrorKind::not_found) {
    const auto renamed = disk_.rename(spare_path(folder_), path);
    if (!renamed && renamed.error().kind != core::ErrorKind::not_found) return renamed;
    file = disk_.open(path, renamed ? io::OpenMode::read_write : io::OpenMode::create_new);
  }
  if (!file) return std::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  if (*size > header.size_bytes) {
    if (auto cut = (*file)->truncate(header.size_bytes); !cut) return cut;
  }
  file_ = std::move(*file);
  filled_bytes_ = 0;
  return {};
}

core::Result<bool> SegmentFiller::step(const SegmentHeader& header, std::uint64_t step_bytes) {
  CHECK(step_bytes > 0 && step_bytes % kSectorBytes == 0);
  if (!file_) {
    if (auto started = start(header); !started) return std::unexpected(started.error());
  }
  const std::uint64_t size = std::min(step_bytes, header.size_bytes - filled_bytes_);
  buffer_.clear();
  if (filled_bytes_ == 0) encode(header, buffer_);
  buffer_.resize(size);
  if (auto written = file_->write(filled_bytes_, buffer_); !written) return std::unexpected(written.error());
  if (auto synced = file_->sync(); !synced) {
    file_.reset();  // what it holds is unknown now: from the beginning, if there is a next time
    return std::unexpected(synced.error());
  }
  filled_bytes_ += size;
  if (filled_bytes_ < header.size_bytes) return false;
  if (auto finished = finish(header); !finished) return std::unexpected(finished.error());
  return true;
}

core::Result<void> SegmentFiller::finish(const SegmentHeader& header) {
  file_.reset();
  buffer_ = core::Bytes();
  if (auto renamed = disk_.rename(folder_ + "/next.tmp", segment_path(folder_, header.number)); !renamed)
    return renamed;
  return disk_.sync_folder(folder_);
}

}  // namespace journal
