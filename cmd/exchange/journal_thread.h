// The journal on a thread of its own: a Sink whose commits run beside the fold.
//
// The host's thread hands over one batch at a time and learns of progress by one atomic load a turn; the journal thread
// blocks while there is nothing to write, makes the next segment when it is idle (or when the present one runs out),
// and tries again every 200 ms while the disk is full. It asks for real-time priority, else for a lower nice value, and
// goes on without when neither is allowed: a commit that waits for a processor is a reply that waits.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "pkg/journal/sink.h"
#include "pkg/journal/writer.h"

namespace exchange {

class ThreadedSink final : public journal::Sink {
 public:
  // `wake` is called from the journal thread whenever there is progress. REQUIRES the writer's disk to outlive this.
  ThreadedSink(std::unique_ptr<journal::Writer> writer, std::uint64_t segment_bytes, std::function<void()> wake);
  // Finishes the commit in flight.
  ~ThreadedSink() override;
  ThreadedSink(const ThreadedSink&) = delete;
  ThreadedSink& operator=(const ThreadedSink&) = delete;

  // All of Sink belongs to the host's thread.
  [[nodiscard]] std::uint64_t reserved_bytes() const override { return reserved_bytes_; }
  [[nodiscard]] bool idle() const override { return submitted_ <= progress_.durable; }
  void submit(journal::Batch& batch) override;
  [[nodiscard]] journal::Progress poll() override;

  // Nanoseconds the last commit took, as the journal thread measured it; 0 before the first. Host's thread, after
  // poll().
  [[nodiscard]] std::int64_t last_commit_ns() const { return last_commit_ns_; }
  // What priority the thread got, for the start-up line: "real-time", "raised" or "normal".
  [[nodiscard]] std::string priority() const;

 private:
  // What the journal thread tells, all of one moment.
  struct Published {
    journal::Progress progress;
    journal::Reservation reservation;
    std::int64_t commit_ns = 0;
  };
  void run();
  void raise_priority();
  void write_batch(journal::Batch& batch);
  void make_space();
  void publish();
  [[nodiscard]] bool space_is_urgent() const;
  void refresh();

  // Journal thread.
  std::unique_ptr<journal::Writer> writer_;
  const std::uint64_t segment_bytes_;
  const std::function<void()> wake_;
  journal::Batch writing_;
  Published now_;

  // Shared, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable handed_over_;
  journal::Batch mailbox_;
  bool has_mail_ = false, stopping_ = false;
  Published published_;
  std::string priority_ = "normal";
  std::atomic<std::uint64_t> version_{0};  // of published_

  // Host's thread.
  std::uint64_t seen_version_ = 0;
  journal::Progress progress_;
  journal::Reservation reservation_;  // as published, without the batch in flight
  core::Sequence submitted_;
  std::uint64_t submitted_bytes_ = 0;
  std::uint64_t reserved_bytes_ = 0;
  std::int64_t last_commit_ns_ = 0;

  std::thread thread_;
};

}  // namespace exchange
