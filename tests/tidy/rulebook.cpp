#include "tests/tidy/rulebook.h"

#include <algorithm>

#include "tests/tidy/scan.h"

namespace tidy {
namespace {

constexpr std::string_view kTag = "// rule:";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Words of small letters and digits, joined by single hyphens: what GitHub makes a heading's address of unchanged.
bool is_id(std::string_view text) {
  char before = '-';
  for (const char c : text) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && before != '-');
    if (!fits) return false;
    before = c;
  }
  return before != '-';
}

// The bold words that a section's text begins with, on one line; empty when it begins otherwise.
std::string statement_of(const std::vector<std::string_view>& lines, std::size_t at) {
  std::string text;
  while (at < lines.size() && trimmed(lines[at]).empty()) ++at;
  for (; at < lines.size() && !trimmed(lines[at]).empty(); ++at)
    text.append(text.empty() ? "" : " ").append(trimmed(lines[at]));
  if (!text.starts_with("**")) return {};
  const std::size_t end = text.find("**", 2);
  return end == std::string::npos ? std::string{} : text.substr(2, end - 2);
}

bool has_example(const std::vector<std::string_view>& lines, std::size_t at) {
  for (; at < lines.size() && !lines[at].starts_with("## ") && !lines[at].starts_with("### "); ++at) {
    if (lines[at].starts_with("Example: ")) return true;
  }
  return false;
}

// "Suite.Name" of the TEST, TEST_F or TEST_P that begins at a line; empty when none does.
std::string test_at(const std::vector<std::string_view>& lines, std::size_t at) {
  std::string text;
  if (!lines[at].starts_with("TEST")) return {};
  for (; at < lines.size() && text.find(')') == std::string::npos; ++at) text.append(trimmed(lines[at]));
  const std::size_t open = text.find('('), comma = text.find(','), close = text.find(')');
  const std::string_view macro = std::string_view(text).substr(0, open);
  if (macro != "TEST" && macro != "TEST_F" && macro != "TEST_P") return {};
  if (comma == std::string::npos || close < comma) return {};
  return std::string(trimmed(std::string_view(text).substr(open + 1, comma - open - 1))) + "." +
         std::string(trimmed(std::string_view(text).substr(comma + 1, close - comma - 1)));
}

void add_ids(std::string_view list, std::size_t line, std::vector<Proof>& proofs, std::vector<Finding>& findings) {
  while (true) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view id = trimmed(list.substr(0, end));
    if (is_id(id)) {
      proofs.push_back({std::string(id), {}, {}, line});
    } else {
      findings.push_back({line, "'" + std::string(id) + "' is no rule's id"});
    }
    if (end == list.size()) return;
    list.remove_prefix(end + 1);
  }
}

}  // namespace

std::vector<Rule> rules_of(std::string_view page, std::vector<Finding>& findings) {
  std::vector<Rule> rules;
  std::string chapter;
  const auto lines = lines_of(page);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (lines[at].starts_with("## ")) chapter = lines[at].substr(3);
    if (!lines[at].starts_with("### ")) continue;
    Rule rule{std::string(lines[at].substr(4)), chapter, statement_of(lines, at + 1), at + 1};
    const auto wrong = [&](std::string_view what) { findings.push_back({at + 1, rule.id + std::string(what)}); };
    if (!is_id(rule.id)) wrong(": a rule's id is words of small letters and digits with hyphens between");
    if (chapter.empty()) wrong(": in no chapter");
    if (rule.statement.empty()) wrong(": begins with what it says, in bold");
    if (!has_example(lines, at + 1)) wrong(": has no paragraph that begins with \"Example: \"");
    if (std::ranges::find(rules, rule.id, &Rule::id) != rules.end()) wrong(": there is a rule of that id");
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::vector<Proof> proofs_of(const std::string& path, std::string_view source, std::vector<Finding>& findings) {
  std::vector<Proof> proofs;
  std::size_t named = 0;  // those from here on wait for the name of their test
  const auto lines = lines_of(source);
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::string_view line = lines[at];
    if (line.starts_with(kTag)) {
      add_ids(line.substr(kTag.size()), at + 1, proofs, findings);
    } else if (named < proofs.size() && !line.starts_with("//")) {
      const std::string test = test_at(lines, at);
      if (test.empty()) {
        findings.push_back({proofs[named].line, "a rule is named above a test, and here is none below"});
        proofs.resize(named);
      }
      for (; named < proofs.size(); ++named) {
        proofs[named].test = test;
        proofs[named].path = path;
      }
    }
  }
  if (named < proofs.size()) {
    findings.push_back({proofs[named].line, "a rule is named above a test, and here is none below"});
    proofs.resize(named);
  }
  return proofs;
}

std::string rulebook_index(const std::vector<Rule>& rules, const std::vector<Proof>& proofs) {
  std::string out = "| rule | what it says | proven by |\n|---|---|---|\n";
  std::string_view chapter;
  for (const Rule& rule : rules) {
    if (rule.chapter != chapter) out += "| **" + rule.chapter + "** | | |\n";
    chapter = rule.chapter;
    out += "| [" + rule.id + "](#" + rule.id + ") | " + rule.statement + " | ";
    std::string tests;
    for (const Proof& proof : proofs) {
      if (proof.rule != rule.id) continue;
      tests += (tests.empty() ? "[" : ", [") + proof.test + "](../" + proof.path + ")";
    }
    out += tests + " |\n";
  }
  return out;
}

}  // namespace tidy
