#include "pkg/journal/recovery.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "pkg/core/check.h"
#include "pkg/journal/format.h"
#include "pkg/journal/segment.h"

namespace journal {
namespace {

constexpr const char* kDamaged =
    "these bytes were durable once, so this is damage and not the end of an interrupted write; restore the journal "
    "from a backup; "
    "nothing has been changed";
constexpr const char* kMissing = "restore the missing files from a backup; nothing has been changed";

std::unexpected<core::Error> corrupt(std::string what, std::string where, const char* hint = kDamaged) {
  return core::fail(core::ErrorKind::corrupt, std::move(what), std::move(where), hint);
}

// Walks the segments from the one that has `from` to the end of the journal.
class Scanner {
 public:
  Scanner(io::Disk& disk, const Options& options, const ScanOptions& what)
      : disk_(disk), folder_(options.folder), what_(what) {}

  core::Result<Scan> run() {
    if (auto opened = open_segments(); !opened) return std::unexpected(opened.error());
    if (segments_.empty()) return finish();
    const auto start = find_start();
    if (!start) return std::unexpected(start.error());
    result_.tail = {.segment = segments_[*start]->number(),
                    .offset = kSegmentHeaderBytes,
                    .segment_bytes = segments_[*start]->size_bytes(),
                    .last = {},
                    .chain = {},
                    .next_segment_bytes = 0};
    for (std::size_t i = *start; i < segments_.size(); ++i) {
      const auto goes_on = walk(i);
      if (!goes_on) return std::unexpected(goes_on.error());
      if (!*goes_on) break;
    }
    if (auto judged = judge_end(); !judged) return std::unexpected(judged.error());
    return finish();
  }

 private:
  core::Result<void> open_segments() {
    const auto numbers = list_segments(disk_, folder_);
    if (!numbers) return std::unexpected(numbers.error());
    for (const std::uint64_t number : *numbers) {
      if (!segments_.empty() && number != segments_.back()->number() + 1) {
        return corrupt("this segment of the journal is missing",
                       disk_.describe(segment_path(folder_, segments_.back()->number() + 1)), kMissing);
      }
      auto view = SegmentView::open(disk_, folder_, number);
      if (!view) return std::unexpected(view.error());
      segments_.push_back(std::move(*view));
    }
    result_.segments = segments_.size();
    return {};
  }

  // The last segment whose first record is not behind `from`; the first one when it cannot be told.
  core::Result<std::size_t> find_start() {
    std::size_t start = 0;
    for (std::size_t i = 0; i < segments_.size(); ++i) {
      const auto found = segments_[i]->at(kSegmentHeaderBytes);
      if (!found) return std::unexpected(found.error());
      if (found->kind != Found::Kind::batch) continue;
      if (i == 0) result_.first = found->header.first;
      if (found->header.first <= what_.from) start = i;
    }
    if (!result_.first.is_none() && result_.first > what_.from) {
      return corrupt("the journal begins with record " + std::to_string(result_.first.value()) + ", but record " +
                         std::to_string(what_.from.value()) + " is needed",
                     segments_.front()->file(), kMissing);
    }
    return start;
  }

  // Takes in the batches of one segment. True when the journal may go on in the next one.
  core::Result<bool> walk(std::size_t i) {
    SegmentView& segment = *segments_[i];
    std::uint64_t offset = kSegmentHeaderBytes;
    while (true) {
      const auto found = segment.at(offset);
      if (!found) return std::unexpected(found.error());
      if (found->kind == Found::Kind::broken) return cut_or_refuse(i, offset, found->reason);
      if (found->kind == Found::Kind::blank) break;
      if (auto taken = take(i, offset, *found); !taken) return std::unexpected(taken.error());
      offset += batch_room_bytes(found->header.records_bytes);
    }
    const auto used = segment.first_used_sector(offset);
    if (!used) return std::unexpected(used.error());
    if (*used) return cut_or_refuse(i, offset, "there are bytes behind a gap");
    if (segment.file_bytes() < segment.size_bytes())
      return cut_or_refuse(i, std::max(offset, segment.file_bytes()), "the file ends early");
    return true;
  }

  core::Result<void> take(std::size_t i, std::uint64_t offset, const Found& found) {
    SegmentView& segment = *segments_[i];
    const BatchHeader& header = found.header;
    const bool first_seen = result_.batches == 0;
    const Chain previous =
        first_seen ? (header.first == core::Sequence{1} ? Chain{} : header.previous_chain) : result_.tail.chain;
    if (!first_seen && header.first != result_.tail.last.next()) {
      return corrupt("records " + std::to_string(result_.tail.last.next().value()) + " to " +
                         std::to_string(header.first.value() - 1) + " are missing in front of this batch",
                     segment.place(offset));
    }
    if (header.previous_chain != previous || chain_of(header, found.records, sha_) != header.chain) {
      return corrupt("the SHA-256 chain is broken: this batch, or one before it, is not the one that was written",
                     segment.place(offset));
    }
    if (result_.first.is_none()) result_.first = header.first;
    ++result_.batches;
    result_.records_bytes += header.records_bytes;
    result_.tail = {.segment = segment.number(),
                    .offset = offset + batch_room_bytes(header.records_bytes),
                    .segment_bytes = segment.size_bytes(),
                    .last = header.last(),
                    .chain = header.chain,
                    .next_segment_bytes = 0};
    result_.last_batch_segment = segment.number();
    result_.last_batch_offset = offset;
    result_.last_batch_bytes = batch_room_bytes(header.records_bytes);
    return {};
  }

  // A place where a batch should have been. Anything valid behind it was written when it was durable.
  core::Result<bool> cut_or_refuse(std::size_t i, std::uint64_t offset, const std::string& reason) {
    for (std::size_t j = i; j < segments_.size(); ++j) {
      const auto proof = segments_[j]->proof_of(result_.tail.last.next(), j == i ? offset : kSegmentHeaderBytes);
      if (!proof) return std::unexpected(proof.error());
      if (*proof)
        return corrupt(reason + ", but a later batch is at " + segments_[j]->place(**proof),
                       segments_[i]->place(offset));
    }
    const auto end = segments_[i]->used_end(offset);
    if (!end) return std::unexpected(end.error());
    result_.cut = Cut{segments_[i]->file(), offset, *end - offset, reason};
    return false;
  }

  // The segment behind the tail may have been prepared, or begun and torn; the ones behind that are made only once it
  // is in use.
  core::Result<void> judge_end() {
    const Tail& tail = result_.tail;
    const std::size_t index = tail.segment - segments_.front()->number();
    const std::string end = segments_[index]->place(tail.offset);
    if (index + 2 < segments_.size()) {
      return corrupt("the journal ends here, but later segments exist that are only made once the next one is in use",
                     end);
    }
    if (index + 1 < segments_.size()) {
      SegmentView& next = *segments_[index + 1];
      const auto used = next.first_used_sector(kSegmentHeaderBytes);
      if (!used) return std::unexpected(used.error());
      if (!*used && next.file_bytes() == next.size_bytes()) result_.tail.next_segment_bytes = next.size_bytes();
    }
    return {};
  }

  core::Result<Scan> finish() {
    const std::uint64_t needed = std::max(what_.reaches.value(), what_.from.value() - 1);
    if (result_.tail.last.value() >= needed) return result_;
    const std::string end =
        segments_.empty() ? disk_.describe(folder_) + ": there is no journal"
                          : segments_[result_.tail.segment - segments_.front()->number()]->place(result_.tail.offset);
    return corrupt("the journal ends with record " + std::to_string(result_.tail.last.value()) +
                       ", but a snapshot has record " + std::to_string(needed),
                   end);
  }

  io::Disk& disk_;
  const std::string folder_;
  const ScanOptions what_;
  std::vector<std::unique_ptr<SegmentView>> segments_;
  Scan result_;
  Sha256 sha_;
};

// Zeros from `offset` to the end, where it is not zero already.
core::Result<void> blank(io::Disk& disk, const Options& options, std::uint64_t number, std::uint64_t offset,
                         std::uint64_t segment_bytes) {
  auto file = disk.open(segment_path(options.folder, number), io::OpenMode::read_write);
  if (!file) return std::unexpected(file.error());
  while (offset < segment_bytes) {
    const std::uint64_t size = std::min<std::uint64_t>(options.zero_step_bytes, segment_bytes - offset);
    const auto bytes = (*file)->read(offset, size);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->size() < size || !all_zero(*bytes)) {
      if (auto written = (*file)->write(offset, core::Bytes(size)); !written) return written;
    }
    offset += size;
  }
  return (*file)->sync();
}

// What was read may be in the page cache only: the process was killed between write and sync, or a sync failed and the
// kernel holds the pages for clean. Only writing it again makes it durable; the bytes stay the same.
core::Result<void> write_again(io::Disk& disk, const Options& options, std::uint64_t number, std::uint64_t offset,
                               std::uint64_t size) {
  auto file = disk.open(segment_path(options.folder, number), io::OpenMode::read_write);
  if (!file) return std::unexpected(file.error());
  const auto bytes = (*file)->read(offset, size);
  if (!bytes) return std::unexpected(bytes.error());
  CHECK(bytes->size() == size);
  if (auto written = (*file)->write(offset, *bytes); !written) return written;
  return (*file)->sync();
}

core::Result<void> make_first_segment(io::Disk& disk, const Options& options) {
  constexpr std::uint64_t kStepsAtOnce = 16;  // nobody waits for a commit yet
  SegmentFiller filler(disk, options.folder);
  while (true) {
    const auto done =
        filler.step({.number = 1, .size_bytes = options.segment_bytes}, kStepsAtOnce * options.zero_step_bytes);
    if (!done) return std::unexpected(done.error());
    if (*done) return {};
  }
}

}  // namespace

core::Result<Scan> scan(io::Disk& disk, const Options& options, const ScanOptions& what) {
  return Scanner(disk, options, what).run();
}

core::Result<Scan> recover(io::Disk& disk, const Options& options, const ScanOptions& what) {
  auto found = scan(disk, options, what);
  if (!found) return found;
  if (found->tail.segment == 0) {
    if (auto made = disk.make_folder(options.folder); !made) return std::unexpected(made.error());
    if (auto made = make_first_segment(disk, options); !made) return std::unexpected(made.error());
    found->segments = 1;
    found->tail.segment = 1;
    found->tail.offset = kSegmentHeaderBytes;
    found->tail.segment_bytes = options.segment_bytes;
    return found;
  }
  Tail& tail = found->tail;
  // A segment may have been renamed into the folder by a process that was killed before it could sync the folder.
  if (auto synced = disk.sync_folder(options.folder); !synced) return std::unexpected(synced.error());
  if (found->last_batch_bytes > 0) {
    auto again =
        write_again(disk, options, found->last_batch_segment, found->last_batch_offset, found->last_batch_bytes);
    if (!again) return std::unexpected(again.error());
  }
  if (auto blanked = blank(disk, options, tail.segment, tail.offset, tail.segment_bytes); !blanked)
    return std::unexpected(blanked.error());
  const auto next = SegmentView::open(disk, options.folder, tail.segment + 1);
  if (next) {
    auto blanked = blank(disk, options, tail.segment + 1, kSegmentHeaderBytes, (*next)->size_bytes());
    if (!blanked) return std::unexpected(blanked.error());
    tail.next_segment_bytes = (*next)->size_bytes();
  } else if (next.error().kind != core::ErrorKind::not_found) {
    return std::unexpected(next.error());
  }
  return found;
}

core::Result<std::uint64_t> remove_below(io::Disk& disk, const Options& options, core::Sequence sequence) {
  const auto numbers = list_segments(disk, options.folder);
  if (!numbers) return std::unexpected(numbers.error());
  const auto names = disk.list(options.folder);
  if (!names) return std::unexpected(names.error());
  const std::string spare = spare_path(options.folder);
  bool has_spare =
      std::ranges::any_of(*names, [&](const std::string& name) { return options.folder + "/" + name == spare; });
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i + 1 < numbers->size(); ++i) {
    const auto next = SegmentView::open(disk, options.folder, (*numbers)[i + 1]);
    if (!next) return std::unexpected(next.error());
    const auto found = (*next)->at(kSegmentHeaderBytes);
    if (!found) return std::unexpected(found.error());
    if (found->kind != Found::Kind::batch || found->header.first > sequence) break;
    const std::string path = segment_path(options.folder, (*numbers)[i]);
    // The spare gets its name only when the old one is gone for good: a crash must not bring it back with zeros in it.
    const std::string freed = options.folder + "/freed.tmp";
    if (auto gone = has_spare ? disk.remove(path) : disk.rename(path, freed); !gone)
      return std::unexpected(gone.error());
    if (auto synced = disk.sync_folder(options.folder); !synced) return std::unexpected(synced.error());
    if (!has_spare) {
      if (auto renamed = disk.rename(freed, spare); !renamed) return std::unexpected(renamed.error());
      has_spare = true;
    }
    ++removed;
  }
  return removed;
}

}  // namespace journal
