// The only door to files. Two implementations: the machine's (RealDisk) and one in memory that knows what has been made
// durable and what a power cut may lose, reorder or tear (SimulatedDisk). Paths are relative to the disk's root folder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"

namespace io {

class File {
 public:
  virtual ~File() = default;
  // All of `bytes` at `offset`, or an error: after an error what lies there is unknown.
  [[nodiscard]] virtual core::Result<void> write(std::uint64_t offset, core::BytesView bytes) = 0;
  // Up to `size` bytes; fewer only at the end of the file.
  [[nodiscard]] virtual core::Result<core::Bytes> read(std::uint64_t offset, std::size_t size) const = 0;
  // fdatasync: everything written before is durable when it returns. After an error nothing is known, for ever.
  [[nodiscard]] virtual core::Result<void> sync() = 0;
  [[nodiscard]] virtual core::Result<std::uint64_t> size() const = 0;
  [[nodiscard]] virtual core::Result<void> truncate(std::uint64_t size) = 0;
};

enum class OpenMode { read, read_write, create_new };  // create_new fails when it exists

// Held for as long as the object lives; released by the system when the process dies.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Disk {
 public:
  virtual ~Disk() = default;
  [[nodiscard]] virtual core::Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  [[nodiscard]] virtual core::Result<std::vector<std::string>> list(
      const std::string& folder) const = 0;                                           // names, sorted
  [[nodiscard]] virtual core::Result<void> make_folder(const std::string& path) = 0;  // and its parents
  [[nodiscard]] virtual core::Result<void> rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  [[nodiscard]] virtual core::Result<void> remove(const std::string& path) = 0;
  // Makes creations, renames and removals in the folder durable.
  [[nodiscard]] virtual core::Result<void> sync_folder(const std::string& folder) = 0;
  // Errors: busy when another process has it.
  [[nodiscard]] virtual core::Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  [[nodiscard]] virtual std::string describe(const std::string& path) const = 0;  // the full path, for messages
};

}  // namespace io
