#include "bench/journal.h"

#include <chrono>

#include "pkg/core/record.h"
#include "pkg/journal/recovery.h"
#include "pkg/journal/writer.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

class Filling {
 public:
  Filling(journal::Writer& writer, std::uint32_t body_bytes) : writer_(writer), body_(body_bytes, std::byte{7}) {}

  // Encodes the next batch; returns once there is room for it.
  [[nodiscard]] core::Result<void> fill(std::uint32_t commands) {
    batch_.clear();
    batch_.first = next_;
    for (std::uint32_t i = 0; i < commands; ++i, next_ = next_.next()) {
      core::RecordHeader header;
      header.type = 1;
      header.sequence = batch_.last = next_;
      const std::size_t start = core::start_record(header, batch_.records);
      batch_.records.insert(batch_.records.end(), body_.begin(), body_.end());
      core::finish_record(start, batch_.records);
      ++batch_.count;
    }
    while (writer_.needs_space()) {
      if (auto made = writer_.prepare_space(); !made) return made;
    }
    return {};
  }
  [[nodiscard]] core::Result<void> write() { return writer_.write(batch_); }
  [[nodiscard]] std::size_t bytes() const { return batch_.records.size(); }

 private:
  journal::Writer& writer_;
  core::Bytes body_;
  journal::Batch batch_;
  core::Sequence next_{1};
};

}  // namespace

core::Result<JournalResult> bench_journal(io::Disk& disk, const JournalOptions& options) {
  const journal::Options journal_options;
  auto recovered = journal::recover(disk, journal_options);
  if (!recovered) return std::unexpected(recovered.error());
  auto writer = journal::Writer::open(disk, journal_options, recovered->tail);
  if (!writer) return std::unexpected(writer.error());
  Filling filling(**writer, options.body_bytes);

  JournalResult result;
  std::vector<std::int64_t> taken_ns;
  for (std::uint64_t i = 0; i < options.commits; ++i) {
    if (auto filled = filling.fill(1); !filled) return std::unexpected(filled.error());
    const auto start = Clock::now();
    if (auto written = filling.write(); !written) return std::unexpected(written.error());
    taken_ns.push_back(std::chrono::nanoseconds(Clock::now() - start).count());
    result.record_bytes = filling.bytes();
  }
  result.commit = percentiles(taken_ns);

  std::chrono::duration<double> busy{};
  for (std::uint64_t i = 0; i < options.batches; ++i) {
    if (auto filled = filling.fill(options.commands_per_batch); !filled) return std::unexpected(filled.error());
    const auto start = Clock::now();
    if (auto written = filling.write(); !written) return std::unexpected(written.error());
    busy += Clock::now() - start;
  }
  const double commands = static_cast<double>(options.batches) * options.commands_per_batch;
  result.commands_per_second = commands / busy.count();
  result.megabytes_per_second = result.commands_per_second * static_cast<double>(result.record_bytes) / 1e6;
  return result;
}

}  // namespace bench
