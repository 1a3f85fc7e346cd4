#include "cmd/exchange/recovery.h"

#include <utility>

#include "cmd/exchange/data_folder.h"
#include "pkg/journal/reader.h"

namespace exchange {
namespace {
constexpr std::uint64_t kProgressEveryRecords = 1 << 16;
}  // namespace

core::Result<std::unique_ptr<engine::Replica>> load_replica(const journal::SnapshotStore::Loaded& snapshot,
                                                            const std::string& path) {
  auto replica = std::make_unique<engine::Replica>();
  core::ByteReader in(snapshot.content);
  if (auto loaded = replica->load(in); !loaded) {
    core::Error error = loaded.error();
    if (error.where.empty()) error.where = path;
    return std::unexpected(error);
  }
  const bool whole = in.complete() && replica->applied() == snapshot.info.sequence &&
                     replica->engine.output_digest() == snapshot.info.output_digest &&
                     replica->engine.state_hash() == snapshot.info.state_hash;
  if (!whole) {
    return core::fail(core::ErrorKind::corrupt, "the snapshot's content is not the state its header names", path,
                      "move the file away: the one before it, or the journal, will be used");
  }
  return replica;
}

core::Result<std::uint64_t> replay(io::Disk& disk, const std::string& journal_folder, engine::Replica& replica,
                                   core::Sequence until, const Progress& progress) {
  if (replica.applied() >= until) return 0;
  const core::Sequence from = replica.applied().next();
  auto reader = journal::Reader::open(disk, journal_folder, from);
  if (!reader) return std::unexpected(reader.error());
  const std::uint64_t total = until.value() - replica.applied().value();
  std::uint64_t done = 0;
  while (replica.applied() < until) {
    const auto entry = (*reader)->next(until);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) {
      return core::fail(core::ErrorKind::corrupt,
                        "record " + std::to_string(replica.applied().value() + 1) + " is missing",
                        disk.describe(journal_folder), "restore the journal from a backup");
    }
    if (auto applied = replica.apply((*entry)->record); !applied) {
      core::Error error = applied.error();
      if (error.where.empty())
        error.where = std::string((*entry)->file) + " at offset " + std::to_string((*entry)->offset);
      return std::unexpected(error);
    }
    if (++done % kProgressEveryRecords == 0 && progress) progress(done, total);
  }
  return done;
}

core::Result<Recovered> recover(io::Disk& disk, const journal::Options& options, const Progress& progress) {
  Recovered out;
  const journal::SnapshotStore store = snapshot_store(disk);
  auto newest = store.load_newest();
  if (!newest) return std::unexpected(newest.error());
  out.passed_over_snapshots = std::move(newest->passed_over);
  if (newest->snapshot) {
    auto replica = load_replica(*newest->snapshot, store.path(newest->snapshot->info.sequence));
    if (!replica) return std::unexpected(replica.error());
    out.replica = std::move(*replica);
    out.snapshot = newest->snapshot->info.sequence;
  } else {
    out.replica = std::make_unique<engine::Replica>();
  }
  auto journal = journal::recover(disk, options, {.from = out.snapshot.next(), .reaches = newest->reaches});
  if (!journal) {
    core::Error error = journal.error();
    if (!out.passed_over_snapshots.empty())
      error.hint += (error.hint.empty() ? "" : "; ") + ("passed over: " + out.passed_over_snapshots[0].text());
    return std::unexpected(std::move(error));
  }
  out.journal = std::move(*journal);
  const auto replayed = replay(disk, options.folder, *out.replica, out.journal.tail.last, progress);
  if (!replayed) return std::unexpected(replayed.error());
  out.replayed_records = *replayed;
  return out;
}

}  // namespace exchange
