// The rulebook has a test for every rule, the tests name no rule that is not there, and what is generated is current.
#include "tests/tidy/rulebook.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tidy/generated.h"
#include "tests/tidy/tree.h"

namespace tidy {
namespace {

constexpr std::string_view kPage = "docs/rulebook.md";

std::string text_of(const std::vector<Finding>& findings) {
  std::string out;
  for (const auto& [line, text] : findings) out += std::to_string(line) + " " + text + "\n";
  return out;
}

TEST(Rulebook, ReadsRules) {
  std::vector<Finding> findings;
  const auto rules = rules_of(
      "# Rules\n\n## One\n\n### first-rule\n\n**It says\nthis.** And more.\n\nExample: 1 and 1 is 2.\n\n"
      "### 2nd\n**That.**\n\nExample: none.\n## Two\n### third\n**Last.**\n\nExample: end.\n",
      findings);
  EXPECT_EQ(text_of(findings), "");
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].id, "first-rule");
  EXPECT_EQ(rules[0].chapter, "One");
  EXPECT_EQ(rules[0].statement, "It says this.");
  EXPECT_EQ(rules[0].line, 5u);
  EXPECT_EQ(rules[1].id, "2nd");
  EXPECT_EQ(rules[2].chapter, "Two");
}

TEST(Rulebook, FindsWhatIsNoProperRule) {
  const struct {
    std::string_view page, findings;
  } cases[] = {
      {"## A\n### Capital\n**B.**\n\nExample: c\n",
       "2 Capital: a rule's id is words of small letters and digits with hyphens between\n"},
      {"## A\n### a--b\n**B.**\n\nExample: c\n",
       "2 a--b: a rule's id is words of small letters and digits with hyphens between\n"},
      {"## A\n### a-\n**B.**\n\nExample: c\n",
       "2 a-: a rule's id is words of small letters and digits with hyphens between\n"},
      {"### a\n**B.**\n\nExample: c\n", "1 a: in no chapter\n"},
      {"## A\n### a\nB.\n\nExample: c\n", "2 a: begins with what it says, in bold\n"},
      {"## A\n### a\n**B.\n\nExample: c\n", "2 a: begins with what it says, in bold\n"},
      {"## A\n### a\n**B.**\n### b\n**B.**\n\nExample: c\n", "2 a: has no paragraph that begins with \"Example: \"\n"},
      {"## A\n### a\n**B.**\n\nExample: c\n### a\n**B.**\n\nExample: c\n", "6 a: there is a rule of that id\n"},
  };
  for (const auto& [page, expected] : cases) {
    std::vector<Finding> findings;
    (void)rules_of(page, findings);
    EXPECT_EQ(text_of(findings), expected) << page;
  }
}

TEST(Rulebook, ReadsWhatTestsSayTheyProve) {
  std::vector<Finding> findings;
  const auto proofs = proofs_of("a/b_test.cpp",
                                "int x;\n// Why.\n// rule: one, two-b\n// More.\nTEST(Suite, Name) {\n}\n"
                                "// rule: one\nTEST_F(VeryLong,\n       Broken) {\n  // rule: not this\n}\n"
                                "TEST(Proves, Nothing) {}\n// rule: 3\nTEST_P(P, Q) {\n",
                                findings);
  EXPECT_EQ(text_of(findings), "");
  std::string found;
  for (const Proof& proof : proofs)
    found += proof.rule + " " + proof.test + " " + proof.path + ":" + std::to_string(proof.line) + "\n";
  EXPECT_EQ(found,
            "one Suite.Name a/b_test.cpp:3\ntwo-b Suite.Name a/b_test.cpp:3\n"
            "one VeryLong.Broken a/b_test.cpp:7\n3 P.Q a/b_test.cpp:13\n");
}

TEST(Rulebook, FindsTagsThatProveNothing) {
  const struct {
    std::string_view source, findings;
  } cases[] = {
      {"// rule: a\nint x;\nTEST(A, B) {}\n", "1 a rule is named above a test, and here is none below\n"},
      {"// rule: a\n\nTEST(A, B) {}\n", "1 a rule is named above a test, and here is none below\n"},
      {"TEST(A, B) {}\n// rule: a, b\n", "2 a rule is named above a test, and here is none below\n"},
      {"// rule: A b\nTEST(A, B) {}\n", "1 'A b' is no rule's id\n"},
      {"// rule:\nTEST(A, B) {}\n", "1 '' is no rule's id\n"},
      {"// rule: a,\nTEST(A, B) {}\n", "1 '' is no rule's id\n"},
      {"// rule: a\nTESTS(A, B) {}\n", "1 a rule is named above a test, and here is none below\n"},
  };
  for (const auto& [source, expected] : cases) {
    std::vector<Finding> findings;
    (void)proofs_of("a_test.cpp", source, findings);
    EXPECT_EQ(text_of(findings), expected) << source;
  }
}

TEST(Rulebook, TheIndexHasARowForEachRule) {
  const std::vector<Rule> rules = {{"a", "One", "A.", 1}, {"b", "One", "B.", 2}, {"c", "Two", "C.", 3}};
  const std::vector<Proof> proofs = {
      {"b", "S.T", "x/y_test.cpp", 1}, {"a", "S.T", "x/y_test.cpp", 1}, {"b", "S.U", "z_test.cpp", 1}};
  EXPECT_EQ(rulebook_index(rules, proofs),
            "| rule | what it says | proven by |\n|---|---|---|\n| **One** | | |\n"
            "| [a](#a) | A. | [S.T](../x/y_test.cpp) |\n"
            "| [b](#b) | B. | [S.T](../x/y_test.cpp), [S.U](../z_test.cpp) |\n"
            "| **Two** | | |\n| [c](#c) | C. |  |\n");
}

TEST(Generated, StandsBetweenItsMarks) {
  constexpr std::string_view page = "a\n<!-- generated: x -->\nold\n<!-- end of x -->\nb\n";
  EXPECT_EQ(with_generated(page, "x", "new\n"), "a\n<!-- generated: x -->\n\nnew\n\n<!-- end of x -->\nb\n");
  EXPECT_EQ(with_generated(*with_generated(page, "x", "new\n"), "x", "new\n"), with_generated(page, "x", "new\n"));
  EXPECT_EQ(with_generated(page, "y", "new\n"), std::nullopt);
  EXPECT_EQ(with_generated("<!-- end of x -->\n<!-- generated: x -->\n", "x", "new\n"), std::nullopt);
  EXPECT_EQ(with_generated(std::string(page) + std::string(page), "x", "new\n"), std::nullopt);
}

// The project's.
TEST(Rulebook, EveryRuleHasATestAndEveryTagARule) {
  const auto page = std::ranges::find(tree(), kPage, &SourceFile::path);
  ASSERT_NE(page, tree().end()) << "there is no " << kPage;
  std::vector<Finding> findings;
  const auto rules = rules_of(page->text, findings);
  for (const auto& [line, text] : findings) report(*page, line, text);
  EXPECT_GT(rules.size(), 50u);

  std::vector<Proof> proofs;
  for (const SourceFile& file : tree()) {
    if (!file.path.ends_with("_test.cpp") || file.path.starts_with("tests/tidy/")) continue;
    findings.clear();
    for (Proof& proof : proofs_of(file.path, file.text, findings)) proofs.push_back(std::move(proof));
    for (const auto& [line, text] : findings) report(file, line, text);
  }
  for (const Proof& proof : proofs) {
    if (std::ranges::find(rules, proof.rule, &Rule::id) == rules.end())
      report(proof.path, proof.line, std::string(kPage) + " has no rule " + proof.rule);
  }
  for (const Rule& rule : rules) {
    if (std::ranges::find(proofs, rule.id, &Proof::rule) == proofs.end())
      report(*page, rule.line, rule.id + ": no test says that it proves this rule (// rule: " + rule.id + ")");
  }
  expect_generated(std::string(kPage), "index of rules", rulebook_index(rules, proofs));
}

}  // namespace
}  // namespace tidy
