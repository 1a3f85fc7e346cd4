#include <chrono>
#include <map>
#include <utility>

#include "cmd/exchange/progress_bar.h"
#include "cmd/exchange/store_check.h"
#include "cmd/exchange/stored_log.h"
#include "cmd/exchange/tools.h"

namespace exchange {
namespace {

using core::Result;

class Verification {
 public:
  explicit Verification(const StoredLog& log) : log_(log) {}

  Result<void> run(const ProgressBar& bar) {
    if (auto loaded = load_snapshots(); !loaded) return loaded;
    auto state = log_.state_at_or_before(log_.last(), true);
    if (!state) return std::unexpected(state.error());
    replica_ = std::move(*state);
    start_ = replica_->applied();
    auto reader = first_records();
    if (!reader) return std::unexpected(reader.error());
    while ((*reader)->next_sequence() <= log_.last()) {
      if (auto one = next_record(**reader); !one) return one;
      if (records_ % 65'536 == 0) bar.show(records_, log_.last().value());
    }
    if (!expected_.empty()) {
      return core::fail(
          core::ErrorKind::corrupt,
          "the journal ends at record " + std::to_string(replica_->applied().value()) + ", before this snapshot",
          log_.snapshots().path(expected_.begin()->first));
    }
    return replica_->engine.audit();
  }

  void describe(json::object& out) const {
    out["records"] = records_;
    out["snapshots_checked"] = snapshots_checked_;
    if (snapshots_outdated_ != 0) out["snapshots_outdated"] = snapshots_outdated_;
    out["checkpoints_checked"] = checkpoints_;
    if (!replica_) return;
    out["replayed_from_sequence"] = start_.value();
    out["last_sequence"] = replica_->applied().value();
    out["state_hash"] = hex(replica_->engine.state_hash());
    out["output_digest"] = hex(replica_->engine.output_digest());
  }

 private:
  // As far back as there are records: those below the state replay starts from are still checked for damage. Where the
  // starting snapshot's own record has left the journal, nothing is there to compare it with.
  Result<std::unique_ptr<journal::Reader>> first_records() {
    for (const core::Sequence from : {core::Sequence{1}, start_}) {
      if (from.is_none()) continue;
      auto reader = log_.read(from, true);
      if (reader || reader.error().kind != core::ErrorKind::not_found) return reader;
    }
    expected_.erase(start_);
    return log_.read(start_.next(), true);
  }

  // Each snapshot's file is whole and holds the state it names; what that state must be shows in the replay.
  Result<void> load_snapshots() {
    const journal::SnapshotStore store = log_.snapshots();
    const auto sequences = store.list();
    if (!sequences) return std::unexpected(sequences.error());
    for (const core::Sequence sequence : *sequences) {
      const auto loaded = store.load(sequence);
      if (!loaded && loaded.error().kind == core::ErrorKind::not_found && log_.is_running())
        continue;  // retention was faster
      if (!loaded && loaded.error().kind == core::ErrorKind::outdated) {
        ++snapshots_outdated_;
        continue;
      }
      if (!loaded) return std::unexpected(loaded.error());
      if (sequence > log_.last()) continue;  // made since we asked how far the journal is durable
      if (auto replica = load_replica(*loaded, store.path(sequence)); !replica) return std::unexpected(replica.error());
      expected_.emplace(sequence, loaded->info);
      ++snapshots_checked_;
    }
    return {};
  }

  Result<void> next_record(journal::Reader& reader) {
    const auto entry = reader.next(log_.last());
    if (!entry) return std::unexpected(entry.error());
    if (!*entry)
      return core::fail(core::ErrorKind::corrupt,
                        "record " + std::to_string(reader.next_sequence().value()) + " is missing",
                        log_.disk().describe("journal"));
    ++records_;
    const core::Record& record = (*entry)->record;
    if (record.header.sequence <= replica_->applied()) return compare_snapshot(record.header.sequence, reader);
    if (auto applied = replica_->apply(record); !applied) {
      core::Error error = applied.error();
      if (error.where.empty())
        error.where = std::string((*entry)->file) + " at offset " + std::to_string((*entry)->offset);
      return std::unexpected(error);
    }
    if (record.header.type == static_cast<std::uint16_t>(engine::RecordType::checkpoint)) ++checkpoints_;
    return compare_snapshot(record.header.sequence, reader);
  }

  Result<void> compare_snapshot(core::Sequence sequence, const journal::Reader& reader) {
    const auto found = expected_.find(sequence);
    if (found == expected_.end()) return {};
    const journal::SnapshotInfo& info = found->second;
    const char* wrong = nullptr;
    if (info.chain != reader.batch().chain)
      wrong = "the snapshot belongs to another journal: chain values differ";
    else if (replica_->applied() == sequence && info.output_digest != replica_->engine.output_digest())
      wrong = "the snapshot's output digest is not the replay's";
    else if (replica_->applied() == sequence && info.state_hash != replica_->engine.state_hash())
      wrong = "the snapshot's state is not the replay's";
    if (wrong)
      return core::fail(core::ErrorKind::corrupt, wrong, log_.snapshots().path(sequence),
                        "move the file away: the one before it will be used");
    expected_.erase(found);
    return {};
  }

  const StoredLog& log_;
  std::unique_ptr<engine::Replica> replica_;
  core::Sequence start_;
  std::map<core::Sequence, journal::SnapshotInfo> expected_;
  std::uint64_t records_ = 0, snapshots_checked_ = 0, snapshots_outdated_ = 0, checkpoints_ = 0;
};

// Adds what was found to the answer.
Result<void> verify_stores(const StoredLog& log, const std::string& data, json::object& out) {
  const ProgressBar bar("comparing stores");
  const auto checked = check_stores(log, data, bar.callback());
  if (!checked) {
    if (checked.error().kind != core::ErrorKind::corrupt) out["could_not_run"] = true;
    return std::unexpected(checked.error());
  }
  out["stores_checked"] = checked->stores_checked;
  out["rows_compared"] = checked->rows_compared;
  json::array missing;
  for (const std::string& path : checked->missing) missing.push_back(json::value(path));
  if (!missing.empty()) out["stores_missing"] = std::move(missing);
  return {};
}

}  // namespace

json::object verify(const std::string& data) {
  const auto begin = std::chrono::steady_clock::now();
  json::object out{{"ok", false}, {"data", data}};
  const auto log = StoredLog::open(data);
  if (!log) {
    out["problem"] = log.error().text();
    out["could_not_run"] = log.error().kind != core::ErrorKind::corrupt;
    return out;
  }
  Verification verification(*log);
  const ProgressBar bar("verifying");
  auto done = verification.run(bar);
  verification.describe(out);
  if (done) done = verify_stores(*log, data, out);
  out["ok"] = done.has_value();
  out["running"] = log->is_running();
  if (log->cut())
    out["torn_tail"] =
        log->cut()->file + " at offset " + std::to_string(log->cut()->offset) + ": " + log->cut()->reason;
  if (!done) out["problem"] = done.error().text();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  out["elapsed_s"] = elapsed.count();
  return out;
}

}  // namespace exchange
