#include "tests/tidy/scan.h"

#include <algorithm>
#include <cctype>

namespace tidy {
namespace {

bool is_identifier(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Where the literal or comment that starts at `at` ends; `at` itself when none starts there.
std::size_t end_of_comment_or_text(std::string_view source, std::size_t at) {
  const std::string_view rest = source.substr(at);
  const auto after = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = source.find(mark, from);
    return found == std::string_view::npos ? source.size() : found + mark.size();
  };
  if (rest.starts_with("//")) return std::min(source.find('\n', at), source.size());
  if (rest.starts_with("/*")) return after("*/", at + 2);
  if (rest.starts_with("R\"") && (at == 0 || !is_identifier(source[at - 1]))) {
    const std::size_t open = std::min(source.find('(', at), source.size() - 1);
    return after(")" + std::string(source.substr(at + 2, open - at - 2)) + "\"", open);
  }
  const char quote = source[at];
  const bool digit_separator = quote == '\'' && at > 0 && is_identifier(source[at - 1]);
  if ((quote != '"' && quote != '\'') || digit_separator) return at;
  std::size_t end = at + 1;
  while (end < source.size() && source[end] != quote && source[end] != '\n') end += source[end] == '\\' ? 2 : 1;
  return std::min(end + 1, source.size());
}

// The heading without `template <...>` in front.
std::string_view without_template(std::string_view heading) {
  const std::size_t begin = heading.find("template <");
  if (begin == std::string_view::npos) return heading;
  int depth = 0;
  for (std::size_t at = begin; at < heading.size(); ++at) {
    if (heading[at] == '<') ++depth;
    if (heading[at] == '>' && --depth == 0) return heading.substr(at + 1);
  }
  return heading;
}

// What an opening brace at namespace or class level opens, by the text since the last statement.
enum class Opened { scope, function, other };
Opened opened_by(std::string_view heading) {
  heading = without_template(heading);
  for (const std::string_view keyword : {"namespace", "class", "struct", "union", "extern"}) {
    // A function may return `struct X`, but nobody writes it.
    if (has_word(heading.substr(0, heading.find('(')), keyword) && heading.find('=') == std::string_view::npos) {
      return Opened::scope;
    }
  }
  return heading.find('(') == std::string_view::npos || has_word(heading, "enum") ? Opened::other : Opened::function;
}

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// Blanks preprocessor lines too: macros have unbalanced headings, not functions.
void blank_directives(std::string& code) {
  bool continued = false;
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::size_t first = code.find_first_not_of(' ', begin);
    if (continued || (first < end && code[first] == '#')) {
      continued = end > begin && code[end - 1] == '\\';
      std::fill(code.begin() + static_cast<std::ptrdiff_t>(begin), code.begin() + static_cast<std::ptrdiff_t>(end),
                ' ');
    }
    begin = end + 1;
  }
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string without_comments_and_texts(std::string_view source) {
  std::string out(source);
  for (std::size_t at = 0; at < source.size();) {
    const std::size_t end = end_of_comment_or_text(source, at);
    for (std::size_t i = at; i < end; ++i) {
      if (source[i] != '\n') out[i] = ' ';
    }
    at = std::max(end, at + 1);
  }
  return out;
}

bool has_word(std::string_view code, std::string_view word) {
  for (std::size_t at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_identifier(word.front()) || !is_identifier(code[at - 1]);
    // A word that ends in "_" or "(" is the beginning of what is looked for.
    const bool open_end = std::isalnum(static_cast<unsigned char>(word.back())) == 0;
    const bool ends = open_end || end == code.size() || !is_identifier(code[end]);
    if (begins && ends) return true;
  }
  return false;
}

std::vector<Include> includes_of(std::string_view source) {
  std::vector<Include> includes;
  std::size_t number = 0;
  for (std::string_view line : lines_of(source)) {
    ++number;
    if (!line.starts_with("#include ")) continue;
    line.remove_prefix(9);
    const std::size_t end = line.find_first_of("\">", 1);
    if (end == std::string_view::npos) continue;
    includes.push_back({number, std::string(line.substr(1, end - 1)), line.front() == '"'});
  }
  return includes;
}

std::vector<Function> functions_of(std::string_view source) {
  std::string code = without_comments_and_texts(source);
  blank_directives(code);
  std::vector<Function> functions;
  std::size_t inside = 0;  // braces open within a function or initializer; 0: at namespace or class level
  bool inside_function = false;
  std::size_t heading_begin = 0, line = 1, heading_line = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const char c = code[at];
    if (c == '\n') {
      ++line;
    } else if (c == '{') {
      const std::string_view heading = std::string_view(code).substr(heading_begin, at - heading_begin);
      if (inside > 0) {
        ++inside;
      } else if (const Opened opened = opened_by(heading); opened != Opened::scope) {
        inside = 1;
        inside_function = opened == Opened::function;
        if (inside_function) functions.push_back({on_one_line(heading), heading_line == 0 ? line : heading_line, 0});
      }
      if (inside == 0) heading_begin = at + 1, heading_line = 0;
    } else if (c == '}') {
      if (inside > 0) --inside;
      if (inside > 0) continue;
      if (inside_function) functions.back().line_last = line;
      inside_function = false;
      heading_begin = at + 1;
      heading_line = 0;
    } else if (c == ';' && inside == 0) {
      heading_begin = at + 1;
      heading_line = 0;
    } else if (inside == 0 && heading_line == 0 && c != ' ') {
      heading_line = line;
    }
  }
  return functions;
}

}  // namespace tidy
