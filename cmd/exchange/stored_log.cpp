#include "cmd/exchange/stored_log.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "cmd/exchange/control_client.h"

namespace exchange {

core::Result<StoredLog> StoredLog::open(const std::string& data) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(data + "/" + kJournalFolder, ignored)) {
    return core::fail(core::ErrorKind::not_found, "no exchange has ever run on this data folder", data,
                      "--data names the folder");
  }
  StoredLog log;
  log.disk_ = std::make_unique<io::RealDisk>(data);
  auto lock = log.disk_->lock(kLockFile);
  if (!lock && lock.error().kind != core::ErrorKind::busy) return std::unexpected(lock.error());
  if (!lock) {
    const auto status = ask_exchange(data, {{"command", "status"}});
    if (!status) return std::unexpected(status.error());
    const json::value* durable = status->if_contains("durable_sequence");
    if (!durable || !durable->is_number())
      return core::fail(core::ErrorKind::corrupt, "the running exchange does not say how far its journal is durable",
                        data);
    log.last_ = core::Sequence{durable->to_number<std::uint64_t>()};
    return log;
  }
  log.lock_ = std::move(*lock);
  // Where the journal begins shows when it is read; damage behind that point is found by whoever reads it all.
  const auto kept = log.snapshots().list();
  if (!kept) return std::unexpected(kept.error());
  journal::ScanOptions what;
  if (!kept->empty()) {
    what.from = kept->back().next();
    what.reaches = kept->front();
  }
  const auto scan = journal::scan(*log.disk_, {.folder = kJournalFolder}, what);
  if (!scan) return std::unexpected(scan.error());
  log.last_ = scan->tail.last;
  log.cut_ = scan->cut;
  return log;
}

core::Result<std::unique_ptr<journal::Reader>> StoredLog::read(core::Sequence from, bool verify_chain) const {
  return journal::Reader::open(*disk_, kJournalFolder, from, verify_chain);
}

core::Result<std::unique_ptr<engine::Replica>> StoredLog::state_at_or_before(core::Sequence at, bool oldest) const {
  const journal::SnapshotStore store = snapshots();
  auto kept = store.list();
  if (!kept) return std::unexpected(kept.error());
  const bool from_the_start = read(core::Sequence{1}).has_value();
  if (oldest && from_the_start) return std::make_unique<engine::Replica>();
  std::vector<core::Sequence> usable = std::move(*kept);  // newest first
  std::erase_if(usable, [at](core::Sequence sequence) { return sequence > at; });
  if (oldest) std::ranges::reverse(usable);
  for (const core::Sequence sequence : usable) {
    const auto loaded = store.load(sequence);
    if (loaded) return load_replica(*loaded, store.path(sequence));
    if (loaded.error().kind != core::ErrorKind::outdated) return std::unexpected(loaded.error());
  }
  if (from_the_start) return std::make_unique<engine::Replica>();
  return core::fail(core::ErrorKind::not_found,
                    "the journal no longer reaches back to record " + std::to_string(at.value()),
                    disk_->describe(kJournalFolder), "no snapshot that this build reads is at or before it");
}

}  // namespace exchange
