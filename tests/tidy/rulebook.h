// The rulebook (docs/rulebook.md) and the tests that prove its rules, as far as both can be read without a compiler.
//
// A rule is a section `### its-id`, whose first words are what it says, in bold, and which has a paragraph that begins
// with "Example: ". Tests say which rules they prove in the comment above them:
//
//   // rule: fok-whole, trade-price
//   TEST(Matching, FillOrKillFillsWholeOrLeavesNoTrace) {
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

struct Finding {
  std::size_t line = 0;  // from 1
  std::string text;
};

struct Rule {
  std::string id;
  std::string chapter;    // the `## ` heading it is under
  std::string statement;  // what it says, without the bold
  std::size_t line = 0;   // of its heading
};

// One rule that one test proves.
struct Proof {
  std::string rule;
  std::string test;  // Suite.Name, as --gtest_filter takes it
  std::string path;
  std::size_t line = 0;  // of the tag
};

// What is not a rule's section as it should be goes to `findings`, here and below.
[[nodiscard]] std::vector<Rule> rules_of(std::string_view page, std::vector<Finding>& findings);
[[nodiscard]] std::vector<Proof> proofs_of(const std::string& path, std::string_view source,
                                           std::vector<Finding>& findings);

// The table at the top of the rulebook: each rule, what it says, the tests that prove it. Links are from docs/.
[[nodiscard]] std::string rulebook_index(const std::vector<Rule>& rules, const std::vector<Proof>& proofs);

}  // namespace tidy
