#include "cmd/exchange/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace exchange {
namespace {

std::string as_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_null()) return "-";
  if (value.is_double()) return fmt::format("{:.6g}", value.get_double());
  return json::serialize(value);
}

}  // namespace

void print_object(const json::object& object, bool as_json) {
  if (as_json) {
    fmt::print("{}\n", json::serialize(object));
    return;
  }
  std::size_t width = 0;
  for (const auto& [key, value] : object) width = std::max(width, key.size());
  for (const auto& [key, value] : object)
    fmt::print("{:<{}}  {}\n", std::string_view(key.data(), key.size()), width, as_text(value));
}

void print_table(const json::object& result, const char* list, const std::vector<std::string>& columns, bool as_json) {
  if (as_json) return print_object(result, true);
  std::vector<std::vector<std::string>> rows{columns};
  if (const json::value* items = result.if_contains(list); items && items->is_array()) {
    for (const json::value& item : items->get_array()) {
      std::vector<std::string>& row = rows.emplace_back();
      for (const std::string& column : columns) {
        const json::value* cell = item.is_object() ? item.get_object().if_contains(column) : nullptr;
        row.push_back(cell ? as_text(*cell) : "-");
      }
    }
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t column = 0; column < columns.size(); ++column) {
      std::size_t width = 0;
      for (const auto& other : rows) width = std::max(width, other[column].size());
      line += column + 1 < columns.size() ? fmt::format("{:<{}}  ", row[column], width) : row[column];
    }
    fmt::print("{}\n", line);
  }
}

}  // namespace exchange
