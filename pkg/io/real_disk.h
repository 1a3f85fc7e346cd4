// The machine's file system below one folder. Stateless but for the folder's name, so any number of threads may use it;
// a File belongs to one thread at a time. Every error names the full path and what the system said.
#pragma once

#include <string>

#include "pkg/io/disk.h"

namespace io {

class RealDisk final : public Disk {
 public:
  // Paths are below `root`, which is made with the first folder (make_folder("") makes the root itself).
  explicit RealDisk(std::string root);

  [[nodiscard]] core::Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  [[nodiscard]] core::Result<std::vector<std::string>> list(const std::string& folder) const override;
  [[nodiscard]] core::Result<void> make_folder(const std::string& path) override;
  [[nodiscard]] core::Result<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] core::Result<void> remove(const std::string& path) override;
  [[nodiscard]] core::Result<void> sync_folder(const std::string& folder) override;
  [[nodiscard]] core::Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  [[nodiscard]] std::string describe(const std::string& path) const override;

 private:
  std::string root_;
};

}  // namespace io
