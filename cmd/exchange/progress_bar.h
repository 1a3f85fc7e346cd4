// A line on standard error that shows how far long work has come; silent unless that is a terminal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace exchange {

class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ~ProgressBar();  // takes the line away
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t done, std::uint64_t total) const;
  // Refers to this object.
  [[nodiscard]] std::function<void(std::uint64_t, std::uint64_t)> callback() const {
    return [this](std::uint64_t done, std::uint64_t total) { show(done, total); };
  }

 private:
  const std::string what_;
  const bool visible_;
};

}  // namespace exchange
