// A disk in memory that is as bad as real ones are allowed to be.
//
// It keeps what is durable apart from what is only in the page cache. Until a file is synced, each of its 512-byte
// sectors that was written may reach the device or not, in any order and any of its versions, and so may its new
// length. Until a folder is synced, each creation, rename and removal in it may or may not have happened. A power cut
// (crash) decides that at random from a seed; the end of the process alone (kill) loses nothing but the handles.
//
// Every call that changes something counts as one operation, so that a test can run a script again and again and cut
// the power at each of them. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pkg/core/random.h"
#include "pkg/io/disk.h"

namespace io {

// What goes wrong, and when; counts start at 1 and go on over restarts. Change it at any time.
struct DiskFaults {
  std::optional<std::uint64_t> crash_at_operation;  // the power goes while this operation is under way
  std::optional<std::uint64_t> kill_at_operation;  // the process is killed right behind this operation; nothing is lost
  std::optional<std::uint64_t> fail_write_at;      // EIO from the Nth File::write
  std::optional<std::uint64_t>
      fail_sync_at;  // EIO from the Nth File::sync: what was not synced is lost or not, for good
  std::optional<std::uint64_t> misdirect_write_at;  // the Nth File::write lands one sector too far and reports success
  std::optional<std::uint64_t> capacity_bytes;      // of all files together; beyond it a write is cut short and fails
  bool lying_sync = false;                          // File::sync does nothing and reports success: a missing fdatasync
};

class SimulatedDisk final : public Disk {
 public:
  explicit SimulatedDisk(std::uint64_t seed = 1);
  ~SimulatedDisk() override;

  [[nodiscard]] core::Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  [[nodiscard]] core::Result<std::vector<std::string>> list(const std::string& folder) const override;
  [[nodiscard]] core::Result<void> make_folder(const std::string& path) override;  // durable when it returns
  [[nodiscard]] core::Result<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] core::Result<void> remove(const std::string& path) override;
  [[nodiscard]] core::Result<void> sync_folder(const std::string& folder) override;
  [[nodiscard]] core::Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  [[nodiscard]] std::string describe(const std::string& path) const override { return "disk:/" + path; }

  DiskFaults faults;

  // The power goes now: until restart() every call fails. What survives is decided here.
  void crash();
  [[nodiscard]] bool crashed() const { return crashed_ || killed_; }
  // After crash(): the machine starts again with what survived. Without one: only the process ended (kill -9), the page
  // cache is still there. All handles and locks of before are dead either way.
  void restart();

  // Operations so far: writes, syncs, truncations, creations, renames, removals, folder syncs.
  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  [[nodiscard]] std::uint64_t writes() const { return writes_; }
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
  [[nodiscard]] std::uint64_t used_bytes() const;

  // For tests, past all rules and durable at once: a file's content as it is read now, replaced, or with one byte
  // changed.
  [[nodiscard]] core::Bytes content(const std::string& path) const;
  void set_content(const std::string& path, core::Bytes content);
  void flip(const std::string& path, std::uint64_t offset, std::byte mask);

 private:
  struct Inode;
  struct Change;
  class SimulatedFile;
  class SimulatedLock;
  using Names = std::map<std::string, std::shared_ptr<Inode>>;  // by full path

  [[nodiscard]] core::Result<void> begin_operation(const std::string& path);
  void end_life();  // after the operation that a fault named
  [[nodiscard]] std::unexpected<core::Error> gone(const std::string& path) const;
  void survive(Inode& inode, std::uint64_t keep_of_4);
  static void apply(const Change& change, Names& names);

  core::Random random_;
  Names names_, durable_names_;
  std::vector<Change> changes_;  // of names, not yet durable, in order
  std::map<std::string, bool> folders_;
  std::map<std::string, std::weak_ptr<int>> locks_;
  std::uint64_t operations_ = 0, writes_ = 0, syncs_ = 0;
  std::uint64_t life_ = 1;  // handles of earlier lives are dead
  bool crashed_ = false, killed_ = false;
};

}  // namespace io
