// A sink that writes inside submit(): for tests, the simulator and tools. The exchange itself writes on a thread of its
// own.
#pragma once

#include "pkg/journal/sink.h"
#include "pkg/journal/writer.h"

namespace journal {

class InlineSink final : public Sink {
 public:
  // REQUIRES writer to outlive it.
  explicit InlineSink(Writer& writer) : writer_(writer), progress_{writer.durable(), {}, false} {}

  [[nodiscard]] std::uint64_t reserved_bytes() const override { return writer_.reservation().largest_records_bytes(); }
  [[nodiscard]] bool idle() const override { return true; }
  void submit(Batch& batch) override;
  [[nodiscard]] Progress poll() override;

 private:
  void make_space();

  Writer& writer_;
  Batch taken_;
  Progress progress_;
};

}  // namespace journal
