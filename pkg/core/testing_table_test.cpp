// What the tables of the other tests rely on: every row is read, and a damaged table fails.
#include "pkg/core/testing_table.h"

#include <gtest/gtest-spi.h>
#include <unistd.h>

#include <filesystem>

namespace core::testing {
namespace {

class Tables : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  void write(std::string_view text) { std::ofstream(path_, std::ios::binary) << text; }

  static inline const std::string path_ =
      std::filesystem::temp_directory_path() / ("testing_table_" + std::to_string(::getpid()) + ".txt");
};

TEST_F(Tables, AreReadWithoutCommentsAndEmptyLines) {
  write("# name | sent\n\na | b\n#c | d\nempty | \n | \nbars || in|it | a |\n\nno line's end | x");
  const std::vector<Row> expected = {
      {"a", "b"}, {"empty", ""}, {"", ""}, {"bars || in|it", "a |"}, {"no line's end", "x"}};
  EXPECT_EQ(read_rows(path_, 2), expected);
}

TEST_F(Tables, WithARowTooShortOrTooLongFail) {
  write("a | b\n");
  EXPECT_NONFATAL_FAILURE((void)read_rows(path_, 1), "2 columns, not 1: a | b");
  EXPECT_NONFATAL_FAILURE((void)read_rows(path_, 3), "2 columns, not 3: a | b");
}

TEST_F(Tables, ThatAreNotThereFail) { EXPECT_NONFATAL_FAILURE((void)read_rows(path_, 1), path_); }

TEST(TableNames, AreUnique) {
  expect_unique_names({{"a", "x"}, {"b", "x"}, {"", "x"}});
  EXPECT_NONFATAL_FAILURE(expect_unique_names({{"a", "x"}, {"b", "x"}, {"a", "y"}}), "twice: a");
}

TEST(TableTexts, AreExpanded) {
  const struct {
    void (*expand)(std::string&);
    std::string text, expected;
  } cases[] = {
      {expand_repeats, "", ""},
      {expand_repeats, "{A*9}", "AAAAAAAAA"},
      {expand_repeats, "a{b*2}{c*0}{d*10}e", "abbdddddddddde"},
      {expand_repeats, "{[*2}{]*2}", "[[]]"},
      {expand_repeats, "{**3}", "***"},
      {expand_repeats, "{{*2}", "{{"},
      {expand_repeats, R"({"a":{x*2}})", R"({"a":xx})"},
      {expand_repeats, "{a*}{a*x}{a*2", "{a*}{a*x}{a*2"},
      {expand_repeats, "{ab*2}{*2}{", "{ab*2}{*2}{"},
      {expand_repeats, "\\x{4*2}", "\\x44"},
      {expand_escapes, "", ""},
      {expand_escapes, R"(a\r\nb)", "a\r\nb"},
      {expand_escapes, R"(\x00\xFFz\xc3\xA9)", std::string("\0\xFFz\xC3\xA9", 5)},
      {expand_escapes, R"(\\x41\\)", R"(\x41\)"},
      {expand_escapes, R"(\\\x41)", R"(\A)"},
      {expand_escapes, R"(\x5Cn)", R"(\n)"},
  };
  for (const auto& each : cases) {
    std::string text = each.text;
    each.expand(text);
    EXPECT_EQ(text, each.expected) << each.text;
  }
}

TEST(TableTexts, MisspeltEscapesFail) {
  for (const std::string text : {"\\", "a\\q", "\\x", "\\x4", "\\xG0", "\\x0G", "\\u0041"}) {
    std::string expanded = text;
    EXPECT_NONFATAL_FAILURE(expand_escapes(expanded), "no escape");
    EXPECT_EQ(expanded, text);
  }
}

TEST(TableTexts, AreReplacedOnceFromLeftToRight) {
  const struct {
    std::string text, from, to, expected;
  } cases[] = {{"a;b;", ";", "\r\n", "a\r\nb\r\n"},
               {"aaa", "a", "aa", "aaaaaa"},
               {"aaaa", "aa", "a", "aa"},
               {"abab", "ab", "", ""},
               {"", "a", "b", ""},
               {"xyz", "a", "b", "xyz"}};
  for (const auto& each : cases) {
    std::string text = each.text;
    replace_all(text, each.from, each.to);
    EXPECT_EQ(text, each.expected) << each.text;
  }
}

}  // namespace
}  // namespace core::testing
