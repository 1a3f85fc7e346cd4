#include "tests/tidy/scan.h"

#include <gtest/gtest.h>

namespace tidy {
namespace {

TEST(Scan, BlanksCommentsAndTextsInPlace) {
  const struct {
    std::string_view source, code;
  } cases[] = {
      {"a // float\nb", "a         \nb"},
      {"a /* x\ny */ b", "a     \n     b"},
      {R"(f("rand(", 'x') + 1'000)", R"(f(       ,    ) + 1'000)"},
      {R"("a\"b" c)", "       c"},
      {"R\"(a\"b)\" c", "         c"},
      {"R\"x(a)\"b)x\" c", "            c"},
      {R"('\'' c)", "     c"},
      {"\"// no comment\" c", "                c"},
      {"// it's\nc", "       \nc"},
  };
  for (const auto& [source, code] : cases) EXPECT_EQ(without_comments_and_texts(source), code) << source;
}

TEST(Scan, FindsWholeWords) {
  EXPECT_TRUE(has_word("x = float(y)", "float"));
  EXPECT_FALSE(has_word("afloat floats float_", "float"));
  EXPECT_TRUE(has_word("afloat float", "float"));
  EXPECT_TRUE(has_word("std::unordered_map<int>", "std::unordered_"));
  EXPECT_TRUE(has_word("time(nullptr)", "time("));
  EXPECT_FALSE(has_word("open_time(x)", "time("));
}

TEST(Scan, ListsIncludes) {
  const auto includes = includes_of("// #include \"no.h\"\n#include <vector>\n#include \"pkg/core/ids.h\"\n");
  ASSERT_EQ(includes.size(), 2u);
  EXPECT_EQ(includes[0].path, "vector");
  EXPECT_FALSE(includes[0].quoted);
  EXPECT_EQ(includes[1].path, "pkg/core/ids.h");
  EXPECT_TRUE(includes[1].quoted);
  EXPECT_EQ(includes[1].line, 3u);
}

TEST(Scan, MeasuresFunctions) {
  constexpr std::string_view source = R"(#define CHECK(x) \
  do {           \
  } while (false)

namespace a::b {
namespace {
constexpr int kTable[] = {
    1,
    2,
};
enum class E { one, two };

struct S : public Base<int> {
  S() : x(1) { go(); }
  int get() const {
    if (x) {
      return 1;
    }
    return Point{1, 2}.x;
  }
  int x = 0, y{};
};

template <class T>
  requires requires(T t) { t.go(); }
void unusual(T t);

template <class T, class = std::enable_if_t<true>>
void generic(T t) {
}

// A comment in front.
TEST(Suite, Name) {
  const auto f = [](int i) {
    return i;
  };
}
}  // namespace
int after(
    int argument) {
  return argument;
}
}
)";
  const auto functions = functions_of(source);
  std::string found;
  for (const Function& function : functions) {
    found +=
        function.heading + " @" + std::to_string(function.line_first) + " " + std::to_string(function.length()) + "\n";
  }
  EXPECT_EQ(found,
            "S() : x(1) @14 1\n"
            "int get() const @15 6\n"
            "template <class T> requires requires(T t) @24 2\n"
            "template <class T, class = std::enable_if_t<true>> void generic(T t) @28 3\n"
            "TEST(Suite, Name) @33 5\n"
            "int after( int argument) @39 4\n");
}

}  // namespace
}  // namespace tidy
