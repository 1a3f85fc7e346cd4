#include "pkg/io/real_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace io {
namespace {

core::ErrorKind kind_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return core::ErrorKind::no_space;
    case ENOENT:
      return core::ErrorKind::not_found;
    case EEXIST:
      return core::ErrorKind::already_exists;
    case EACCES:
    case EPERM:
    case EROFS:
      return core::ErrorKind::denied;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return core::ErrorKind::invalid_input;
    default:
      return core::ErrorKind::io;
  }
}

std::string hint_for(core::ErrorKind kind) {
  switch (kind) {
    case core::ErrorKind::no_space:
      return "free some space on this file system";
    case core::ErrorKind::denied:
      return "the user that runs the exchange must own the data folder";
    default:
      return {};
  }
}

std::unexpected<core::Error> failed(const char* action, int error, const std::string& path) {
  const core::ErrorKind kind = kind_of(error);
  return core::fail(kind, std::string(action) + ": " + std::generic_category().message(error), path, hint_for(kind));
}

class RealFile final : public File {
 public:
  RealFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  ~RealFile() override { ::close(descriptor_); }
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;

  core::Result<void> write(std::uint64_t offset, core::BytesView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0) {
        if (errno == EINTR) continue;
        return failed("cannot write", errno, path_);
      }
      if (written == 0) return failed("cannot write", EIO, path_);
      // A short write says nothing; the next one says why.
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    }
    return {};
  }

  core::Result<core::Bytes> read(std::uint64_t offset, std::size_t size) const override {
    core::Bytes out(size);
    std::size_t have = 0;
    while (have < size) {
      const ssize_t got = ::pread(descriptor_, out.data() + have, size - have, static_cast<off_t>(offset + have));
      if (got < 0) {
        if (errno == EINTR) continue;
        return failed("cannot read", errno, path_);
      }
      if (got == 0) break;
      have += static_cast<std::size_t>(got);
    }
    out.resize(have);
    return out;
  }

  core::Result<void> sync() override {
    // Not repeated on EINTR: after any error of fdatasync the kernel may have dropped the pages and reported it once.
    if (::fdatasync(descriptor_) != 0) return failed("cannot sync", errno, path_);
    return {};
  }

  core::Result<std::uint64_t> size() const override {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) return failed("cannot stat", errno, path_);
    return static_cast<std::uint64_t>(status.st_size);
  }

  core::Result<void> truncate(std::uint64_t size) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) return failed("cannot truncate", errno, path_);
    return {};
  }

 private:
  int descriptor_;
  std::string path_;
};

class RealLock final : public FileLock {
 public:
  explicit RealLock(int descriptor) : descriptor_(descriptor) {}
  ~RealLock() override { ::close(descriptor_); }
  RealLock(const RealLock&) = delete;
  RealLock& operator=(const RealLock&) = delete;

 private:
  int descriptor_;
};

core::Result<void> sync_path(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return failed("cannot open folder", errno, path);
  const int result = ::fsync(descriptor);
  const int error = errno;
  ::close(descriptor);
  if (result != 0) return failed("cannot sync folder", error, path);
  return {};
}

}  // namespace

RealDisk::RealDisk(std::string root) : root_(std::move(root)) {
  if (root_.empty()) root_ = ".";
  while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
}

std::string RealDisk::describe(const std::string& path) const {
  if (path.empty()) return root_;
  return root_ == "/" ? root_ + path : root_ + "/" + path;
}

core::Result<std::unique_ptr<File>> RealDisk::open(const std::string& path, OpenMode mode) {
  const std::string full = describe(path);
  int flags = O_CLOEXEC;
  switch (mode) {
    case OpenMode::read:
      flags |= O_RDONLY;
      break;
    case OpenMode::read_write:
      flags |= O_RDWR;
      break;
    case OpenMode::create_new:
      flags |= O_RDWR | O_CREAT | O_EXCL;
      break;
  }
  const int descriptor = ::open(full.c_str(), flags, 0640);
  if (descriptor < 0) return failed(mode == OpenMode::create_new ? "cannot create" : "cannot open", errno, full);
  return std::make_unique<RealFile>(descriptor, full);
}

core::Result<std::vector<std::string>> RealDisk::list(const std::string& folder) const {
  const std::string full = describe(folder);
  DIR* const stream = ::opendir(full.c_str());
  if (stream == nullptr) return failed("cannot list", errno, full);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
    errno = 0;
  }
  const int error = errno;
  ::closedir(stream);
  if (error != 0) return failed("cannot list", error, full);
  std::ranges::sort(names);
  return names;
}

core::Result<void> RealDisk::make_folder(const std::string& path) {
  const std::string full = describe(path);
  // Each folder on the way is made, and its entry made durable in the one above.
  for (std::size_t end = full.find('/', 1);; end = full.find('/', end + 1)) {
    const std::string part = full.substr(0, end);
    if (::mkdir(part.c_str(), 0750) == 0) {
      const std::size_t slash = part.rfind('/');
      const std::string above = slash == std::string::npos ? "." : slash == 0 ? "/" : part.substr(0, slash);
      if (auto synced = sync_path(above); !synced) return synced;
    } else if (errno != EEXIST) {
      return failed("cannot make folder", errno, part);
    } else {
      struct stat status{};
      if (::stat(part.c_str(), &status) != 0) return failed("cannot stat", errno, part);
      if (!S_ISDIR(status.st_mode)) return failed("cannot make folder", ENOTDIR, part);
    }
    if (end == std::string::npos) return {};
  }
}

core::Result<void> RealDisk::rename(const std::string& from, const std::string& to) {
  if (::rename(describe(from).c_str(), describe(to).c_str()) != 0)
    return failed("cannot rename", errno, describe(from));
  return {};
}

core::Result<void> RealDisk::remove(const std::string& path) {
  if (::unlink(describe(path).c_str()) != 0) return failed("cannot remove", errno, describe(path));
  return {};
}

core::Result<void> RealDisk::sync_folder(const std::string& folder) { return sync_path(describe(folder)); }

core::Result<std::unique_ptr<FileLock>> RealDisk::lock(const std::string& path) {
  const std::string full = describe(path);
  const int descriptor = ::open(full.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (descriptor < 0) return failed("cannot open lock file", errno, full);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(descriptor);
    if (error != EWOULDBLOCK) return failed("cannot lock", error, full);
    return core::fail(core::ErrorKind::busy, "another process uses this data folder", full,
                      "stop the other exchange, or choose another folder with --data");
  }
  return std::make_unique<RealLock>(descriptor);
}

}  // namespace io
