#include "pkg/journal/inline_sink.h"

#include <utility>

#include "pkg/core/check.h"

namespace journal {

void InlineSink::submit(Batch& batch) {
  CHECK(!progress_.failure);
  std::swap(taken_, batch);
  batch.clear();
  if (auto written = writer_.write(taken_); !written) {
    progress_.failure = written.error();
    return;
  }
  progress_.durable = writer_.durable();
  make_space();
}

Progress InlineSink::poll() {
  if (!progress_.failure) make_space();
  return progress_;
}

void InlineSink::make_space() {
  progress_.disk_full = false;
  while (writer_.needs_space()) {
    const auto prepared = writer_.prepare_space();
    if (prepared) continue;
    progress_.disk_full = prepared.error().kind == core::ErrorKind::no_space;
    if (!progress_.disk_full) progress_.failure = prepared.error();
    return;
  }
}

}  // namespace journal
