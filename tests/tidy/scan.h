// Reads C++ sources as far as the house rules need it: without a compiler, but knowing comments, strings and braces.
// Made for code that clang-format has laid out; it need not understand every program there could be.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

// The lines of a text, without their ends.
[[nodiscard]] std::vector<std::string_view> lines_of(std::string_view text);

// The source with comments and the insides of string and character literals blanked out; lines stay where they are.
[[nodiscard]] std::string without_comments_and_texts(std::string_view source);

// True when `word` occurs, not as a part of a longer identifier.
[[nodiscard]] bool has_word(std::string_view code, std::string_view word);

struct Include {
  std::size_t line = 0;  // from 1
  std::string path;
  bool quoted = false;  // "path", not <path>
};
[[nodiscard]] std::vector<Include> includes_of(std::string_view source);

struct Function {
  std::string heading;         // the text in front of its brace, on one line
  std::size_t line_first = 0;  // of the heading, from 1
  std::size_t line_last = 0;   // of the closing brace
  [[nodiscard]] std::size_t length() const { return line_last - line_first + 1; }
};
// Functions with bodies, at namespace or class level, in order of their ends. Lambdas count with the function they are
// in.
[[nodiscard]] std::vector<Function> functions_of(std::string_view source);

}  // namespace tidy
