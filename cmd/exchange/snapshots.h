// Snapshots off the hot path: a second fold of the same records, on a thread of low priority.
//
// A job starts from the newest snapshot (or from nothing), replays the durable records up to a checkpoint, which must
// carry the digest that the replay has reached, and saves; then snapshots beyond the newest three, and journal segments
// that only older ones need, are taken away, as far as no store is still to be made of them. No copy of the state stays
// in memory between jobs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cmd/exchange/exchange.h"
#include "cmd/exchange/recovery.h"
#include "pkg/core/error.h"
#include "pkg/io/disk.h"
#include "pkg/journal/recovery.h"
#include "pkg/journal/snapshot_store.h"

namespace exchange {

struct SnapshotResult {
  journal::SnapshotInfo info;
  std::uint64_t replayed_records = 0;
  std::uint64_t segments_removed = 0;
  std::int64_t elapsed_ns = 0;
};

// One job, on the calling thread. REQUIRES the records up to `checkpoint` to be durable; `checkpoint` is what the
// snapshot will hold last. Of what is behind `needed`, so much stays that a store can go on from there.
[[nodiscard]] core::Result<SnapshotResult> make_snapshot(io::Disk& disk, const journal::Options& options,
                                                         core::Sequence checkpoint, core::Sequence needed,
                                                         const Progress& progress);

// Runs jobs one at a time beside the exchange. All calls belong to the exchange's thread.
class Snapshots {
 public:
  using Done = std::function<void(const core::Result<SnapshotResult>&)>;

  // A snapshot every `interval_commands` (0: only on request). `wake` is called from the worker when a job has ended,
  // `needed` when retention begins: see make_snapshot. `last`: the newest snapshot there is.
  Snapshots(io::Disk& disk, journal::Options options, std::uint64_t interval_commands, core::Sequence last,
            std::function<core::Sequence()> needed, std::function<void()> wake);
  ~Snapshots();  // waits for the job that runs
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  // `done` hears of the next snapshot that is begun after this.
  void request(Done done);
  // Begins and ends jobs; cheap. Call it every turn of the loop.
  void tick(Exchange& exchange);
  [[nodiscard]] core::Sequence last() const { return last_; }
  [[nodiscard]] const std::optional<core::Error>& last_failure() const { return last_failure_; }

 private:
  enum class State { resting, waiting_for_checkpoint, working };
  void run();
  void finish();

  io::Disk& disk_;
  const journal::Options options_;
  const std::uint64_t interval_commands_;
  const std::function<core::Sequence()> needed_;
  const std::function<void()> wake_;

  // Exchange's thread.
  State state_ = State::resting;
  core::Sequence last_, asked_at_;
  std::vector<Done> requested_, being_served_;
  std::optional<core::Error> last_failure_;

  // Shared, under the mutex.
  std::mutex mutex_;
  std::condition_variable changed_;
  core::Sequence job_;  // none: nothing to do
  std::optional<core::Result<SnapshotResult>> result_;
  bool stopping_ = false;
  std::atomic<bool> has_result_{false};

  std::thread worker_;
};

}  // namespace exchange
