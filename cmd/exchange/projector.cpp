#include "cmd/exchange/projector.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <utility>

#include "cmd/exchange/data_folder.h"
#include "pkg/core/check.h"
#include "pkg/journal/snapshot_store.h"

namespace exchange {
namespace {

using core::Result;

constexpr std::size_t kPruneRows = 2'000;
constexpr std::int64_t kPruneGrainNs = 3600ll * 1'000'000'000;
constexpr std::int64_t kLookAfterNs = 1'000'000'000;
constexpr int kDiscardsMax = 3;  // without a row written between them: then it is the disk

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string text_of(const journal::Chain& chain) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::byte byte : chain) {
    out += kDigits[std::to_integer<unsigned>(byte) >> 4];
    out += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

bool makes_store_useless(core::ErrorKind kind) {
  return kind == core::ErrorKind::corrupt || kind == core::ErrorKind::unsupported;
}

}  // namespace

const char* name_of(StoreState state) {
  switch (state) {
    case StoreState::closed:
      return "closed";
    case StoreState::catching_up:
      return "catching_up";
    case StoreState::following:
      return "following";
    case StoreState::failing:
      return "failing";
  }
  return "";
}

Projector::Projector(io::Disk& disk, ProjectorOptions options, StoreGates& gates, std::function<void(std::string)> say)
    : disk_(disk), options_(std::move(options)), say_(std::move(say)) {
  StoreGate* const each_gate[] = {&gates.history, &gates.market_data};
  for (auto& store : make_projected_stores()) {
    Followed& one = stores_.emplace_back();
    one.gate = each_gate[stores_.size() - 1];
    one.figures.name = store->name();
    one.path = store_path(options_.data, store->name());
    one.is_to_be_made = options_.log_is_new;
    one.store = std::move(store);
  }
}

Projector::~Projector() {
  for (Followed& one : stores_) one.gate->generation = 0;
}

void Projector::set_before_commit(const std::function<Result<void>()>& hook) {
  for (Followed& one : stores_) one.store->set_before_commit(hook);
}

core::Sequence Projector::position() const {
  core::Sequence least;
  for (const Followed& one : stores_) {
    if (!one.store->is_open()) return {};
    const core::Sequence at = one.store->cursor().sequence;
    least = &one == &stores_.front() ? at : std::min(least, at);
  }
  return least;
}

std::vector<StoreFigures> Projector::figures() const {
  std::vector<StoreFigures> out;
  for (const Followed& one : stores_) {
    StoreFigures& figures = out.emplace_back(one.figures);
    if (!one.store->is_open()) continue;
    figures.cursor = one.store->cursor().sequence;
    figures.complete_from = one.store->cursor().complete_from;
  }
  return out;
}

std::size_t Projector::pending_rows() const {
  std::size_t rows = 0;
  for (const Followed& one : stores_) rows = std::max(rows, one.store->pending_rows());
  return rows;
}

core::Result<bool> Projector::step(core::Sequence durable) {
  auto more = work(durable);
  for (Followed& one : stores_) {
    StoreFigures& figures = one.figures;
    if (!more) {
      figures.state = StoreState::failing;
      figures.problem = more.error().text();
    } else if (!one.store->is_open()) {
      figures.state = StoreState::closed;
    } else {
      figures.state = one.store->cursor().sequence < durable ? StoreState::catching_up : StoreState::following;
    }
  }
  return more;
}

core::Result<bool> Projector::work(core::Sequence durable) {
  if (auto went_well = look_after(); !went_well || !*went_well)
    return went_well ? Result<bool>(true) : std::unexpected(went_well.error());
  if (!replica_) {
    auto begun = begin(durable);
    if (!begun) {
      if (begun.error().kind == core::ErrorKind::not_found) end();  // retention was faster; look again
      return std::unexpected(begun.error());
    }
    return true;
  }
  // What could not be written is tried again before anything is added to it.
  if (!is_ahead_) {
    const auto folded = fold(durable);
    if (!folded) {
      end();
      return std::unexpected(folded.error());
    }
    if (!*folded) return true;
  }
  const auto written = write();
  if (!written || !*written) return written ? Result<bool>(true) : std::unexpected(written.error());
  const auto pruned = prune();
  if (!pruned) return std::unexpected(pruned.error());
  return *pruned || through_.sequence < durable;
}

// ---- beginning ----

core::Result<bool> Projector::begin(core::Sequence durable) {
  for (Followed& one : stores_) {
    if (one.store->is_open()) continue;
    if (auto opened = open(one, durable); !opened) return std::unexpected(opened.error());
    if (!one.store->is_open()) return false;
  }
  auto start = find_start(position());
  if (!start) return std::unexpected(start.error());
  for (Followed& one : stores_) {
    const auto joined = join(one, *start);
    if (!joined || !*joined) return joined;
  }
  auto reader = journal::Reader::open(disk_, kJournalFolder, start->replica->applied().next());
  if (!reader) return std::unexpected(reader.error());
  replica_ = std::move(start->replica);
  replica_->views = {.accounts = history::Accounts(), .markets = market_data::Markets(), .instruments = {}};
  reader_ = std::move(*reader);
  through_ = {.sequence = replica_->applied(), .time = replica_->time(), .chain = {}};
  is_ahead_ = false;
  for (Followed& one : stores_) {
    one.generation += 1;
    one.gate->is_suspected = false;
    one.gate->generation = one.generation;
  }
  return true;
}

// Leaves the store closed when it was set aside.
core::Result<void> Projector::open(Followed& one, core::Sequence durable) {
  std::error_code ignored;
  if (!std::filesystem::exists(one.path, ignored)) {
    // What belonged to a file that is gone must not be taken for the new one's.
    if (auto moved = set_store_aside(one.path); !moved) return std::unexpected(moved.error());
    if (!one.is_to_be_made) {
      ++one.figures.rebuilds;
      one.figures.problem = one.path + " was not there";
      say_(one.path + " is not there: it is made anew from the journal");
    }
  }
  one.is_to_be_made = false;
  const auto opened = one.store->open(one.path, options_.stop);
  if (!opened && makes_store_useless(opened.error().kind)) return discard(one, opened.error().text());
  if (!opened) return opened;
  const sql::Cursor& cursor = one.store->cursor();
  if (cursor.sequence > durable) {
    return discard(one, "it reaches to record " + std::to_string(cursor.sequence.value()) + ", the journal to " +
                            std::to_string(durable.value()));
  }
  one.pruned = {};
  return {};
}

core::Result<Projector::Start> Projector::find_start(core::Sequence lowest) {
  const journal::SnapshotStore snapshots = snapshot_store(disk_);
  const auto kept = snapshots.list();
  if (!kept) return std::unexpected(kept.error());
  for (const core::Sequence sequence : *kept) {  // newest first
    if (sequence > lowest) continue;
    const auto loaded = snapshots.load(sequence);
    if (!loaded) continue;
    auto replica = load_replica(*loaded, snapshots.path(sequence));
    if (replica) return Start{std::move(*replica), loaded->info.chain};
  }
  const auto reader = journal::Reader::open(disk_, kJournalFolder, core::Sequence{1});
  if (reader) return Start{std::make_unique<engine::Replica>(), {}};
  if (reader.error().kind != core::ErrorKind::not_found) return std::unexpected(reader.error());
  Start start;
  auto oldest = oldest_state(*kept, start.chain);
  if (!oldest) return std::unexpected(oldest.error());
  start.replica = std::move(*oldest);
  return start;
}

core::Result<std::unique_ptr<engine::Replica>> Projector::oldest_state(std::vector<core::Sequence> snapshots,
                                                                       journal::Chain& chain) {
  const journal::SnapshotStore store = snapshot_store(disk_);
  std::ranges::reverse(snapshots);
  for (const core::Sequence sequence : snapshots) {
    const auto loaded = store.load(sequence);
    if (!loaded) continue;
    auto replica = load_replica(*loaded, store.path(sequence));
    if (!replica) continue;
    chain = loaded->info.chain;
    return replica;
  }
  return core::fail(core::ErrorKind::not_found, "neither the journal's first record nor a whole snapshot is there",
                    disk_.describe(kSnapshotFolder));
}

// The store goes on from the start, later, or begins there. False: it was set aside.
core::Result<bool> Projector::join(Followed& one, const Start& start) {
  const core::Sequence at = start.replica->applied();
  const sql::Cursor& cursor = one.store->cursor();
  if (cursor.sequence == at && !at.is_none() && cursor.chain != text_of(start.chain)) {
    if (auto gone = discard(one, "it was made from another journal"); !gone) return std::unexpected(gone.error());
    return false;
  }
  if (cursor.sequence >= at) return true;
  if (!cursor.sequence.is_none()) {
    const auto gone = discard(one, "it reaches to record " + std::to_string(cursor.sequence.value()) +
                                       ", and the journal no longer has what follows");
    if (!gone) return std::unexpected(gone.error());
    return false;
  }
  say_(one.path + ": the journal no longer reaches back to its beginning; of the time before record " +
       std::to_string(at.value()) + " there is only what the oldest snapshot remembers");
  const sql::Cursor begins{
      .sequence = at, .time = start.replica->time(), .chain = text_of(start.chain), .complete_from = at, .pruned = {}};
  if (auto imported = one.store->import(start.replica->views, begins); !imported)
    return std::unexpected(imported.error());
  return true;
}

// ---- following ----

// Until the step is full or all is folded. False: a store was set aside.
core::Result<bool> Projector::fold(core::Sequence durable) {
  const std::int64_t until_ns = monotonic_ns() + options_.write_ns_max;
  for (std::size_t records = 1; replica_->applied() < durable; ++records) {
    const auto entry = reader_->next(durable);
    if (!entry) return std::unexpected(entry.error());
    if (!*entry) {
      return core::fail(core::ErrorKind::corrupt,
                        "record " + std::to_string(replica_->applied().value() + 1) + " is missing",
                        disk_.describe(kJournalFolder));
    }
    const auto taken = take(**entry);
    if (!taken || !*taken) return taken;
    is_ahead_ = true;
    if (records >= options_.records_per_write || pending_rows() >= options_.rows_per_write) break;
    if (records % 256 == 0 && monotonic_ns() >= until_ns) break;
  }
  if (is_ahead_) {
    through_.time = replica_->time();
    through_.chain = text_of(reader_->batch().chain);
  }
  return true;
}

core::Result<bool> Projector::take(const journal::Entry& entry) {
  if (auto folded = replica_->fold(entry.record); !folded) {
    core::Error error = folded.error();
    if (error.where.empty()) error.where = std::string(entry.file) + " at offset " + std::to_string(entry.offset);
    return std::unexpected(error);
  }
  const core::Sequence sequence = entry.record.header.sequence;
  through_.sequence = sequence;
  for (Followed& one : stores_) {
    const sql::Cursor& cursor = one.store->cursor();
    if (sequence > cursor.sequence) {
      one.store->apply(replica_->output(), replica_->time());
    } else if (sequence == cursor.sequence && cursor.chain != text_of(reader_->batch().chain)) {
      if (auto gone = discard(one, "it was made from another journal"); !gone) return std::unexpected(gone.error());
      return false;
    }
  }
  return true;
}

// False: a store was set aside.
core::Result<bool> Projector::write() {
  std::error_code unknown;
  const auto space = std::filesystem::space(options_.data, unknown);
  if (!unknown && space.available < options_.free_bytes_min) {
    return core::fail(
        core::ErrorKind::no_space,
        "less than " + std::to_string(options_.free_bytes_min >> 20) + " MiB are free, which the journal may need",
        options_.data, "make room on the data folder's disk");
  }
  for (Followed& one : stores_) {
    const sql::Cursor& cursor = one.store->cursor();
    if (cursor.sequence >= through_.sequence) continue;
    sql::Cursor to = through_;
    to.complete_from = cursor.complete_from;
    to.pruned = cursor.pruned;
    const std::size_t rows = one.store->pending_rows();
    const auto written = one.store->write(to);
    if (!written && makes_store_useless(written.error().kind)) {
      if (auto gone = discard(one, written.error().text()); !gone) return std::unexpected(gone.error());
      return false;
    }
    if (!written) return std::unexpected(written.error());
    one.figures.rows_written += rows;
    discards_in_a_row_ = 0;
  }
  is_ahead_ = false;
  return true;
}

// A bite; whether there is more. Time is the log's, and moves in hours: the same log is pruned at the same places.
core::Result<bool> Projector::prune() {
  if (options_.keep_ns <= 0) return false;
  bool more = false;
  for (Followed& one : stores_) {
    const std::int64_t now = one.store->cursor().time.ns;
    const core::Time before{(now - options_.keep_ns) / kPruneGrainNs * kPruneGrainNs};
    if (before.ns <= 0 || one.pruned >= before || one.store->cursor().sequence < through_.sequence) continue;
    const auto bite = one.store->prune(before, kPruneRows);
    if (!bite && makes_store_useless(bite.error().kind)) {
      if (auto gone = discard(one, bite.error().text()); !gone) return std::unexpected(gone.error());
      return true;
    }
    if (!bite) return std::unexpected(bite.error());
    if (*bite == 0)
      one.pruned = before;
    else
      more = true;
  }
  return more;
}

// ---- what can befall a store ----

// Files that somebody removed, and damage that readers have met. False: a store was set aside.
core::Result<bool> Projector::look_after() {
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns - looked_after_ns_ < kLookAfterNs) return true;
  looked_after_ns_ = now_ns;
  for (Followed& one : stores_) {
    if (!one.store->is_open()) continue;
    std::error_code ignored;
    if (one.gate->is_suspected) {
      if (auto gone = discard(one, "damage was met while reading it"); !gone) return std::unexpected(gone.error());
      return false;
    }
    if (std::filesystem::exists(one.path, ignored)) continue;
    end();  // and open() says what there is to say
    return false;
  }
  return true;
}

core::Result<void> Projector::discard(Followed& one, const std::string& why) {
  const std::string path = one.path;
  one.figures.problem = why;
  end();
  const auto moved = set_store_aside(path);
  if (!moved) return std::unexpected(moved.error());
  ++one.figures.rebuilds;
  one.is_to_be_made = true;
  say_(path + " is set aside" + (moved->empty() ? "" : " as " + *moved) + " and made anew from the journal: " + why);
  if (++discards_in_a_row_ <= kDiscardsMax) return {};
  discards_in_a_row_ = 0;
  return core::fail(core::ErrorKind::io, "store after store is damaged: " + why, path, "check the disk");
}

void Projector::end() {
  for (Followed& one : stores_) {
    one.gate->generation = 0;
    one.gate->is_suspected = false;
    one.store->close();
  }
  replica_.reset();
  reader_.reset();
  is_ahead_ = false;
}

}  // namespace exchange
