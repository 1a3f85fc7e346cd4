// The whole durable exchange on a disk that loses power: the real engine in the host, journal, follower, snapshots,
// recovery. The power is cut at every operation of the disk in a script of 1,000 commands. After each cut the machine
// starts again, and everything that was acknowledged must be there, exactly once, with the state that an engine in
// memory has reached.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pkg/core/random.h"
#include "pkg/host/host.h"
#include "pkg/io/simulated_disk.h"
#include "pkg/journal/inline_sink.h"
#include "pkg/journal/reader.h"
#include "pkg/journal/recovery.h"
#include "pkg/journal/snapshot_store.h"
#include "services/engine/fold.h"
#include "services/engine/replica.h"
#include "services/instruments/defaults.h"

namespace engine {
namespace {

constexpr std::size_t kCommands = 1000;
constexpr std::uint32_t kAccounts = 4;
const journal::Options kJournal{.folder = "journal", .segment_bytes = 64 << 10, .zero_step_bytes = 32 << 10};

core::ClientOrderId client_id(std::uint64_t number) { return core::ClientOrderId("c" + std::to_string(number)); }

Command random_command(core::Random& random, std::uint64_t number) {
  const core::AccountId account{core::kFirstUserAccount.value() + static_cast<std::uint32_t>(random.below(kAccounts))};
  const core::MarketId market{1};
  const orders::OrderReference target{{},
                                      client_id(number - 1 - random.below(std::min<std::uint64_t>(number - 1, 30)))};
  orders::PlaceOrder place{.account = account,
                           .market = market,
                           .side = random.chance(1, 2) ? orders::Side::buy : orders::Side::sell,
                           .self_trade = orders::SelfTrade::expire_taker,
                           .price = core::Price{random.between(2'990'000, 3'010'000)},
                           .quantity = core::Quantity{random.between(100, 5'000)},
                           .client_order_id = client_id(number)};
  switch (random.below(12)) {
    case 0:
      return orders::CancelOrder{.account = account, .market = market, .target = target};
    case 1:
      return orders::CancelReplace{.cancel = {.account = account, .market = market, .target = target}, .place = place};
    case 2:
      return orders::MoveOrder{account, market, target, core::Price{random.between(2'990'000, 3'010'000)}};
    case 3:
      return orders::ReduceOrder{account, market, target, core::Quantity{random.between(1, 200)}};
    case 4:
      return random.chance(1, 8) ? Command(orders::CancelAll{account, market}) : Command(place);
    case 5:
      place.type = orders::OrderType::market;
      place.time_in_force = orders::TimeInForce::ioc;
      place.price = {};
      return place;
    case 6:
      place.time_in_force = orders::TimeInForce::ioc;
      return place;
    case 7:
      place.type = orders::OrderType::limit_maker;
      return place;
    default:
      return place;
  }
}

std::vector<Command> make_script(std::uint64_t seed) {
  std::vector<Command> script;
  for (const auto& asset : instruments::default_assets()) script.emplace_back(asset);
  for (const auto& market : instruments::default_markets()) script.emplace_back(market);
  const core::Amount plenty{core::int128{1'000'000} * 100'000'000};
  for (std::uint32_t i = 0; i < kAccounts; ++i) {
    const core::AccountId account{core::kFirstUserAccount.value() + i};
    script.emplace_back(ledger::OpenAccount{ledger::AccountName("user" + std::to_string(i))});
    for (const std::uint32_t asset : {1u, 4u}) {
      script.emplace_back(ledger::Deposit{account, core::AssetId{asset}, plenty,
                                          core::ShortText<40>("d" + std::to_string(script.size()))});
    }
  }
  core::Random random(seed);
  while (script.size() < kCommands) script.push_back(random_command(random, script.size() + 1));
  return script;
}

// What the outside has been told, and what the live engine was at each sequence. Survives the process.
struct World {
  std::vector<Command> script;
  std::map<std::size_t, std::uint64_t> acknowledged;  // index in the script → sequence
  std::map<std::uint64_t, std::uint64_t>
      digest_after;  // sequence → digest of everything sent out, when it was acknowledged
  std::size_t snapshots = 0, recovered_from_snapshot = 0, trades = 0;
  std::string violation;  // the first thing that was not as promised
};

class Life final : public host::ReleaseHandler<Fold> {
 public:
  Life(io::SimulatedDisk& disk, World& world, std::uint64_t seed)
      : disk_(disk), world_(world), store_(disk, kSavedVersion), random_(seed) {}

  // False when the disk, or a broken promise, ended it.
  bool run() {
    if (!start()) return false;
    while (next_ < world_.script.size() || !host_->drained()) {
      for (std::uint64_t burst = 1 + random_.below(3); burst > 0 && next_ < world_.script.size(); --burst) {
        const auto sequence = host_->submit(world_.script[next_], next_, {}, time_of(next_));
        if (!sequence) break;
        live_digest_[sequence->value()] = live_.output_digest();
        ++next_;
      }
      host_->step(now_ns_ += 400'000);
      if (host_->failure()) return false;
      if (host_->durable().value() >= follower_->applied().value() + 150 && !snapshot()) return false;
    }
    return true;
  }
  [[nodiscard]] std::uint64_t state_hash() const { return live_.state_hash(); }
  [[nodiscard]] core::Result<void> audit() const { return live_.audit(); }

 private:
  static core::Time time_of(std::size_t index) {
    return core::Time{1'700'000'000'000'000'000 + static_cast<std::int64_t>(index) * 1'000'000};
  }

  bool violated(const std::string& what) {
    if (!disk_.crashed() && world_.violation.empty()) world_.violation = what;
    return false;
  }

  // Newest snapshot, then the journal's tail; and from the beginning once more, by a second engine.
  bool start() {
    follower_ = std::make_unique<Replica>();
    auto newest = store_.load_newest();
    if (!newest) return violated(newest.error().text());
    if (!newest->passed_over.empty()) return violated(newest->passed_over[0].text());
    if (newest->snapshot) {
      core::ByteReader in(newest->snapshot->content);
      if (auto loaded = follower_->load(in); !loaded) return violated(loaded.error().text());
      if (follower_->engine.state_hash() != newest->snapshot->info.state_hash)
        return violated("a snapshot's state hash");
      ++world_.recovered_from_snapshot;
    }
    auto found = journal::recover(disk_, kJournal, {.from = follower_->applied().next(), .reaches = newest->reaches});
    if (!found) return violated(found.error().text());
    const std::uint64_t last = found->tail.last.value();
    if (!follow(core::Sequence{last}) || !compare_with_model(last)) return false;
    writer_ = take(journal::Writer::open(disk_, kJournal, found->tail));
    if (!writer_) return false;
    core::Bytes saved;
    core::ByteWriter out(saved);
    follower_->engine.save(out);
    core::ByteReader in(saved);
    if (auto loaded = live_.load(in); !loaded) return violated(loaded.error().text());
    sink_ = std::make_unique<journal::InlineSink>(*writer_);
    host_ = std::make_unique<host::Host<Fold>>(fold_, *sink_, *this,
                                               host::Options{.batch_bytes_max = 1 << 16, .checkpoint_commands = 100},
                                               host::Host<Fold>::Start{core::Sequence{last}, follower_->time()});
    return true;
  }

  template <class T>
  T take(core::Result<T> result) {
    if (result) return std::move(*result);
    violated(result.error().text());
    return {};
  }

  // An engine that has only ever been in memory is fed the script's own commands, where the journal says they stand.
  bool compare_with_model(std::uint64_t last) {
    Engine model;
    Output ignored;
    auto reader = take(journal::Reader::open(disk_, kJournal.folder, core::Sequence{1}, true));
    if (!reader) return false;
    next_ = 0;
    for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
      const auto entry = reader->next(core::Sequence{last});
      if (!entry || !*entry) return violated("record " + std::to_string(sequence) + " cannot be read");
      const core::RecordHeader& header = (*entry)->record.header;
      const bool own = header.type == static_cast<std::uint16_t>(RecordType::checkpoint);
      const Command command = own ? Command(Checkpoint{model.output_digest()}) : world_.script.at(next_);
      core::Bytes expected;
      encode(header, command, expected);
      if (!std::ranges::equal(core::BytesView(expected).subspan(core::kRecordHeaderBytes), (*entry)->record.body)) {
        return violated("record " + std::to_string(sequence) + " is not the command that was sent");
      }
      ignored.clear();
      model.apply(header, command, ignored);
      if (const auto digest = world_.digest_after.find(sequence);
          digest != world_.digest_after.end() && digest->second != model.output_digest()) {
        return violated("what was sent out up to " + std::to_string(sequence) + " differs");
      }
      if (own) continue;
      const auto acknowledged = world_.acknowledged.find(next_);
      if (acknowledged != world_.acknowledged.end() && acknowledged->second != sequence)
        return violated("a command moved");
      ++next_;
    }
    if (!world_.acknowledged.empty() && world_.acknowledged.rbegin()->first >= next_)
      return violated("an acknowledged command is lost");
    if (model.state_hash() != follower_->engine.state_hash()) return violated("the recovered state differs");
    return true;
  }

  bool follow(core::Sequence until) {
    if (!reader_) reader_ = take(journal::Reader::open(disk_, kJournal.folder, follower_->applied().next()));
    while (reader_) {
      const auto entry = reader_->next(until);
      if (!entry) return violated(entry.error().text());
      if (!*entry) return follower_->applied() == until || violated("the follower stops early");
      if (auto applied = follower_->apply((*entry)->record); !applied) return violated(applied.error().text());
    }
    return false;
  }

  bool snapshot() {
    if (!follow(host_->durable())) return false;
    core::Bytes content;
    core::ByteWriter out(content);
    follower_->save(out);
    const journal::SnapshotInfo info{.sequence = follower_->applied(),
                                     .time = follower_->time(),
                                     .output_digest = follower_->engine.output_digest(),
                                     .state_hash = follower_->engine.state_hash(),
                                     .chain = reader_->batch().chain};
    if (auto written = store_.write(info, content); !written) return violated(written.error().text());
    if (auto pruned = store_.prune(); !pruned) return violated(pruned.error().text());
    ++world_.snapshots;
    return true;
  }

  void on_release(const host::Released<Fold>& released) override {
    world_.digest_after[released.sequence.value()] = live_digest_.contains(released.sequence.value())
                                                         ? live_digest_[released.sequence.value()]
                                                         : world_.digest_after[released.sequence.value() - 1];
    if (released.own) return;
    if (!world_.acknowledged.emplace(released.token, released.sequence.value()).second) violated("acknowledged twice");
    for (std::size_t i = released.begin.account_events; i < released.end.account_events; ++i) {
      const auto* order = std::get_if<orders::OrderEvent>(&released.output.account_events[i].body);
      world_.trades += order != nullptr && order->execution == orders::Execution::traded;
    }
  }
  void on_batch_end(core::Sequence) override {}

  io::SimulatedDisk& disk_;
  World& world_;
  journal::SnapshotStore store_;
  core::Random random_;
  std::unique_ptr<Replica> follower_;
  std::unique_ptr<journal::Reader> reader_;
  std::unique_ptr<journal::Writer> writer_;
  std::unique_ptr<journal::InlineSink> sink_;
  Engine live_;
  Fold fold_{live_};
  std::unique_ptr<host::Host<Fold>> host_;
  std::map<std::uint64_t, std::uint64_t> live_digest_;
  std::size_t next_ = 0;
  std::int64_t now_ns_ = 0;
};

struct Verdict {
  std::uint64_t crashes = 0, violations = 0, from_snapshot = 0;
  std::string first;
};

// One crash at each `stride`-th operation of the disk.
Verdict crash_everywhere(std::uint64_t stride, bool lying_sync, std::uint64_t seed) {
  const std::vector<Command> script = make_script(seed);
  Verdict verdict;
  for (std::uint64_t at = 1;; at += stride) {
    io::SimulatedDisk disk(seed * 100'003 + at);
    World world{.script = script, .acknowledged = {}, .digest_after = {}, .violation = {}};
    disk.faults.crash_at_operation = at;
    disk.faults.lying_sync = lying_sync;
    if (Life(disk, world, seed).run()) return verdict;
    ++verdict.crashes;
    if (disk.crashed()) disk.restart();
    disk.faults.lying_sync = false;
    Life second(disk, world, seed + at);
    const bool finished = world.violation.empty() && second.run();
    if (finished && world.violation.empty()) {
      if (auto audited = second.audit(); !audited) world.violation = audited.error().text();
    } else if (world.violation.empty()) {
      world.violation = "the second life ended early";
    }
    verdict.from_snapshot += world.recovered_from_snapshot;
    if (world.violation.empty()) continue;
    ++verdict.violations;
    if (verdict.first.empty())
      verdict.first =
          "seed " + std::to_string(seed) + ", crash at operation " + std::to_string(at) + ": " + world.violation;
  }
}

TEST(HostCrash, TheScriptDoesSomething) {
  io::SimulatedDisk disk;
  World world{.script = make_script(1), .acknowledged = {}, .digest_after = {}, .violation = {}};
  Life life(disk, world, 1);
  ASSERT_TRUE(life.run()) << world.violation;
  EXPECT_EQ(world.violation, "");
  EXPECT_EQ(world.acknowledged.size(), kCommands);
  EXPECT_GT(world.trades, 200u);
  EXPECT_GT(world.snapshots, 4u);
  EXPECT_TRUE(life.audit());
  // The same commands give the same state in an engine that knows nothing of disks.
  Engine model;
  Output ignored;
  auto reader = journal::Reader::open(disk, "journal", core::Sequence{1});
  for (std::uint64_t i = 1;; ++i) {
    const auto entry = (*reader)->next(core::Sequence{UINT64_MAX});
    if (!*entry) break;
    model.apply((*entry)->record.header, *decode((*entry)->record), ignored);
  }
  EXPECT_EQ(model.state_hash(), life.state_hash());
}

TEST(HostCrash, AtEveryOperationNothingAcknowledgedIsLost) {
  const Verdict verdict = crash_everywhere(1, false, 1);
  EXPECT_GT(verdict.crashes, 800u);
  EXPECT_GT(verdict.from_snapshot, 100u);
  EXPECT_EQ(verdict.violations, 0u) << verdict.first;
}

// The checker is checked: the same run on a journal whose fdatasync does nothing.
TEST(HostCrash, AMissingSyncIsCaught) {
  const Verdict verdict = crash_everywhere(17, true, 1);
  EXPECT_GT(verdict.violations, 20u);
  std::printf("caught: %s\n", verdict.first.c_str());
}

}  // namespace
}  // namespace engine
