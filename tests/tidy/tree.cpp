#include "tests/tidy/tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace tidy {
namespace {

namespace fs = std::filesystem;

std::vector<SourceFile> read_tree() {
  static const std::set<std::string> skipped = {"build", "data", "node_modules", ".git", ".cache", ".idea", ".vscode"};
  std::vector<SourceFile> files;
  for (auto it = fs::recursive_directory_iterator(root()); it != fs::recursive_directory_iterator(); ++it) {
    if (skipped.contains(it->path().filename().string())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file()) {
      std::ifstream in(it->path(), std::ios::binary);
      std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
      if (text.find('\0') == std::string::npos)
        files.push_back({it->path().lexically_relative(root()).string(), std::move(text)});
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

}  // namespace

bool SourceFile::is_for_tests() const {
  for (const std::string_view mark : {"_test.", "_fuzz.", "reference.", "testing", "differential", "random_commands"}) {
    if (path.find(mark, path.rfind('/')) != std::string::npos) return true;
  }
  return path.starts_with("tests/");
}

const fs::path& root() {
  static const fs::path path = EXCHANGE_SOURCE_DIR;
  return path;
}

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = read_tree();
  return files;
}

void report(const std::string& path, std::size_t line, const std::string& finding) {
  ADD_FAILURE_AT(path.c_str(), static_cast<int>(line)) << finding;
}

}  // namespace tidy
