#include "cmd/exchange/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace exchange {

core::Result<TemporaryFolder> TemporaryFolder::make(const std::string& parent) {
  std::string path = parent + "/exchange_XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return core::fail(core::ErrorKind::denied, std::string("cannot make a temporary folder: ") + std::strerror(errno),
                      parent, "choose another place with --data");
  }
  return TemporaryFolder(path);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace exchange
