// The project's own files, and how a finding about one of them is reported.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct SourceFile {
  std::string path;  // from the project's root
  std::string text;

  [[nodiscard]] std::string folder() const { return path.substr(0, path.rfind('/')); }
  [[nodiscard]] bool is_cpp() const { return path.ends_with(".h") || path.ends_with(".cpp"); }
  // Tests, fuzzers and the naive references that tests compare with are no part of the folds.
  [[nodiscard]] bool is_for_tests() const;
};

[[nodiscard]] const std::filesystem::path& root();

// What belongs to the project: not what was built, installed or written by running it. Sorted by path; read once.
[[nodiscard]] const std::vector<SourceFile>& tree();

// A finding: the test that runs fails, naming file and line.
void report(const std::string& path, std::size_t line, const std::string& finding);
inline void report(const SourceFile& file, std::size_t line, const std::string& finding) {
  report(file.path, line, finding);
}

}  // namespace tidy
