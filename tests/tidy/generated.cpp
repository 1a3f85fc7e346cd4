#include "tests/tidy/generated.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/tidy/tree.h"

namespace tidy {

std::optional<std::string> with_generated(std::string_view page, std::string_view name, std::string_view text) {
  const std::string begins = "<!-- generated: " + std::string(name) + " -->\n";
  const std::string ends = "<!-- end of " + std::string(name) + " -->\n";
  const std::size_t begin = page.find(begins), end = page.find(ends);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return std::nullopt;
  if (page.find(begins, begin + 1) != std::string_view::npos || page.find(ends, end + 1) != std::string_view::npos)
    return std::nullopt;
  return std::string(page.substr(0, begin + begins.size())) + "\n" + std::string(text) + "\n" +
         std::string(page.substr(end));
}

void expect_generated(const std::string& path, std::string_view name, std::string_view text) {
  std::ifstream in(root() / path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto wanted = with_generated(page, name, text);
  if (!wanted) return report(path, 1, "no place for what is generated: " + std::string(name));
  if (*wanted == page) return;
  if (std::getenv("EXCHANGE_GENERATE") != nullptr) {
    std::ofstream out(root() / path, std::ios::binary);
    out << *wanted;
    if (!out.flush()) report(path, 1, "could not be written");
    return;
  }
  const auto differs = std::ranges::mismatch(page, *wanted).in1;
  report(path, 1 + static_cast<std::size_t>(std::count(page.begin(), differs, '\n')),
         std::string(name) + ": not what is generated; run dev/generate");
}

}  // namespace tidy
