#include "pkg/journal/writer.h"

#include <algorithm>
#include <utility>

#include "pkg/core/check.h"

namespace journal {
namespace {

// Bytes of the next segment for each byte of the present one: begun when half of it is left, it is done in good time.
constexpr std::uint64_t kFilledPerWritten = 4;

}  // namespace

Writer::Writer(io::Disk& disk, const Options& options, const Tail& tail)
    : disk_(disk), options_(options), filler_(disk, options.folder), last_(tail.last), chain_(tail.chain) {
  CHECK(options.segment_bytes % kSectorBytes == 0 && options.segment_bytes >= 2 * kSectorBytes &&
        options.segment_bytes <= kSegmentBytesMax);
}

Writer::~Writer() = default;

core::Result<std::unique_ptr<Writer>> Writer::open(io::Disk& disk, const Options& options, const Tail& tail) {
  CHECK_MSG(tail.segment > 0, "open a journal with recover() first");
  std::unique_ptr<Writer> writer(new Writer(disk, options, tail));
  auto current = disk.open(segment_path(options.folder, tail.segment), io::OpenMode::read_write);
  if (!current) return std::unexpected(current.error());
  writer->current_ = Segment{std::move(*current), tail.segment, tail.segment_bytes, tail.offset};
  if (tail.next_segment_bytes > 0) {
    auto next = writer->open_empty(tail.segment + 1, tail.next_segment_bytes);
    if (!next) return std::unexpected(next.error());
    writer->next_ = std::move(*next);
  }
  return writer;
}

core::Result<Writer::Segment> Writer::open_empty(std::uint64_t number, std::uint64_t size_bytes) {
  auto file = disk_.open(segment_path(options_.folder, number), io::OpenMode::read_write);
  if (!file) return std::unexpected(file.error());
  return Segment{std::move(*file), number, size_bytes, kSegmentHeaderBytes};
}

core::Result<void> Writer::write(const Batch& batch) {
  if (failure_) return std::unexpected(*failure_);
  CHECK(batch.count > 0 && batch.first == last_.next() && batch.last.value() - batch.first.value() + 1 == batch.count);
  const std::uint64_t room = batch_room_bytes(batch.records.size());
  if (room > current_.left_bytes()) {
    CHECK_MSG(room <= next_.left_bytes(), "a batch was submitted beyond the reservation");
    current_ = std::move(next_);
    next_ = {};
  }
  BatchHeader header{.record_count = batch.count,
                     .first = batch.first,
                     .durable_mark = last_,
                     .segment = current_.number,
                     .offset = current_.offset,
                     .previous_chain = chain_};
  buffer_.clear();
  encode_batch(header, batch.records, sha_, buffer_);
  CHECK(buffer_.size() == room);
  auto done = current_.file->write(current_.offset, buffer_);
  if (done) done = current_.file->sync();
  if (!done) {
    failure_ = done.error();
    return done;
  }
  current_.offset += room;
  latest_batch_bytes_ = room;
  last_ = batch.last;
  chain_ = header.chain;
  return {};
}

core::Result<void> Writer::prepare_space() {
  if (failure_) return std::unexpected(*failure_);
  if (!needs_space()) return {};
  const SegmentHeader header{.number = current_.number + 1, .size_bytes = options_.segment_bytes};
  // Under load the next segment must be there before this one is full, however large the batches are; then a step
  // follows every batch. What was written while nothing was urgent is not made up for: one huge step would hold up the
  // commit behind it.
  const std::uint64_t step = std::max(options_.zero_step_bytes, kFilledPerWritten * latest_batch_bytes_);
  latest_batch_bytes_ = 0;
  const auto done = filler_.step(header, step);
  if (!done) {
    if (done.error().kind != core::ErrorKind::no_space) failure_ = done.error();
    return std::unexpected(done.error());
  }
  if (!*done) return {};
  auto next = open_empty(header.number, header.size_bytes);
  if (!next) {
    failure_ = next.error();
    return std::unexpected(next.error());
  }
  next_ = std::move(*next);
  return {};
}

Reservation Writer::reservation() const { return {current_.left_bytes(), next_.left_bytes()}; }

}  // namespace journal
