// The archive port of the running exchange: questions about what memory has forgotten, answered from the stores by a
// thread of its own, with connections of its own that cannot write.
//
// Questions wait in a bounded queue; answers come back on the exchange's thread, which is woken for them. Nothing here
// makes that thread wait. All calls belong to it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cmd/exchange/store_files.h"
#include "gateways/archive_port.h"
#include "services/history/store_reader.h"
#include "services/market_data/store_reader.h"

namespace exchange {

struct ArchiveCounters {
  std::uint64_t asked = 0, answered = 0, failed = 0, refused = 0;
};

class Archive final : public gateways::ArchivePort {
 public:
  static constexpr std::size_t kQuestionsMax = 1'000;

  // `data`: the folder of the stores' files. `wake` is called from the reading thread when there are answers. REQUIRES
  // the gates to outlive it.
  Archive(std::string data, StoreGates& gates, std::function<void()> wake);
  ~Archive() override;  // answers nobody any more
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  [[nodiscard]] bool ask(gateways::ArchiveQuestion question, std::uint64_t token,
                         gateways::ArchiveHandler& handler) override;
  // Gives the answers that have come to those who asked. Cheap; call it every turn of the loop.
  void poll();
  // Answers everything that waits with an error, and whatever is asked from now on.
  void stop();
  [[nodiscard]] const ArchiveCounters& counters() const { return counters_; }

 private:
  struct Asked {
    gateways::ArchiveQuestion question;
    std::uint64_t number = 0;
  };
  struct Answered {
    std::uint64_t number = 0;
    core::Result<gateways::ArchiveAnswer> answer;
  };
  template <class Reader>
  struct Open {
    std::optional<Reader> reader;
    std::uint64_t generation = 0;
  };

  void run();
  [[nodiscard]] core::Result<gateways::ArchiveAnswer> answer(const gateways::ArchiveQuestion& question);
  template <class Reader, class Read, class Oldest>
  [[nodiscard]] core::Result<gateways::ArchiveAnswer> read(Open<Reader>& open, StoreGate& gate, const char* name,
                                                           Read read_rows, Oldest oldest_of);
  void deliver(Answered&& answered);

  const std::string data_;
  StoreGates& gates_;
  const std::function<void()> wake_;

  // Exchange's thread.
  struct Waiting {
    std::uint64_t number = 0, token = 0;
    gateways::ArchiveHandler* handler = nullptr;
  };
  std::deque<Waiting> waiting_;  // in the order of asking, which is that of the answers
  std::uint64_t last_number_ = 0;
  bool is_stopped_ = false;
  ArchiveCounters counters_;

  // Shared, under the mutex.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Asked> questions_;
  std::vector<Answered> answers_;
  bool stopping_ = false;
  std::atomic<bool> has_answers_{false};

  // The reading thread's.
  Open<history::StoreReader> history_;
  Open<market_data::StoreReader> market_data_;
  std::thread thread_;
};

}  // namespace exchange
