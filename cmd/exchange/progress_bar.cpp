#include "cmd/exchange/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace exchange {
namespace {
constexpr std::uint64_t kWidth = 30;
}  // namespace

ProgressBar::ProgressBar(std::string what) : what_(std::move(what)), visible_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (visible_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total) const {
  if (!visible_) return;
  if (total == 0) {
    fmt::print(stderr, "\r{} {}", what_, done);
  } else {
    const std::uint64_t filled = kWidth * done / total;
    fmt::print(stderr, "\r{} [{:#<{}}{:.<{}}] {} %", what_, "", filled, "", kWidth - filled, 100 * done / total);
  }
  std::fflush(stderr);
}

}  // namespace exchange
