#include "pkg/io/simulated_disk.h"

#include <algorithm>
#include <utility>

#include "pkg/core/check.h"

namespace io {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

void put(core::Bytes& image, std::uint64_t offset, core::BytesView bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  std::ranges::copy(bytes, image.begin() + static_cast<std::ptrdiff_t>(offset));
}

}  // namespace

struct SimulatedDisk::Inode {
  // One sector's content after a write, or (bytes empty) a new length.
  struct Version {
    std::uint64_t offset = 0;
    core::Bytes bytes;
    std::uint64_t size = 0;
  };
  core::Bytes cached;   // what reads see
  core::Bytes durable;  // on the device
  std::vector<Version> pending;

  // A length counts only for what it covers: data behind it is not there, and what was never written is zero.
  static void put_version(core::Bytes& image, const Version& version) {
    if (version.bytes.empty())
      image.resize(version.size);
    else
      put(image, version.offset, version.bytes);
  }
  void sync() {
    for (const Version& version : pending) put_version(durable, version);
    pending.clear();
  }
};

// A creation (from empty), a rename, or a removal (to empty).
struct SimulatedDisk::Change {
  std::string folder, from, to;
  std::shared_ptr<Inode> inode;
};

class SimulatedDisk::SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedDisk& disk, std::shared_ptr<Inode> inode, std::string path, bool writable)
      : disk_(disk), inode_(std::move(inode)), path_(std::move(path)), writable_(writable), life_(disk.life_) {}

  core::Result<void> write(std::uint64_t offset, core::BytesView bytes) override {
    if (auto usable = check(); !usable) return usable;
    CHECK_MSG(writable_, "written through a handle for reading");
    const std::uint64_t number = ++disk_.writes_;
    const auto begun = disk_.begin_operation(path_);
    if (disk_.faults.misdirect_write_at == number) offset += kSectorBytes;
    // A write under way when the power goes is as good as written and not synced: any of its sectors may survive.
    const core::BytesView fitting = bytes.first(fits(offset, bytes.size()));
    keep(offset, fitting);
    if (!begun) {
      disk_.end_life();
      return begun;
    }
    if (disk_.faults.fail_write_at == number)
      return core::fail(core::ErrorKind::io, "cannot write: injected I/O error", disk_.describe(path_));
    if (fitting.size() < bytes.size())
      return core::fail(core::ErrorKind::no_space, "cannot write: no space left", disk_.describe(path_));
    return {};
  }

  core::Result<core::Bytes> read(std::uint64_t offset, std::size_t size) const override {
    if (auto usable = check(); !usable) return std::unexpected(usable.error());
    const core::Bytes& image = inode_->cached;
    const std::uint64_t begin = std::min<std::uint64_t>(offset, image.size());
    const std::uint64_t end = begin + std::min<std::uint64_t>(size, image.size() - begin);
    return core::Bytes(image.begin() + static_cast<std::ptrdiff_t>(begin),
                       image.begin() + static_cast<std::ptrdiff_t>(end));
  }

  core::Result<void> sync() override {
    if (auto usable = check(); !usable) return usable;
    const std::uint64_t number = ++disk_.syncs_;
    if (auto begun = disk_.begin_operation(path_); !begun) {
      disk_.end_life();
      return begun;
    }
    if (disk_.faults.fail_sync_at == number) {
      // As Linux does it: the pages count as clean afterwards, so no later sync writes them, and reads still show them.
      disk_.survive(*inode_, 2);
      return core::fail(core::ErrorKind::io, "cannot sync: injected I/O error", disk_.describe(path_));
    }
    if (!disk_.faults.lying_sync) inode_->sync();
    return {};
  }

  core::Result<std::uint64_t> size() const override {
    if (auto usable = check(); !usable) return std::unexpected(usable.error());
    return inode_->cached.size();
  }

  core::Result<void> truncate(std::uint64_t size) override {
    if (auto usable = check(); !usable) return usable;
    CHECK_MSG(writable_, "truncated through a handle for reading");
    const auto begun = disk_.begin_operation(path_);
    const std::uint64_t now = inode_->cached.size();
    if (size > now && fits(now, size - now) < size - now) {
      return core::fail(core::ErrorKind::no_space, "cannot truncate: no space left", disk_.describe(path_));
    }
    inode_->cached.resize(size);
    inode_->pending.push_back({.size = size});
    if (!begun) disk_.end_life();
    return begun;
  }

 private:
  [[nodiscard]] core::Result<void> check() const {
    if (disk_.crashed() || life_ != disk_.life_) return disk_.gone(path_);
    return {};
  }
  [[nodiscard]] std::size_t fits(std::uint64_t offset, std::size_t size) const {
    const std::uint64_t now = inode_->cached.size();
    if (!disk_.faults.capacity_bytes || offset + size <= now) return size;
    const std::uint64_t used = disk_.used_bytes();
    const std::uint64_t free = *disk_.faults.capacity_bytes > used ? *disk_.faults.capacity_bytes - used : 0;
    return now + free <= offset ? 0 : std::min<std::uint64_t>(size, now + free - offset);
  }
  void keep(std::uint64_t offset, core::BytesView bytes) {
    if (bytes.empty()) return;
    const std::uint64_t size_before = inode_->cached.size(), end = offset + bytes.size();
    put(inode_->cached, offset, bytes);
    if (end > size_before) inode_->pending.push_back({.size = end});
    for (std::uint64_t sector = offset / kSectorBytes * kSectorBytes; sector < end; sector += kSectorBytes) {
      const std::uint64_t sector_end = std::min<std::uint64_t>(sector + kSectorBytes, inode_->cached.size());
      inode_->pending.push_back(
          {.offset = sector,
           .bytes = core::Bytes(inode_->cached.begin() + static_cast<std::ptrdiff_t>(sector),
                                inode_->cached.begin() + static_cast<std::ptrdiff_t>(sector_end))});
    }
  }

  SimulatedDisk& disk_;
  const std::shared_ptr<Inode> inode_;
  const std::string path_;
  const bool writable_;
  const std::uint64_t life_;
};

class SimulatedDisk::SimulatedLock final : public FileLock {
 public:
  explicit SimulatedLock(std::shared_ptr<int> held) : held_(std::move(held)) {}

 private:
  std::shared_ptr<int> held_;
};

SimulatedDisk::SimulatedDisk(std::uint64_t seed) : random_(seed) { folders_[""] = true; }
SimulatedDisk::~SimulatedDisk() = default;

std::unexpected<core::Error> SimulatedDisk::gone(const std::string& path) const {
  return core::fail(core::ErrorKind::io, "crashed", describe(path));
}

core::Result<void> SimulatedDisk::begin_operation(const std::string& path) {
  if (crashed()) return gone(path);
  ++operations_;
  if (operations_ == faults.crash_at_operation || operations_ == faults.kill_at_operation) return gone(path);
  return {};
}

core::Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path, OpenMode mode) {
  if (crashed()) return gone(path);
  const auto found = names_.find(path);
  if (mode != OpenMode::create_new) {
    if (found == names_.end())
      return core::fail(core::ErrorKind::not_found, "cannot open: no such file", describe(path));
    return std::make_unique<SimulatedFile>(*this, found->second, path, mode == OpenMode::read_write);
  }
  if (found != names_.end())
    return core::fail(core::ErrorKind::already_exists, "cannot create: file exists", describe(path));
  if (!folders_.contains(folder_of(path)))
    return core::fail(core::ErrorKind::not_found, "cannot create: no such folder", describe(path));
  const auto begun = begin_operation(path);
  const Change change{folder_of(path), {}, path, std::make_shared<Inode>()};
  apply(change, names_);
  changes_.push_back(change);
  if (!begun) {
    end_life();
    return std::unexpected(begun.error());
  }
  return std::make_unique<SimulatedFile>(*this, change.inode, path, true);
}

core::Result<std::vector<std::string>> SimulatedDisk::list(const std::string& folder) const {
  if (crashed()) return gone(folder);
  if (!folders_.contains(folder))
    return core::fail(core::ErrorKind::not_found, "cannot list: no such folder", describe(folder));
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (folder_of(path) == folder) names.push_back(path.substr(folder.empty() ? 0 : folder.size() + 1));
  }
  for (const auto& [path, made] : folders_) {
    if (!path.empty() && folder_of(path) == folder)
      names.push_back(path.substr(folder.empty() ? 0 : folder.size() + 1));
  }
  std::ranges::sort(names);
  return names;
}

core::Result<void> SimulatedDisk::make_folder(const std::string& path) {
  if (crashed()) return gone(path);
  for (std::string part = path; !part.empty(); part = folder_of(part)) folders_[part] = true;
  return {};
}

void SimulatedDisk::apply(const Change& change, Names& names) {
  if (!change.from.empty()) names.erase(change.from);
  if (change.to.empty()) return;
  // A file never has two names, also when an earlier rename of it was lost.
  std::erase_if(names, [&](const auto& entry) { return entry.second == change.inode; });
  names[change.to] = change.inode;
}

core::Result<void> SimulatedDisk::rename(const std::string& from, const std::string& to) {
  if (crashed()) return gone(from);
  const auto found = names_.find(from);
  if (found == names_.end())
    return core::fail(core::ErrorKind::not_found, "cannot rename: no such file", describe(from));
  CHECK_MSG(folder_of(from) == folder_of(to), "the simulation renames only within a folder");
  const auto begun = begin_operation(from);
  const Change change{folder_of(from), from, to, found->second};
  apply(change, names_);
  changes_.push_back(change);
  if (!begun) end_life();
  return begun;
}

core::Result<void> SimulatedDisk::remove(const std::string& path) {
  if (crashed()) return gone(path);
  if (!names_.contains(path))
    return core::fail(core::ErrorKind::not_found, "cannot remove: no such file", describe(path));
  const auto begun = begin_operation(path);
  const Change change{folder_of(path), path, {}, {}};
  apply(change, names_);
  changes_.push_back(change);
  if (!begun) end_life();
  return begun;
}

core::Result<void> SimulatedDisk::sync_folder(const std::string& folder) {
  if (crashed()) return gone(folder);
  if (!folders_.contains(folder))
    return core::fail(core::ErrorKind::not_found, "cannot sync: no such folder", describe(folder));
  if (auto begun = begin_operation(folder); !begun) {
    end_life();
    return begun;
  }
  for (const Change& change : changes_) {
    if (change.folder == folder) apply(change, durable_names_);
  }
  std::erase_if(changes_, [&](const Change& change) { return change.folder == folder; });
  return {};
}

core::Result<std::unique_ptr<FileLock>> SimulatedDisk::lock(const std::string& path) {
  if (crashed()) return gone(path);
  if (!locks_[path].expired())
    return core::fail(core::ErrorKind::busy, "another process uses this data folder", describe(path));
  auto held = std::make_shared<int>(0);
  locks_[path] = held;
  return std::make_unique<SimulatedLock>(std::move(held));
}

// Each sector that was written since the last sync keeps its old content or gets one of the new ones; the same for the
// length.
void SimulatedDisk::survive(Inode& inode, std::uint64_t keep_of_4) {
  core::Bytes image = inode.durable;
  std::uint64_t size = image.size();
  for (const Inode::Version& version : inode.pending) {
    if (!random_.chance(keep_of_4, 4)) continue;
    if (version.bytes.empty()) {
      size = version.size;
      if (size < image.size()) image.resize(size);
    } else {
      put(image, version.offset, version.bytes);
    }
  }
  image.resize(size);
  inode.durable = std::move(image);
  inode.pending.clear();
}

void SimulatedDisk::end_life() {
  if (operations_ == faults.kill_at_operation)
    killed_ = true;
  else
    crash();
}

void SimulatedDisk::crash() {
  CHECK(!crashed());
  crashed_ = true;
  // From losing everything to losing nothing.
  const std::uint64_t keep_of_4 = random_.below(5);
  for (const Change& change : changes_) {
    if (random_.chance(keep_of_4, 4)) apply(change, durable_names_);
  }
  changes_.clear();
  for (auto& [path, inode] : durable_names_) survive(*inode, keep_of_4);
}

void SimulatedDisk::restart() {
  if (crashed_) {
    names_ = durable_names_;
    for (auto& [path, inode] : names_) inode->cached = inode->durable;
  }
  crashed_ = killed_ = false;
  faults.crash_at_operation.reset();
  faults.kill_at_operation.reset();
  locks_.clear();
  ++life_;
}

std::uint64_t SimulatedDisk::used_bytes() const {
  std::uint64_t used = 0;
  for (const auto& [path, inode] : names_) used += inode->cached.size();
  return used;
}

core::Bytes SimulatedDisk::content(const std::string& path) const {
  const auto found = names_.find(path);
  CHECK(found != names_.end());
  return found->second->cached;
}

void SimulatedDisk::set_content(const std::string& path, core::Bytes content) {
  auto inode = std::make_shared<Inode>();
  inode->cached = content;
  inode->durable = std::move(content);
  names_[path] = inode;
  durable_names_[path] = inode;
  folders_[folder_of(path)] = true;
}

void SimulatedDisk::flip(const std::string& path, std::uint64_t offset, std::byte mask) {
  Inode& inode = *names_.at(path);
  CHECK(offset < inode.cached.size());
  inode.cached[offset] ^= mask;
  if (offset < inode.durable.size()) inode.durable[offset] ^= mask;
}

}  // namespace io
