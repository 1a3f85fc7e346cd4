#include <chrono>
#include <utility>

#include "cmd/exchange/control_client.h"
#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/progress_bar.h"
#include "cmd/exchange/snapshots.h"
#include "cmd/exchange/store_files.h"
#include "cmd/exchange/stored_log.h"
#include "cmd/exchange/tools.h"

namespace exchange {

core::Result<json::object> replay_log(const std::string& data, std::optional<std::uint64_t> until) {
  const auto log = StoredLog::open(data);
  if (!log) return std::unexpected(log.error());
  const core::Sequence last{std::min(until.value_or(UINT64_MAX), log->last().value())};
  if (until && *until > log->last().value()) {
    return core::fail(core::ErrorKind::not_found, "the journal ends at record " + std::to_string(log->last().value()),
                      data, "choose --until at or below it");
  }
  auto replica = log->state_at_or_before(last, true);
  if (!replica) return std::unexpected(replica.error());
  const core::Sequence start = (*replica)->applied();
  const auto begin = std::chrono::steady_clock::now();
  const ProgressBar bar("replaying");
  const auto replayed = replay(log->disk(), kJournalFolder, **replica, last, bar.callback());
  if (!replayed) return std::unexpected(replayed.error());
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const engine::Replica& state = **replica;
  return json::object{{"from_sequence", start.value()},
                      {"sequence", state.applied().value()},
                      {"replayed_records", *replayed},
                      {"state_hash", hex(state.engine.state_hash())},
                      {"output_digest", hex(state.engine.output_digest())},
                      {"time_ns", state.time().ns},
                      {"markets", state.views.instruments.markets().size()},
                      {"assets", state.views.instruments.assets().size()},
                      {"elapsed_s", elapsed.count()},
                      {"records_per_s", elapsed.count() > 0 ? static_cast<double>(*replayed) / elapsed.count() : 0.0}};
}

namespace {

// The newest checkpoint in the journal: where a snapshot can be compared with what the live exchange had sent out.
core::Result<core::Sequence> last_checkpoint(const StoredLog& log) {
  const auto kept = log.snapshots().list();
  if (!kept) return std::unexpected(kept.error());
  const core::Sequence newest = kept->empty() ? core::Sequence{} : kept->front();
  auto reader = log.read(newest.next());
  if (!reader) return std::unexpected(reader.error());
  core::Sequence found;
  while ((*reader)->next_sequence() <= log.last()) {
    const auto entry = (*reader)->next(log.last());
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) break;
    const core::RecordHeader& header = (*entry)->record.header;
    if (header.type == static_cast<std::uint16_t>(engine::RecordType::checkpoint)) found = header.sequence;
  }
  if (found.is_none()) {
    return core::fail(core::ErrorKind::not_found,
                      "no checkpoint behind the newest snapshot (record " + std::to_string(newest.value()) + ")",
                      log.disk().describe(kJournalFolder),
                      "nothing has happened since, or the exchange was killed: start it and take the snapshot then");
  }
  return found;
}

}  // namespace

core::Result<json::object> take_snapshot(const std::string& data) {
  const auto log = StoredLog::open(data);
  if (!log) return std::unexpected(log.error());
  if (log->is_running()) return ask_exchange(data, {{"command", "snapshot"}});
  const auto checkpoint = last_checkpoint(*log);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  const ProgressBar bar("replaying");
  // The bound on what a store may hold back is the running exchange's business.
  const auto result =
      make_snapshot(log->disk(), {.folder = kJournalFolder}, *checkpoint, stored_position(data), bar.callback());
  if (!result) return std::unexpected(result.error());
  return json::object{{"sequence", result->info.sequence.value()},    {"state_hash", hex(result->info.state_hash)},
                      {"content_bytes", result->info.content_bytes},  {"replayed_records", result->replayed_records},
                      {"segments_removed", result->segments_removed}, {"elapsed_ms", result->elapsed_ns / 1'000'000}};
}

}  // namespace exchange
