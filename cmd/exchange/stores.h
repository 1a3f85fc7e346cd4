// The stores beside the running exchange: the projector on a thread of the lowest priority. The exchange tells it how
// far the journal is durable and never waits for it; it looks 20 times a second and writes what there is in few, large
// transactions.
//
// All calls belong to the exchange's thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cmd/exchange/projector.h"

namespace exchange {

class Stores {
 public:
  // REQUIRES the disk to outlive it. `lag_commands_max`: see needed().
  Stores(io::Disk& disk, ProjectorOptions options, std::uint64_t lag_commands_max);
  ~Stores();  // gives up what is in hand
  Stores(const Stores&) = delete;
  Stores& operator=(const Stores&) = delete;

  // Everything up to `durable` may be read from the journal. Cheap; call it every turn of the loop.
  void follow(core::Sequence durable) { durable_.store(durable.value(), std::memory_order_relaxed); }
  // What the projector has to say since the last call, for the log.
  [[nodiscard]] std::vector<std::string> take_messages();

  [[nodiscard]] std::vector<StoreFigures> figures() const;
  // The record up to which the journal, and a snapshot to start from, must be kept for the slower store: where it is,
  // but never further back than `lag_commands_max`. A store that is left behind is made anew from what there is. Any
  // thread may ask.
  [[nodiscard]] core::Sequence needed() const;
  [[nodiscard]] StoreGates& gates() { return gates_; }

 private:
  void run();
  void say(std::string message);

  const std::uint64_t lag_commands_max_;
  StoreGates gates_;
  std::atomic<std::uint64_t> durable_{0}, position_{0};
  std::atomic<bool> has_messages_{false};

  // Shared, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stopping_{false};
  std::vector<StoreFigures> figures_;
  std::vector<std::string> messages_;

  // The thread's.
  Projector projector_;
  std::thread thread_;
};

}  // namespace exchange
