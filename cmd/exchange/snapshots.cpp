#include "cmd/exchange/snapshots.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "cmd/exchange/data_folder.h"
#include "pkg/journal/reader.h"

namespace exchange {
namespace {

constexpr int kLowestPriority = 19;

// The chain value of the batch that has the record.
core::Result<journal::Chain> chain_at(io::Disk& disk, const std::string& folder, core::Sequence sequence) {
  auto reader = journal::Reader::open(disk, folder, sequence);
  if (!reader) return std::unexpected(reader.error());
  const auto entry = (*reader)->next(sequence);
  if (!entry) return std::unexpected(entry.error());
  if (!*entry)
    return core::fail(core::ErrorKind::not_found,
                      "record " + std::to_string(sequence.value()) + " is not in the journal", disk.describe(folder));
  return (*reader)->batch().chain;
}

}  // namespace

core::Result<SnapshotResult> make_snapshot(io::Disk& disk, const journal::Options& options, core::Sequence checkpoint,
                                           core::Sequence needed, const Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  journal::SnapshotStore store = snapshot_store(disk);
  auto newest = store.load_newest();
  if (!newest) return std::unexpected(newest.error());
  auto replica = std::make_unique<engine::Replica>();
  if (newest->snapshot) {
    auto loaded = load_replica(*newest->snapshot, store.path(newest->snapshot->info.sequence));
    if (!loaded) return std::unexpected(loaded.error());
    replica = std::move(*loaded);
    newest->snapshot.reset();
  }
  SnapshotResult result;
  const auto replayed = replay(disk, options.folder, *replica, checkpoint, progress);
  if (!replayed) return std::unexpected(replayed.error());
  result.replayed_records = *replayed;
  if (replica->applied() != checkpoint) {
    return core::fail(core::ErrorKind::already_exists,
                      "a snapshot at or above record " + std::to_string(checkpoint.value()) + " is there already",
                      store.path(replica->applied()));
  }
  const auto chain = chain_at(disk, options.folder, checkpoint);
  if (!chain) return std::unexpected(chain.error());
  core::Bytes content;
  core::ByteWriter out(content);
  replica->save(out);
  journal::SnapshotInfo info{.sequence = checkpoint,
                             .time = replica->time(),
                             .output_digest = replica->engine.output_digest(),
                             .state_hash = replica->engine.state_hash(),
                             .chain = *chain};
  replica.reset();
  auto written = store.write(info, content);
  if (!written) return std::unexpected(written.error());
  result.info = *written;
  const auto oldest = store.prune(journal::SnapshotStore::kKept, needed);
  if (!oldest) return std::unexpected(oldest.error());
  if (!oldest->is_none()) {
    const auto removed = journal::remove_below(disk, options, oldest->next());
    if (!removed) return std::unexpected(removed.error());
    result.segments_removed = *removed;
  }
  result.elapsed_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

Snapshots::Snapshots(io::Disk& disk, journal::Options options, std::uint64_t interval_commands, core::Sequence last,
                     std::function<core::Sequence()> needed, std::function<void()> wake)
    : disk_(disk),
      options_(std::move(options)),
      interval_commands_(interval_commands),
      needed_(std::move(needed)),
      wake_(std::move(wake)),
      last_(last) {
  worker_ = std::thread([this] { run(); });
}

Snapshots::~Snapshots() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  worker_.join();
}

void Snapshots::request(Done done) { requested_.push_back(std::move(done)); }

void Snapshots::tick(Exchange& exchange) {
  if (state_ == State::working && has_result_.load(std::memory_order_acquire)) finish();
  const bool due = interval_commands_ > 0 && exchange.durable().value() >= last_.value() + interval_commands_;
  if (state_ == State::resting && (due || !requested_.empty())) {
    asked_at_ = exchange.sequenced();
    exchange.request_checkpoint();
    being_served_ = std::exchange(requested_, {});
    state_ = State::waiting_for_checkpoint;
  }
  if (state_ == State::waiting_for_checkpoint && exchange.last_checkpoint() > asked_at_) {
    {
      const std::lock_guard lock(mutex_);
      job_ = exchange.last_checkpoint();
    }
    changed_.notify_one();
    state_ = State::working;
  }
}

void Snapshots::finish() {
  std::optional<core::Result<SnapshotResult>> result;
  {
    const std::lock_guard lock(mutex_);
    result = std::exchange(result_, std::nullopt);
  }
  has_result_.store(false, std::memory_order_relaxed);
  state_ = State::resting;
  if (*result) {
    last_ = (*result)->info.sequence;
    last_failure_.reset();
  } else {
    last_failure_ = result->error();
    last_ = asked_at_;  // try again after another interval, not at once
  }
  for (const Done& done : std::exchange(being_served_, {})) done(*result);
}

void Snapshots::run() {
  pthread_setname_np(pthread_self(), "snapshots");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowestPriority);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !job_.is_none(); });
    if (stopping_) return;
    const core::Sequence job = std::exchange(job_, core::Sequence{});
    lock.unlock();
    auto result = make_snapshot(disk_, options_, job, needed_(), {});
    lock.lock();
    result_ = std::move(result);
    has_result_.store(true, std::memory_order_release);
    wake_();
  }
}

}  // namespace exchange
