// Follows the journal and makes rows of it: reads durable records, folds them with an engine of its own, and writes
// what the events say into the stores, each with its cursor.
//
// Following, catching up after a crash and making a lost store anew are one act, begun at different records: at the
// newest snapshot that no store is behind, else at the journal's first record, else, where the journal no longer has
// that, at the oldest snapshot, with what its views remember of the time before. A store that is damaged, or is not of
// this journal, is set aside and made anew. One thread; a step is one transaction or less.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cmd/exchange/projected_stores.h"
#include "cmd/exchange/recovery.h"
#include "cmd/exchange/store_files.h"
#include "pkg/io/disk.h"
#include "pkg/journal/reader.h"

namespace exchange {

enum class StoreState : std::uint8_t { closed, catching_up, following, failing };
[[nodiscard]] const char* name_of(StoreState state);

struct StoreFigures {
  std::string name;
  StoreState state = StoreState::closed;
  core::Sequence cursor, complete_from;
  std::uint64_t rows_written = 0, rebuilds = 0;  // since the start of the process
  std::string problem;                           // the last one; empty: there was none
};

struct ProjectorOptions {
  std::string data;                  // where the stores' files are
  std::int64_t keep_ns = 0;          // rows older than this are removed; 0: never
  bool log_is_new = false;           // missing stores are then no news
  std::uint64_t free_bytes_min = 0;  // the disk's last bytes belong to the journal: with less free nothing is written
  std::size_t rows_per_write = 50'000;
  std::int64_t write_ns_max = 200'000'000;  // of folding, before what there is is written
  std::size_t records_per_write = 1'000'000;
  const std::atomic<bool>* stop = nullptr;  // makes a step that takes long fail soon after it has become true
};

class Projector {
 public:
  // `say` hears of what an operator wants to know. REQUIRES disk and gates to outlive it.
  Projector(io::Disk& disk, ProjectorOptions options, StoreGates& gates, std::function<void(std::string)> say);
  ~Projector();

  // One piece of work, with records up to `durable`. Returns whether there is more to do at once. After an error, which
  // is in the figures too, nothing is lost: call it again some time later.
  [[nodiscard]] core::Result<bool> step(core::Sequence durable);

  [[nodiscard]] std::vector<StoreFigures> figures() const;
  // The record that every store has reached; none before they are open.
  [[nodiscard]] core::Sequence position() const;
  // Of the last record that was folded.
  [[nodiscard]] core::Time time() const { return through_.time; }

  // See sql::Projection::before_commit; for tests.
  void set_before_commit(const std::function<core::Result<void>()>& hook);

 private:
  struct Followed {
    std::unique_ptr<ProjectedStore> store;
    StoreGate* gate = nullptr;
    StoreFigures figures;
    std::string path;
    std::uint64_t generation = 0;
    bool is_to_be_made = false;  // that there is no file is no news
    core::Time pruned;           // everything older is gone
  };
  struct Start {
    std::unique_ptr<engine::Replica> replica;
    journal::Chain chain{};  // of the record the replica stands at
  };

  [[nodiscard]] core::Result<bool> work(core::Sequence durable);
  // Opens the stores and finds where to read on. False: a store was set aside, begin again.
  [[nodiscard]] core::Result<bool> begin(core::Sequence durable);
  [[nodiscard]] core::Result<void> open(Followed& one, core::Sequence durable);
  [[nodiscard]] core::Result<Start> find_start(core::Sequence lowest);
  [[nodiscard]] core::Result<std::unique_ptr<engine::Replica>> oldest_state(std::vector<core::Sequence> snapshots,
                                                                            journal::Chain& chain);
  [[nodiscard]] core::Result<bool> join(Followed& one, const Start& start);
  [[nodiscard]] core::Result<bool> fold(core::Sequence durable);
  [[nodiscard]] core::Result<bool> take(const journal::Entry& entry);
  [[nodiscard]] core::Result<bool> write();
  [[nodiscard]] core::Result<bool> prune();
  [[nodiscard]] core::Result<bool> look_after();
  // Makes it anew; everything begins again.
  [[nodiscard]] core::Result<void> discard(Followed& one, const std::string& why);
  void end();
  [[nodiscard]] std::size_t pending_rows() const;

  io::Disk& disk_;
  const ProjectorOptions options_;
  const std::function<void(std::string)> say_;
  std::vector<Followed> stores_;
  std::unique_ptr<engine::Replica> replica_;  // null: not begun
  std::unique_ptr<journal::Reader> reader_;
  sql::Cursor through_;    // what is folded, and not written while it is ahead of a store's cursor
  bool is_ahead_ = false;  // something is folded that is not written
  int discards_in_a_row_ = 0;
  std::int64_t looked_after_ns_ = 0;
};

}  // namespace exchange
