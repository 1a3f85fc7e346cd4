// Tables of test cases kept in text files: a case per line, columns between " | ", lines that are empty or begin with #
// left out. And the short ways in which such a table writes what is long or cannot be seen: {A*9} for nine A, \xFF for
// a byte, \r \n \\ for what they are everywhere.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace core::testing {

using Row = std::vector<std::string>;

// The rows of a file; one that has not so many columns fails the test and is left out.
inline std::vector<Row> read_rows(const std::string& path, std::size_t columns) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    Row row;
    for (std::size_t from = 0; from != std::string::npos;) {
      const std::size_t bar = line.find(" | ", from);
      row.push_back(line.substr(from, bar - from));
      from = bar == std::string::npos ? bar : bar + 3;
    }
    if (row.size() == columns)
      rows.push_back(std::move(row));
    else
      ADD_FAILURE() << row.size() << " columns, not " << columns << ": " << line;
  }
  return rows;
}

// The first column is the name of a case: a failure that names it names its line.
inline void expect_unique_names(const std::vector<Row>& rows) {
  std::set<std::string_view> names;
  for (const Row& row : rows) EXPECT_TRUE(names.insert(row.front()).second) << "twice: " << row.front();
}

inline void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

// {A*9}. Other braces stay.
inline void expand_repeats(std::string& text) {
  for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at) {
    if (at + 2 >= text.size() || text[at + 2] != '*') continue;
    const std::size_t end = text.find_first_not_of("0123456789", at + 3);
    if (end == std::string::npos || end == at + 3 || text[end] != '}') continue;
    const std::string repeated(std::stoul(text.substr(at + 3, end - at - 3)), text[at + 1]);
    text.replace(at, end - at + 1, repeated);
    at += repeated.size() - 1;  // {{*2} is over with its last brace
  }
}

// \xFF, \r, \n, \\ . What else stands behind a backslash fails the test.
inline void expand_escapes(std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const std::string_view rest = std::string_view(text).substr(i + 1);
    const auto is_hex = [&](std::size_t at) {
      return at < rest.size() && std::string_view("0123456789abcdefABCDEF").find(rest[at]) != std::string_view::npos;
    };
    if (rest.starts_with('x') && is_hex(1) && is_hex(2)) {
      out += static_cast<char>(std::stoi(std::string(rest.substr(1, 2)), nullptr, 16));
      i += 3;
    } else if (rest.starts_with('r') || rest.starts_with('n') || rest.starts_with('\\')) {
      out += rest[0] == 'r' ? '\r' : rest[0] == 'n' ? '\n' : '\\';
      ++i;
    } else {
      ADD_FAILURE() << "no escape: " << text.substr(i, 4) << " in " << text.substr(0, 200);
      out += '\\';
    }
  }
  text = std::move(out);
}

}  // namespace core::testing
