#include "cmd/exchange/stores.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace exchange {
namespace {

using std::chrono::milliseconds;

constexpr int kLowestPriority = 19;
constexpr milliseconds kLookEvery{50};
constexpr milliseconds kRetryFirst{500}, kRetryMax{30'000};  // after an error, twice as long each time

ProjectorOptions stoppable(ProjectorOptions options, const std::atomic<bool>& stop) {
  options.stop = &stop;
  return options;
}

}  // namespace

Stores::Stores(io::Disk& disk, ProjectorOptions options, std::uint64_t lag_commands_max)
    : lag_commands_max_(lag_commands_max),
      projector_(disk, stoppable(std::move(options), stopping_), gates_,
                 [this](std::string message) { say(std::move(message)); }) {
  figures_ = projector_.figures();
  thread_ = std::thread([this] { run(); });
}

Stores::~Stores() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Stores::say(std::string message) {
  const std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
  has_messages_.store(true, std::memory_order_release);
}

std::vector<std::string> Stores::take_messages() {
  if (!has_messages_.load(std::memory_order_acquire)) return {};
  const std::lock_guard lock(mutex_);
  has_messages_.store(false, std::memory_order_relaxed);
  return std::exchange(messages_, {});
}

std::vector<StoreFigures> Stores::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

core::Sequence Stores::needed() const {
  const std::uint64_t durable = durable_.load(std::memory_order_relaxed);
  const std::uint64_t least = durable > lag_commands_max_ ? durable - lag_commands_max_ : 0;
  return core::Sequence{std::max(least, position_.load(std::memory_order_relaxed))};
}

void Stores::run() {
  pthread_setname_np(pthread_self(), "stores");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowestPriority);
  milliseconds retry = kRetryFirst;
  std::string last_failure;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const core::Sequence durable{durable_.load(std::memory_order_relaxed)};
    // Nothing is known of the journal before the exchange says so.
    const auto more = durable.is_none() ? core::Result<bool>(false) : projector_.step(durable);
    position_.store(projector_.position().value(), std::memory_order_relaxed);
    const std::string failure = more ? std::string() : more.error().text();
    if (!more && failure != last_failure) say("the stores cannot be written, and are tried again: " + failure);
    if (more && !last_failure.empty()) say("the stores can be written again");
    last_failure = failure;
    lock.lock();
    figures_ = projector_.figures();
    if (stopping_) break;
    if (more) retry = kRetryFirst;
    if (more && *more) continue;
    changed_.wait_for(lock, more ? kLookEvery : retry, [this] { return stopping_.load(); });
    if (!more) retry = std::min(retry * 2, kRetryMax);
  }
}

}  // namespace exchange
