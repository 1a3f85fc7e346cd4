// The loop that sequences, journals, folds and releases, as a state machine without threads.
//
// submit() gives a command its sequence and time, encodes it into the batch that is being filled and folds it at once,
// so that writing one batch and folding the next run in parallel. step() hands the batch to the journal when no commit
// is in flight, and releases, in order, the outputs of commands that have become durable. Nothing is ever released
// before that. A command is sequenced only into room that the sink has reserved: the fold is never ahead of what can be
// written.
//
// Ownership: the fold, the sink and the handler belong to the caller and outlive the host. One thread.
// Steady state allocates nothing: the two in-flight batches keep their capacity.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/check.h"
#include "pkg/core/error.h"
#include "pkg/core/ids.h"
#include "pkg/core/record.h"
#include "pkg/host/pacing.h"
#include "pkg/journal/sink.h"

namespace host {

// A deterministic state machine and its codec. `Mark` says how far an output has been filled.
template <class F>
concept Fold = requires(F& fold, const F& state, const core::RecordHeader& header, const typename F::Command& command,
                        typename F::Output& output, const typename F::Output& filled, core::Bytes& bytes) {
  typename F::Mark;
  F::encode(header, command, bytes);    // appends the record
  fold.apply(header, command, output);  // appends to output
  { state.output_digest() } -> std::same_as<std::uint64_t>;
  { F::checkpoint(std::uint64_t{}) } -> std::same_as<typename F::Command>;
  { F::mark(filled) } -> std::same_as<typename F::Mark>;
  output.clear();
};

// Why a command was not sequenced: nothing happened and nothing will.
enum class Refusal : std::uint8_t { overloaded, no_space, stopping };

// One durable command with what the fold sent out for it: output's events from `begin` to `end`.
template <Fold F>
struct Released {
  core::Sequence sequence;
  core::Time time;
  std::uint64_t token = 0;
  std::int64_t received_at_ns = 0;
  const typename F::Output& output;
  typename F::Mark begin, end;
  bool own = false;  // the host's own record (a checkpoint): nobody waits for it
};

template <Fold F>
class ReleaseHandler {
 public:
  virtual ~ReleaseHandler() = default;
  // In sequence. May submit; may not step.
  virtual void on_release(const Released<F>& released) = 0;
  // After the last command of a batch: the time to send what was gathered.
  virtual void on_batch_end(core::Sequence durable) = 0;
};

struct Options {
  core::SenderId sender{1};
  core::Epoch epoch{1};
  std::uint32_t batch_commands_max =
      4096;  // the batch in flight and the one being filled: ingress is bounded by twice this
  std::uint64_t batch_bytes_max = 1 << 20;     // REQUIRES less than half a segment
  std::uint64_t checkpoint_commands = 65'536;  // a checkpoint record every so many commands
  Pacing pacing;
};

struct Turn {
  std::uint32_t released = 0;                 // commands
  std::optional<std::int64_t> call_again_ns;  // monotonic; nothing: when the sink has progress or after the next submit
};

template <Fold F>
class Host {
 public:
  // The state that recovery ended in: the last sequence and time of the journal.
  struct Start {
    core::Sequence last;
    core::Time time;
  };
  Host(F& fold, journal::Sink& sink, ReleaseHandler<F>& handler, const Options& options, Start start)
      : fold_(fold),
        sink_(sink),
        handler_(handler),
        options_(options),
        pacer_(options.pacing),
        last_(start.last),
        durable_(start.last),
        time_(start.time) {
    CHECK(options.batch_commands_max > 0 && options.batch_bytes_max >= core::kRecordBytesMax);
  }

  // `token` comes back with the release. `now` is the wall clock; a clock that went back does not take the fold's time
  // back.
  [[nodiscard]] std::expected<core::Sequence, Refusal> submit(const typename F::Command& command, std::uint64_t token,
                                                              core::Time received_at, core::Time now) {
    if (stopping_ || failure_) return std::unexpected(Refusal::stopping);
    if (filling_.entries.size() >= options_.batch_commands_max) return std::unexpected(Refusal::overloaded);
    const auto sequence = append(command, Entry{.token = token, .received_at_ns = received_at.ns}, now);
    if (sequence && ++since_checkpoint_ >= options_.checkpoint_commands) checkpoint_due_ = true;
    return sequence;
  }

  // Releases what is durable, then cuts a batch if it is time to. Call it after submits, when the sink has progress,
  // and at the time the last call asked for.
  Turn step(std::int64_t monotonic_ns) {
    CHECK_MSG(!stepping_, "step() from inside a release");
    stepping_ = true;
    Turn turn;
    turn.released = release_durable();
    if (checkpoint_due_ && !failure_) append_checkpoint();
    if (!failure_ && in_flight_.entries.empty() && !filling_.entries.empty() && sink_.idle()) {
      const bool full = filling_.records.count >= options_.batch_commands_max || filling_.full;
      const auto wait_until = pacer_.wait_until(filling_.records.count, monotonic_ns);
      if (full || stopping_ || !wait_until) {
        cut();
      } else {
        turn.call_again_ns = wait_until;
      }
    }
    stepping_ = false;
    return turn;
  }

  // A checkpoint record with the next batch, as soon as there is room for one.
  void request_checkpoint() { checkpoint_due_ = true; }
  // Refuses everything from now on; step at least once more, and until drained().
  void stop() { stopping_ = true; }

  [[nodiscard]] bool drained() const { return filling_.entries.empty() && in_flight_.entries.empty(); }
  [[nodiscard]] core::Sequence sequenced() const { return last_; }
  [[nodiscard]] core::Sequence durable() const { return durable_; }
  [[nodiscard]] std::size_t in_flight() const { return filling_.entries.size() + in_flight_.entries.size(); }
  // Set once the journal failed: nothing is released any more, the process must end and recover.
  [[nodiscard]] const std::optional<core::Error>& failure() const { return failure_; }

 private:
  struct Entry {
    core::Sequence sequence{};
    core::Time time{};
    std::uint64_t token = 0;
    std::int64_t received_at_ns = 0;
    typename F::Mark end{};
    bool own = false;
  };
  // The commands of one batch, from being sequenced until being released.
  struct Group {
    journal::Batch records;
    typename F::Output output;
    std::vector<Entry> entries;
    bool full = false;  // a record did not fit any more
  };
  [[nodiscard]] std::expected<core::Sequence, Refusal> append(const typename F::Command& command, Entry entry,
                                                              core::Time now);
  void append_checkpoint();
  void cut();
  std::uint32_t release_durable();

  F& fold_;
  journal::Sink& sink_;
  ReleaseHandler<F>& handler_;
  const Options options_;
  Pacer pacer_;
  core::Sequence last_, durable_;
  core::Time time_;
  Group filling_, in_flight_;
  std::uint64_t since_checkpoint_ = 0;
  bool checkpoint_due_ = false, disk_full_ = false, stopping_ = false, stepping_ = false;
  std::optional<core::Error> failure_;
};

template <Fold F>
std::expected<core::Sequence, Refusal> Host<F>::append(const typename F::Command& command, Entry entry,
                                                       core::Time now) {
  journal::Batch& batch = filling_.records;
  const core::RecordHeader header{.sender = options_.sender,
                                  .epoch = options_.epoch,
                                  .sequence = last_.next(),
                                  .time = std::max(time_, now),
                                  .received_at_ns = entry.received_at_ns};
  const std::size_t before_bytes = batch.records.size();
  F::encode(header, command, batch.records);
  CHECK(batch.records.size() - before_bytes <= core::kRecordBytesMax);
  const bool over = batch.records.size() > options_.batch_bytes_max;
  if (over || batch.records.size() > sink_.reserved_bytes()) {
    batch.records.resize(before_bytes);
    filling_.full = true;
    return std::unexpected(!over && disk_full_ ? Refusal::no_space : Refusal::overloaded);
  }
  last_ = header.sequence;
  time_ = header.time;
  if (batch.count++ == 0) batch.first = header.sequence;
  batch.last = header.sequence;
  fold_.apply(header, command, filling_.output);
  entry.sequence = header.sequence;
  entry.time = header.time;
  entry.end = F::mark(filling_.output);
  filling_.entries.push_back(entry);
  return header.sequence;
}

template <Fold F>
void Host<F>::append_checkpoint() {
  if (!append(F::checkpoint(fold_.output_digest()), Entry{.own = true}, time_)) return;  // no room: with the next batch
  checkpoint_due_ = false;
  since_checkpoint_ = 0;
}

template <Fold F>
void Host<F>::cut() {
  pacer_.cut(filling_.records.count);
  std::swap(filling_, in_flight_);
  filling_.full = false;
  sink_.submit(in_flight_.records);
}

template <Fold F>
std::uint32_t Host<F>::release_durable() {
  journal::Progress progress = sink_.poll();
  disk_full_ = progress.disk_full;
  if (progress.failure && !failure_) failure_ = std::move(progress.failure);
  if (in_flight_.entries.empty() || progress.durable < in_flight_.entries.back().sequence) return 0;
  typename F::Mark begin{};
  for (const Entry& entry : in_flight_.entries) {
    durable_ = entry.sequence;
    handler_.on_release(Released<F>{entry.sequence, entry.time, entry.token, entry.received_at_ns, in_flight_.output,
                                    begin, entry.end, entry.own});
    begin = entry.end;
  }
  const auto released = static_cast<std::uint32_t>(in_flight_.entries.size());
  in_flight_.entries.clear();
  in_flight_.output.clear();
  in_flight_.records.clear();
  handler_.on_batch_end(durable_);
  return released;
}

}  // namespace host
