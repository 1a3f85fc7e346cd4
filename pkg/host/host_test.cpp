#include "pkg/host/host.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

#include "pkg/core/hash.h"
#include "pkg/core/random.h"
#include "pkg/io/simulated_disk.h"
#include "pkg/journal/inline_sink.h"
#include "pkg/journal/reader.h"

namespace host {
namespace {

// The smallest fold that can tell lost, repeated and reordered commands apart: it adds numbers and reports the sum.
struct Adder {
  struct Command {
    std::uint64_t add = 0;
    std::uint64_t checkpoint = 0;  // a digest: this is a checkpoint
  };
  struct Output {
    std::vector<std::uint64_t> sums;
    void clear() { sums.clear(); }
  };
  using Mark = std::size_t;

  static void encode(const core::RecordHeader& header, const Command& command, core::Bytes& out) {
    core::RecordHeader typed = header;
    typed.type = command.checkpoint != 0 ? 1 : 2;
    const std::size_t start = core::start_record(typed, out);
    core::ByteWriter writer(out);
    writer.put(command.checkpoint != 0 ? command.checkpoint : command.add);
    core::finish_record(start, out);
  }
  static Command decode(const core::Record& record) {
    core::ByteReader in(record.body);
    const auto value = in.get<std::uint64_t>();
    return record.header.type == 1 ? Command{.checkpoint = value} : Command{.add = value};
  }
  void apply(const core::RecordHeader& header, const Command& command, Output& out) {
    EXPECT_GE(header.time, time);
    time = header.time;
    if (command.checkpoint != 0) {
      EXPECT_EQ(command.checkpoint, output_digest());
      return;
    }
    sum += command.add;
    for (std::uint64_t i = 0; i <= command.add % 3; ++i) out.sums.push_back(sum);
    digest.add(sum);
  }
  [[nodiscard]] std::uint64_t output_digest() const { return digest.value() | 1; }
  static Command checkpoint(std::uint64_t digest) { return {.checkpoint = digest}; }
  static Mark mark(const Output& output) { return output.sums.size(); }

  std::uint64_t sum = 0;
  core::Time time;
  core::Digest digest;
};
static_assert(Fold<Adder>);

// A journal that becomes durable only when told.
class ManualSink final : public journal::Sink {
 public:
  [[nodiscard]] std::uint64_t reserved_bytes() const override { return reserved; }
  [[nodiscard]] bool idle() const override { return pending_.count == 0; }
  void submit(journal::Batch& batch) override {
    EXPECT_TRUE(idle());
    EXPECT_EQ(batch.first, last_.next());
    EXPECT_LE(batch.records.size(), reserved);
    last_ = batch.last;
    counts.push_back(batch.count);
    std::swap(pending_, batch);
    batch.clear();
  }
  [[nodiscard]] journal::Progress poll() override { return progress; }
  void complete() {
    progress.durable = last_;
    pending_.clear();
  }

  std::uint64_t reserved = 1 << 20;
  journal::Progress progress;
  std::vector<std::uint32_t> counts;

 private:
  journal::Batch pending_;
  core::Sequence last_;
};

struct Recorder final : ReleaseHandler<Adder> {
  struct Seen {
    std::uint64_t sequence, token;
    std::vector<std::uint64_t> sums;
    bool own;
  };
  void on_release(const Released<Adder>& released) override {
    EXPECT_EQ(released.sequence.value(), last + 1) << "in order, without gaps";
    last = released.sequence.value();
    const auto& sums = released.output.sums;
    seen.push_back({last,
                    released.token,
                    {sums.begin() + static_cast<std::ptrdiff_t>(released.begin),
                     sums.begin() + static_cast<std::ptrdiff_t>(released.end)},
                    released.own});
    if (on_each) on_each(released);
  }
  void on_batch_end(core::Sequence durable) override {
    EXPECT_EQ(durable.value(), last);
    ++batches;
  }
  std::vector<Seen> seen;
  std::uint64_t last = 0;
  int batches = 0;
  std::function<void(const Released<Adder>&)> on_each;
};

constexpr core::Time kNow{1'000};

TEST(Host, NothingIsReleasedBeforeItIsDurable) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {});
  EXPECT_EQ(host.submit({.add = 4}, 77, kNow, kNow)->value(), 1u);
  EXPECT_EQ(fold.sum, 4u) << "folded at once";
  host.step(0);
  EXPECT_EQ(sink.counts, std::vector<std::uint32_t>{1});
  EXPECT_EQ(host.submit({.add = 5}, 78, kNow, kNow)->value(), 2u);
  EXPECT_EQ(host.submit({.add = 6}, 79, kNow, kNow)->value(), 3u);
  host.step(10);
  EXPECT_TRUE(seen.seen.empty());
  EXPECT_EQ(sink.counts.size(), 1u) << "one commit in flight";
  sink.complete();
  EXPECT_EQ(host.step(20).released, 1u);
  ASSERT_EQ(seen.seen.size(), 1u);
  EXPECT_EQ(seen.seen[0].token, 77u);
  EXPECT_EQ(seen.seen[0].sums, (std::vector<std::uint64_t>{4, 4}));
  EXPECT_EQ(sink.counts, (std::vector<std::uint32_t>{1, 2})) << "released and cut in one step";
  sink.complete();
  host.step(30);
  ASSERT_EQ(seen.seen.size(), 3u);
  EXPECT_EQ(seen.seen[1].sums, (std::vector<std::uint64_t>{9, 9, 9}));
  EXPECT_EQ(seen.seen[2].sums, std::vector<std::uint64_t>{15});
  EXPECT_TRUE(host.drained());
  EXPECT_EQ(seen.batches, 2);
  EXPECT_EQ(host.durable().value(), 3u);
}

TEST(Host, TimeNeverFalls) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {.last = core::Sequence{}, .time = core::Time{500}});
  std::vector<std::int64_t> times;
  seen.on_each = [&](const Released<Adder>& released) { times.push_back(released.time.ns); };
  for (const std::int64_t now : {100, 600, 550, 700}) ASSERT_TRUE(host.submit({}, 0, kNow, core::Time{now}));
  host.step(0);
  sink.complete();
  host.step(0);
  EXPECT_EQ(times, (std::vector<std::int64_t>{500, 600, 600, 700}));
}

TEST(Host, IngressIsBounded) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {.batch_commands_max = 4}, {});
  const auto fill = [&] {
    int taken = 0;
    while (host.submit({.add = 1}, 0, kNow, kNow)) ++taken;
    EXPECT_EQ(host.submit({.add = 1}, 0, kNow, kNow).error(), Refusal::overloaded);
    return taken;
  };
  EXPECT_EQ(fill(), 4);
  host.step(0);
  EXPECT_EQ(fill(), 4);
  host.step(0);
  EXPECT_EQ(fill(), 0);
  EXPECT_EQ(host.in_flight(), 8u);
  EXPECT_EQ(fold.sum, 8u) << "what was refused was not folded";
  sink.complete();
  host.step(0);
  EXPECT_EQ(fill(), 4);
  EXPECT_EQ(host.sequenced().value(), 12u);
}

TEST(Host, SequencesOnlyIntoReservedRoom) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {});
  constexpr std::uint64_t kRecordBytes = core::kRecordHeaderBytes + 8;
  sink.reserved = 2 * kRecordBytes + 10;
  EXPECT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  EXPECT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  EXPECT_EQ(host.submit({.add = 1}, 0, kNow, kNow).error(), Refusal::overloaded)
      << "the next segment is still being made";
  sink.progress.disk_full = true;
  host.step(0);
  sink.complete();
  sink.reserved = 10;
  host.step(0);
  EXPECT_EQ(host.submit({.add = 1}, 0, kNow, kNow).error(), Refusal::no_space);
  EXPECT_EQ(fold.sum, 2u);
  EXPECT_EQ(host.sequenced().value(), 2u);
  sink.reserved = 1000;
  sink.progress.disk_full = false;
  EXPECT_EQ(host.submit({.add = 1}, 0, kNow, kNow)->value(), 3u) << "service resumes, no sequence was lost";
}

TEST(Host, AFailedJournalReleasesNothingMore) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {});
  ASSERT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  host.step(0);
  ASSERT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  sink.progress.failure = core::Error{core::ErrorKind::io, "cannot sync", "disk", ""};
  host.step(0);
  EXPECT_TRUE(seen.seen.empty());
  EXPECT_EQ(host.failure()->what, "cannot sync");
  EXPECT_EQ(host.submit({.add = 1}, 0, kNow, kNow).error(), Refusal::stopping);
  host.step(1'000'000'000);
  EXPECT_EQ(sink.counts.size(), 1u);
}

TEST(Host, StopDrains) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {});
  ASSERT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  host.step(0);
  ASSERT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  host.request_checkpoint();
  host.stop();
  EXPECT_EQ(host.submit({.add = 1}, 0, kNow, kNow).error(), Refusal::stopping);
  for (int i = 0; i < 3; ++i) {
    host.step(0);
    sink.complete();
  }
  EXPECT_TRUE(host.drained());
  ASSERT_EQ(seen.seen.size(), 3u);
  EXPECT_TRUE(seen.seen[2].own);
}

TEST(Host, CheckpointsEveryNCommandsWithTheDigestBeforeThem) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {.checkpoint_commands = 10}, {});
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(host.submit({.add = i}, 0, kNow, kNow));
    host.step(static_cast<std::int64_t>(i) * 1'000'000);
    sink.complete();
  }
  host.step(1'000'000'000);
  // The fold itself compares the digest.
  EXPECT_EQ(std::ranges::count_if(seen.seen, [](const auto& one) { return one.own; }), 10);
  EXPECT_EQ(std::ranges::count_if(seen.seen, [](const auto& one) { return one.own && !one.sums.empty(); }), 0);
}

TEST(Host, AHandlerMaySubmit) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {});
  seen.on_each = [&](const Released<Adder>& released) {
    if (released.token < 5) {
      EXPECT_TRUE(host.submit({.add = 1}, released.token + 1, kNow, kNow));
    }
  };
  ASSERT_TRUE(host.submit({.add = 1}, 1, kNow, kNow));
  for (int i = 0; i < 10; ++i) {
    host.step(i);
    sink.complete();
  }
  EXPECT_EQ(seen.seen.size(), 5u);
  EXPECT_EQ(fold.sum, 5u);
}

TEST(Pacer, WaitsOnlyUnderLoad) {
  struct Row {
    const char* when;
    std::uint32_t recent, now_commands;
    bool waits;
  };
  const Row rows[] = {
      {"one by one", 1, 1, false},     {"one by one, then a burst", 1, 10, false},
      {"pairs", 2, 2, false},          {"a steady trickle", 4, 1, false},
      {"eights", 8, 1, true},          {"many, few so far", 50, 3, true},
      {"many, enough", 50, 64, false}, {"many, more", 500, 65, false},
  };
  for (const Row& row : rows) {
    Pacer pacer({});
    for (int i = 0; i < 50; ++i) pacer.cut(row.recent);
    EXPECT_EQ(pacer.wait_until(row.now_commands, 1000).has_value(), row.waits) << row.when;
  }
}

TEST(Pacer, WaitsNoLongerThanTheLimitAndCountsAnew) {
  Pacer pacer({.wait_ns_max = 300});
  for (int i = 0; i < 50; ++i) pacer.cut(20);
  EXPECT_EQ(pacer.wait_until(5, 1000), 1300);
  EXPECT_EQ(pacer.wait_until(6, 1299), 1300);
  EXPECT_FALSE(pacer.wait_until(6, 1300));
  pacer.cut(6);
  EXPECT_EQ(pacer.wait_until(1, 1400), 1700);
}

TEST(Host, AsksToBeCalledWhenTheWaitEnds) {
  Adder fold;
  ManualSink sink;
  Recorder seen;
  Host<Adder> host(fold, sink, seen, {}, {});
  std::int64_t now_ns = 0;
  for (int i = 0; i < 40; ++i) {
    for (int j = 0; j < 64; ++j) ASSERT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
    host.step(++now_ns);
    sink.complete();
  }
  host.step(++now_ns);
  ASSERT_TRUE(host.submit({.add = 1}, 0, kNow, kNow));
  const std::size_t before = sink.counts.size();
  const Turn turn = host.step(1'000);
  ASSERT_TRUE(turn.call_again_ns);
  EXPECT_EQ(*turn.call_again_ns, 301'000);
  EXPECT_EQ(sink.counts.size(), before);
  EXPECT_FALSE(host.step(301'000).call_again_ns);
  EXPECT_EQ(sink.counts.size(), before + 1);
}

// ---- the host on a journal on a disk that fails ----

constexpr std::uint64_t kCommands = 150;
const journal::Options kJournal{.folder = "journal", .segment_bytes = 8192, .zero_step_bytes = 2048};
std::uint64_t added_by(std::uint64_t token) { return token * token % 101 + 1; }

struct Client {
  std::uint64_t sent = 0;
  std::map<std::uint64_t, std::vector<std::uint64_t>> acknowledged;  // token to events
};

// Folds the journal again. Tokens are the order of commands here, so the n-th command must be the n-th sent.
Adder replay(io::Disk& disk, core::Sequence last, std::vector<std::vector<std::uint64_t>>& events) {
  Adder fold;
  auto reader = journal::Reader::open(disk, kJournal.folder, core::Sequence{1}, true);
  EXPECT_TRUE(reader);
  while (true) {
    const auto entry = (*reader)->next(last);
    EXPECT_TRUE(entry) << entry.error().text();
    if (!entry || !*entry) return fold;
    Adder::Output output;
    fold.apply((*entry)->record.header, Adder::decode((*entry)->record), output);
    if ((*entry)->record.header.type == 2) events.push_back(output.sums);
  }
}

// One life of the process: recovers, checks what it finds against what was acknowledged, and goes on with the script.
// False when the disk ended it. `lost` is set when something acknowledged is not there as it was.
bool live(io::SimulatedDisk& disk, Client& client, core::Random& random, bool& lost) {
  const auto found = journal::recover(disk, kJournal);
  if (!found) {
    if (!disk.crashed()) lost = true;
    return false;
  }
  std::vector<std::vector<std::uint64_t>> events;
  Adder fold = replay(disk, found->tail.last, events);
  for (const auto& [token, sums] : client.acknowledged) {
    if (token > events.size() || events[token - 1] != sums) lost = true;
  }
  if (lost) return false;
  client.sent = events.size();
  auto writer = journal::Writer::open(disk, kJournal, found->tail);
  if (!writer) return false;
  journal::InlineSink sink(**writer);
  Recorder seen;
  seen.last = found->tail.last.value();
  seen.on_each = [&](const Released<Adder>& released) {
    if (released.own) return;
    EXPECT_FALSE(client.acknowledged.contains(released.token)) << "exactly once";
    client.acknowledged[released.token] = {released.output.sums.begin() + static_cast<std::ptrdiff_t>(released.begin),
                                           released.output.sums.begin() + static_cast<std::ptrdiff_t>(released.end)};
  };
  Host<Adder> host(fold, sink, seen, {.checkpoint_commands = 20}, {found->tail.last, fold.time});
  std::int64_t now_ns = 0;
  while (client.acknowledged.size() < kCommands || !host.drained()) {
    for (std::uint64_t burst = random.below(6); burst > 0 && client.sent < kCommands; --burst) {
      const std::uint64_t token = client.sent + 1;
      if (host.submit({.add = added_by(token)}, token, kNow, kNow)) client.sent = token;
    }
    host.step(now_ns += 200'000);
    if (host.failure()) return false;
    // A command whose answer got lost counts as not acknowledged, and it is there: the client can ask.
    if (client.sent == kCommands && host.drained()) break;
  }
  return true;
}

std::uint64_t losses(bool lying_sync, std::uint64_t seeds) {
  std::uint64_t count = 0, crashes = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    for (std::uint64_t at = 1;; ++at) {
      io::SimulatedDisk disk(seed * 7919 + at);
      disk.faults.lying_sync = lying_sync;
      disk.faults.crash_at_operation = at;
      Client client;
      bool lost = false;
      core::Random random(seed);
      if (live(disk, client, random, lost)) break;
      ++crashes;
      EXPECT_TRUE(disk.crashed());
      disk.restart();
      const bool finished = live(disk, client, random, lost);
      count += lost;
      if (!lost) {
        EXPECT_TRUE(finished);
        EXPECT_EQ(client.sent, kCommands);
      }
    }
  }
  EXPECT_GT(crashes, 60 * seeds);
  return count;
}

TEST(HostOnDisk, CrashAtEveryOperationLosesNothingAcknowledged) { EXPECT_EQ(losses(false, 30), 0u); }

// The test itself is tested: a journal whose fdatasync is missing must be caught.
TEST(HostOnDisk, AMissingSyncIsCaught) { EXPECT_GT(losses(true, 2), 20u); }

TEST(HostOnDisk, AFullDiskRefusesAndResumes) {
  io::SimulatedDisk disk;
  const auto found = journal::recover(disk, kJournal);
  auto writer = journal::Writer::open(disk, kJournal, found->tail);
  journal::InlineSink sink(**writer);
  Recorder seen;
  Adder fold;
  Host<Adder> host(fold, sink, seen, {}, {});
  disk.faults.capacity_bytes = disk.used_bytes() + 3000;
  std::uint64_t taken = 0;
  std::int64_t now_ns = 0;
  std::optional<Refusal> refusal;
  while (!refusal) {
    const auto sequence = host.submit({.add = 1}, taken, kNow, kNow);
    if (sequence)
      ++taken;
    else
      refusal = sequence.error();
    host.step(now_ns += 1'000'000);
    ASSERT_FALSE(host.failure());
    ASSERT_LT(taken, 1000u);
  }
  EXPECT_EQ(refusal, Refusal::no_space);
  EXPECT_EQ(seen.seen.size(), taken) << "everything accepted was acknowledged";
  disk.faults.capacity_bytes.reset();
  host.step(now_ns += 1'000'000);
  ASSERT_TRUE(host.submit({.add = 1}, taken, kNow, kNow));
  host.step(now_ns += 1'000'000);
  host.step(now_ns += 1'000'000);
  EXPECT_EQ(seen.seen.size(), taken + 1);
  std::vector<std::vector<std::uint64_t>> events;
  EXPECT_EQ(replay(disk, host.durable(), events).sum, taken + 1);
}

}  // namespace
}  // namespace host
