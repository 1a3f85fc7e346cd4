#include "pkg/journal/reader.h"

#include <utility>

#include "pkg/core/check.h"

namespace journal {

Reader::Reader(io::Disk& disk, std::string folder, core::Sequence from, bool verify_chain)
    : disk_(disk), folder_(std::move(folder)), next_(from), verify_chain_(verify_chain) {}

Reader::~Reader() = default;

core::Result<std::unique_ptr<Reader>> Reader::open(io::Disk& disk, const std::string& folder, core::Sequence from,
                                                   bool verify_chain) {
  CHECK(!from.is_none());
  std::unique_ptr<Reader> reader(new Reader(disk, folder, from, verify_chain));
  if (auto found = reader->seek(); !found) return std::unexpected(found.error());
  return reader;
}

// Finds the segment that has `next_`. Leaves segment_ empty when nothing has been written yet.
core::Result<void> Reader::seek() {
  const auto numbers = list_segments(disk_, folder_);
  if (!numbers) return std::unexpected(numbers.error());
  core::Sequence oldest;
  for (std::size_t i = numbers->size(); i-- > 0;) {
    auto view = SegmentView::open(disk_, folder_, (*numbers)[i]);
    if (!view) return std::unexpected(view.error());
    const auto found = (*view)->at(kSegmentHeaderBytes);
    if (!found) return std::unexpected(found.error());
    if (found->kind != Found::Kind::batch) continue;
    oldest = found->header.first;
    if (oldest > next_) continue;
    (*view)->forget();
    segment_ = std::move(*view);
    offset_ = kSegmentHeaderBytes;
    return {};
  }
  if (oldest.is_none()) return {};
  return core::fail(core::ErrorKind::not_found,
                    "the journal begins with record " + std::to_string(oldest.value()) + ", record " +
                        std::to_string(next_.value()) + " is no longer there",
                    disk_.describe(folder_));
}

core::Result<std::optional<Entry>> Reader::next(core::Sequence limit) {
  if (next_ > limit) return std::optional<Entry>();
  if (!segment_) {
    if (auto found = seek(); !found) return std::unexpected(found.error());
    if (!segment_) return std::optional<Entry>();
  }
  while (true) {
    if (records_.empty()) {
      const auto taken = take_batch();
      if (!taken) return std::unexpected(taken.error());
      if (!*taken) return std::optional<Entry>();
      if (batch_.last() < next_) records_ = {};
      continue;
    }
    const std::uint64_t at = record_offset_;
    const std::size_t before_bytes = records_.size();
    const auto record = core::take_record(records_);
    if (!record) return damaged(record.error().what, at);
    record_offset_ += before_bytes - records_.size();
    if (record->header.sequence != in_batch_) return damaged("the record's sequence is not the next one", at);
    in_batch_ = in_batch_.next();
    if (records_.empty() != (record->header.sequence == batch_.last()))
      return damaged("the batch does not have as many records as it says", at);
    if (record->header.sequence < next_) continue;
    next_ = next_.next();
    return std::optional(Entry{*record, segment_->file(), at});
  }
}

// The next batch, in this segment or the next. False when it is not there (yet).
core::Result<bool> Reader::take_batch() {
  auto found = segment_->at(offset_);
  if (found && found->kind != Found::Kind::batch) {
    // It may have been written since these bytes were read.
    segment_->forget();
    found = segment_->at(offset_);
  }
  if (found && found->kind == Found::Kind::blank) {
    auto next = SegmentView::open(disk_, folder_, segment_->number() + 1);
    if (!next && next.error().kind == core::ErrorKind::not_found) return false;
    if (!next) return std::unexpected(next.error());
    found = (*next)->at(kSegmentHeaderBytes);
    if (found && found->kind == Found::Kind::blank) return false;
    segment_ = std::move(*next);
    offset_ = kSegmentHeaderBytes;
  }
  if (!found) return std::unexpected(found.error());
  if (found->kind == Found::Kind::broken) return damaged(found->reason, offset_);
  const BatchHeader& header = found->header;
  if (chain_ && (header.first != batch_.last().next() || header.previous_chain != *chain_)) {
    return damaged("the batch does not continue the one before it", offset_);
  }
  if (verify_chain_ && chain_of(header, found->records, sha_) != header.chain)
    return damaged("the SHA-256 chain is broken", offset_);
  batch_ = header;
  chain_ = header.chain;
  in_batch_ = header.first;
  records_ = found->records;
  record_offset_ = offset_ + kBatchHeaderBytes;
  offset_ += batch_room_bytes(header.records_bytes);
  return true;
}

std::unexpected<core::Error> Reader::damaged(std::string what, std::uint64_t offset) const {
  return core::fail(core::ErrorKind::corrupt, std::move(what), segment_->place(offset),
                    "restore the file from a backup");
}

}  // namespace journal
