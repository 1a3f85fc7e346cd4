#include "cmd/exchange/journal_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "pkg/core/check.h"

namespace exchange {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kIdleAfter{1};  // without a batch: time to make space
constexpr milliseconds kRetryFullDisk{200};

std::int64_t monotonic_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

ThreadedSink::ThreadedSink(std::unique_ptr<journal::Writer> writer, std::uint64_t segment_bytes,
                           std::function<void()> wake)
    : writer_(std::move(writer)), segment_bytes_(segment_bytes), wake_(std::move(wake)) {
  now_.progress.durable = writer_->durable();
  now_.reservation = writer_->reservation();
  published_ = now_;
  submitted_ = writer_->durable();
  refresh();
  thread_ = std::thread([this] { run(); });
}

ThreadedSink::~ThreadedSink() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  handed_over_.notify_one();
  thread_.join();
}

// ---- host's thread ----

void ThreadedSink::submit(journal::Batch& batch) {
  CHECK(idle() && batch.count > 0);
  CHECK_MSG(batch.records.size() <= reserved_bytes_, "a batch larger than the reserved room");
  submitted_ = batch.last;
  submitted_bytes_ = batch.records.size();
  reserved_bytes_ = reservation_.after(submitted_bytes_).largest_records_bytes();
  {
    const std::lock_guard lock(mutex_);
    CHECK(!has_mail_);
    std::swap(mailbox_, batch);
    has_mail_ = true;
  }
  handed_over_.notify_one();
  batch.clear();
}

journal::Progress ThreadedSink::poll() {
  if (version_.load(std::memory_order_acquire) != seen_version_) refresh();
  return progress_;
}

void ThreadedSink::refresh() {
  const std::lock_guard lock(mutex_);
  seen_version_ = version_.load(std::memory_order_relaxed);
  progress_ = published_.progress;
  reservation_ = published_.reservation;
  last_commit_ns_ = published_.commit_ns;
  // What was published is of one moment: either the batch in flight is durable in it, or its room is still to be
  // counted off.
  const bool in_flight = submitted_ > progress_.durable;
  reserved_bytes_ = (in_flight ? reservation_.after(submitted_bytes_) : reservation_).largest_records_bytes();
}

std::string ThreadedSink::priority() const {
  const std::lock_guard lock(mutex_);
  return priority_;
}

// ---- journal thread ----

void ThreadedSink::run() {
  raise_priority();
  std::unique_lock lock(mutex_);
  const auto something_to_do = [this] { return has_mail_ || stopping_; };
  while (true) {
    if (!has_mail_ && !stopping_) {
      if (!writer_->needs_space() || now_.progress.failure) {
        handed_over_.wait(lock, something_to_do);
      } else if (!handed_over_.wait_for(lock, now_.progress.disk_full ? kRetryFullDisk : kIdleAfter, something_to_do)) {
        lock.unlock();
        make_space();
        lock.lock();
        continue;
      }
    }
    if (!has_mail_) return;  // stopping
    std::swap(writing_, mailbox_);
    has_mail_ = false;
    lock.unlock();
    write_batch(writing_);
    if (!now_.progress.failure && writer_->needs_space() && !now_.progress.disk_full && space_is_urgent()) make_space();
    lock.lock();
  }
}

void ThreadedSink::raise_priority() {
  pthread_setname_np(pthread_self(), "journal");
  sched_param parameters{};
  parameters.sched_priority = 1;
  std::string got = "normal";
  if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0) {
    got = "real-time";
  } else if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), -10) == 0) {
    got = "raised";
  }
  const std::lock_guard lock(mutex_);
  priority_ = got;
}

void ThreadedSink::write_batch(journal::Batch& batch) {
  const std::int64_t begin_ns = monotonic_ns();
  if (!now_.progress.failure) {
    if (const auto written = writer_->write(batch)) {
      now_.progress.durable = writer_->durable();
      now_.commit_ns = monotonic_ns() - begin_ns;
    } else {
      now_.progress.failure = written.error();
    }
  }
  batch.clear();
  publish();
}

// Half a segment is left for at most as many commits as there are steps to fill the next one.
bool ThreadedSink::space_is_urgent() const { return now_.reservation.current_bytes < segment_bytes_ / 2; }

void ThreadedSink::make_space() {
  const bool was_full = now_.progress.disk_full;
  const auto made = writer_->prepare_space();
  if (!made && made.error().kind != core::ErrorKind::no_space) now_.progress.failure = made.error();
  now_.progress.disk_full = !made && made.error().kind == core::ErrorKind::no_space;
  const bool news = now_.progress.failure || was_full != now_.progress.disk_full ||
                    writer_->reservation().next_bytes != now_.reservation.next_bytes;
  if (news) publish();
}

void ThreadedSink::publish() {
  now_.reservation = writer_->reservation();
  {
    const std::lock_guard lock(mutex_);
    published_ = now_;
    version_.fetch_add(1, std::memory_order_release);
  }
  wake_();
}

}  // namespace exchange
