// A folder that goes away with its owner: for benchmarks and tests.
#pragma once

#include <string>
#include <utility>

#include "pkg/core/error.h"

namespace exchange {

class TemporaryFolder {
 public:
  // Below `parent`, which must be there.
  [[nodiscard]] static core::Result<TemporaryFolder> make(const std::string& parent);
  ~TemporaryFolder();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace exchange
