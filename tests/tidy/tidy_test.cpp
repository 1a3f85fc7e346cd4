// The house rules of CONTRIBUTING.md, as far as a program can see them. A finding names file, line and
// rule.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/scan.h"
#include "tests/tidy/tree.h"

namespace tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileLinesMax = 1000, kFileLinesUnjustified = 500, kFunctionLinesMax = 70;

bool starts_with_any(std::string_view text, const std::vector<std::string_view>& prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return text.starts_with(prefix); });
}

// The services, each after those it may know.
const std::vector<std::string_view> kServices = {"fees",    "instruments", "ledger", "matching", "orders",
                                                 "history", "market_data", "engine", "traders",  "keys"};
const std::vector<std::string_view> kFolds = {"services/matching/", "services/orders/",      "services/ledger/",
                                              "services/fees/",     "services/instruments/", "services/engine/"};

// Files in the folders of folds that may touch the system, each with the reason.
const std::set<std::string> kOutsideOfFolds = {
    "services/matching/huge_array.cpp",  // asks for memory in large pages: where it lies, no result depends on
};

std::size_t service_rank(std::string_view path) {  // of services/NAME/...
  const std::string_view rest = path.substr(std::string_view("services/").size());
  const auto found = std::ranges::find(kServices, rest.substr(0, rest.find('/')));
  EXPECT_NE(found, kServices.end()) << path << ": a service that is not in the order of services of " << __FILE__;
  return static_cast<std::size_t>(found - kServices.begin());
}

bool service_may_include(const SourceFile& file, std::string_view included) {
  if (included.starts_with("pkg/core/")) return true;
  const std::string_view folder = included.substr(0, included.rfind('/'));
  // Stores of projections: the folds never see them.
  if (!starts_with_any(file.path, kFolds) && (folder == "pkg/io" || folder == "pkg/sql")) return true;
  if (!included.starts_with("services/") || service_rank(included) > service_rank(file.path)) return false;
  // Accounts and matching speak by messages alone.
  const bool in_accounts = starts_with_any(file.path, {"services/orders/", "services/ledger/", "services/fees/"});
  return !(in_accounts && folder == "services/matching" && included != "services/matching/types.h");
}

bool may_include(const SourceFile& file, std::string_view included) {
  const std::string& path = file.path;
  if (path.starts_with("pkg/")) {
    if (included.substr(0, included.rfind('/')) == file.folder() || included.starts_with("pkg/core/")) return true;
    if (path.starts_with("pkg/core/")) return false;
    return included.starts_with("pkg/io/") || (path.starts_with("pkg/host/") && included.starts_with("pkg/journal/"));
  }
  // The test of a service may put it on a host and a disk; the service itself knows neither.
  if (path.starts_with("services/") && path.ends_with("_test.cpp") && included.starts_with("pkg/")) return true;
  if (path.starts_with("services/")) return service_may_include(file, included);
  if (path.starts_with("gateways/")) return starts_with_any(included, {"gateways/", "services/", "pkg/"});
  if (path.starts_with("bench/")) return starts_with_any(included, {"bench/", "gateways/", "services/", "pkg/"});
  return !included.starts_with("tests/") || path.starts_with("tests/");
}

TEST(Tidy, TheTreeIsThere) { ASSERT_GT(tree().size(), 50u) << "nothing is checked where nothing is found: " << root(); }

TEST(Tidy, KnowsTheDirectionOfDependence) {
  const struct {
    const char *file, *included;
    bool allowed;
  } cases[] = {
      {"pkg/core/a.h", "pkg/core/b.h", true},
      {"pkg/core/a.h", "pkg/io/disk.h", false},
      {"pkg/journal/a.h", "pkg/io/disk.h", true},
      {"pkg/journal/a.h", "pkg/host/host.h", false},
      {"pkg/host/a.h", "pkg/journal/sink.h", true},
      {"pkg/io/a.h", "services/orders/types.h", false},
      {"services/orders/a.cpp", "services/matching/types.h", true},
      {"services/orders/a.cpp", "services/matching/book.h", false},
      {"services/engine/a.cpp", "services/matching/matching.h", true},
      {"services/matching/a.cpp", "services/orders/types.h", false},
      {"services/matching/a.cpp", "pkg/io/disk.h", false},
      {"services/history/a.cpp", "pkg/io/disk.h", true},
      {"services/history/a.cpp", "pkg/host/host.h", false},
      {"services/keys/a.cpp", "gateways/auth/keys.h", false},
      {"services/engine/a_test.cpp", "pkg/host/host.h", true},
      {"gateways/rest/a.cpp", "services/orders/types.h", true},
      {"gateways/rest/a.cpp", "cmd/exchange/main.h", false},
      {"cmd/exchange/a.cpp", "gateways/rest/session.h", true},
      {"cmd/exchange/a.cpp", "tests/tidy/scan.h", false},
  };
  for (const auto& [file, included, allowed] : cases) {
    EXPECT_EQ(may_include({file, ""}, included), allowed) << file << " -> " << included;
  }
}

TEST(Tidy, IncludesFollowTheDirectionOfDependence) {
  for (const SourceFile& file : tree()) {
    if (!file.is_cpp()) continue;
    for (const auto& [line, path, quoted] : includes_of(file.text)) {
      if (!quoted) continue;
      if (!fs::exists(root() / path)) {
        report(file, line, path + ": no such file from the project's root");
      } else if (!may_include(file, path)) {
        report(file, line, file.folder() + " must not know " + path);
      }
    }
  }
}

TEST(Tidy, FoldsAreDeterministic) {
  static const std::set<std::string> banned_headers = {
      "atomic",        "barrier",      "chrono",     "condition_variable",
      "cstdio",        "ctime",        "filesystem", "fstream",
      "future",        "iostream",     "latch",      "mutex",
      "ostream",       "random",       "semaphore",  "shared_mutex",
      "sstream",       "stop_token",   "thread",     "unistd.h",
      "fcntl.h",       "time.h",       "stdio.h",    "pthread.h",
      "unordered_map", "unordered_set"};
  const std::vector<std::string_view> banned_words = {"float",
                                                      "double",
                                                      "rand(",
                                                      "random(",
                                                      "std::time(",
                                                      "::time(",
                                                      "time(nullptr)",
                                                      "getenv",
                                                      "std::unordered_",
                                                      "std::hash",
                                                      "new",
                                                      "malloc(",
                                                      "printf(",
                                                      "thread_local",
                                                      "throw",
                                                      "volatile",
                                                      "reinterpret_cast<std::uintptr_t>"};
  for (const SourceFile& file : tree()) {
    if (!file.is_cpp() || file.is_for_tests() || !starts_with_any(file.path, kFolds)) continue;
    if (kOutsideOfFolds.contains(file.path)) continue;
    for (const Include& include : includes_of(file.text)) {
      if (banned_headers.contains(include.path) ||
          starts_with_any(include.path, {"sys/", "net", "arpa/", "boost/asio", "boost/beast", "spdlog/"})) {
        report(file, include.line, "<" + include.path + "> has no place in a fold");
      }
    }
    const std::string code = without_comments_and_texts(file.text);
    std::size_t number = 0;
    for (const std::string_view line : lines_of(code)) {
      ++number;
      for (const std::string_view word : banned_words) {
        if (has_word(line, word)) report(file, number, "`" + std::string(word) + "` has no place in a fold");
      }
    }
  }
}

TEST(Tidy, FilesAndFunctionsAreShort) {
  for (const SourceFile& file : tree()) {
    if (!file.is_cpp() && !file.path.ends_with(".js") && !file.path.ends_with(".ts")) continue;
    const auto lines = lines_of(file.text);
    if (lines.size() > kFileLinesMax) report(file, 1, std::to_string(lines.size()) + " lines: split it");
    const bool justified =
        std::ranges::any_of(lines, [](std::string_view line) { return line.starts_with("// Long because "); });
    if (lines.size() > kFileLinesUnjustified && !justified) {
      report(file, 1, std::to_string(lines.size()) + " lines: split it, or say `// Long because ...`");
    }
    if (!file.is_cpp()) continue;
    for (const Function& function : functions_of(file.text)) {
      if (function.length() <= kFunctionLinesMax) continue;
      // Flat: a dispatch or a table has a row per case and nothing to split. Said in the function or on the line
      // above it.
      const auto first = lines.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(function.line_first, 2) - 2);
      const auto last = lines.begin() + static_cast<std::ptrdiff_t>(function.line_last);
      const bool flat = std::any_of(first, last, [](std::string_view line) {
        return line.find("// flat dispatch") != std::string_view::npos ||
               line.find("// flat table") != std::string_view::npos;
      });
      if (!flat) report(file, function.line_first, std::to_string(function.length()) + " lines: " + function.heading);
    }
  }
}

TEST(Tidy, HeadersOpenWithTheirPurpose) {
  for (const SourceFile& file : tree()) {
    if (!file.path.ends_with(".h")) continue;
    if (!file.text.starts_with("// ")) report(file, 1, "a header starts with a paragraph on its purpose");
    if (file.text.find("#pragma once") == std::string::npos) report(file, 1, "no #pragma once");
  }
}

TEST(Tidy, TextIsClean) {
  // Folders of people's machines, put together so that this file does not name one.
  const std::regex home_folder(std::string("(^|[^A-Za-z0-9_./-])/(ho") + "me|ro" + "ot|Us" + "ers|wo" + "rk)/");
  for (const SourceFile& file : tree()) {
    if (file.path.find("/golden/") != std::string::npos) continue;  // kept byte by byte
    const bool tabs_mean_something = file.path == "Makefile";
    if (!file.text.empty() && file.text.back() != '\n') report(file, 1, "the last line has no end");
    std::size_t number = 0;
    for (const std::string_view line : lines_of(file.text)) {
      ++number;
      if (!tabs_mean_something && line.find('\t') != std::string_view::npos) report(file, number, "a tab");
      if (!line.empty() && (line.back() == ' ' || line.back() == '\r'))
        report(file, number, "a blank at the end of the line");
      if (line.find('/') != std::string_view::npos && std::regex_search(line.begin(), line.end(), home_folder)) {
        report(file, number, "a path on somebody's machine");
      }
    }
  }
}

TEST(Tidy, EveryServiceHasItsPage) {
  std::set<std::string> services;
  for (const SourceFile& file : tree()) {
    if (file.path.starts_with("services/") && file.is_cpp()) services.insert(file.folder());
  }
  for (const std::string& service : services) {
    EXPECT_TRUE(fs::exists(root() / service / "README.md")) << service << " has no README.md";
  }
}

// Links, and the names of files and folders between backticks.
TEST(Tidy, DocumentsNameWhatExists) {
  const std::regex link(R"(\]\(([^)#:\s]+)(#[^)]*)?\))");
  const std::regex named(R"(`((pkg|services|gateways|cmd|bench|tests|dev|docs|cmake)/[A-Za-z0-9_./-]*)`)");
  const std::regex cited(R"((docs/[A-Za-z0-9_./-]+\.md))");
  const auto each_match = [](const std::string& text, const std::regex& pattern, auto use) {
    for (auto it = std::sregex_iterator(text.begin(), text.end(), pattern); it != std::sregex_iterator(); ++it) {
      use((*it)[1].str(), 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + it->position(), '\n')));
    }
  };
  for (const SourceFile& file : tree()) {
    const auto expect_exists = [&](const fs::path& path, std::size_t line) {
      if (!fs::exists(path)) report(file, line, path.lexically_relative(root()).string() + " does not exist");
    };
    const bool is_page = file.path.ends_with(".md");
    if (is_page)
      each_match(file.text, link, [&](const std::string& to, std::size_t line) {
        expect_exists((root() / file.path).parent_path() / to, line);
      });
    if (is_page && file.path != "CHANGELOG.md") {  // which tells of what was
      each_match(file.text, named,
                 [&](const std::string& path, std::size_t line) { expect_exists(root() / path, line); });
    }
    if (is_page || file.is_cpp()) {
      each_match(file.text, cited,
                 [&](const std::string& path, std::size_t line) { expect_exists(root() / path, line); });
    }
  }
}

}  // namespace
}  // namespace tidy
