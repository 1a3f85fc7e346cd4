// What commands print: one JSON object with --json, else lines for people.
#pragma once

#include <string>
#include <vector>

#include "cmd/exchange/json.h"

namespace exchange {

// `key  value` lines, in the object's order.
void print_object(const json::object& object, bool as_json);
// A table with these members of each object as columns; as JSON the whole `result`.
void print_table(const json::object& result, const char* list, const std::vector<std::string>& columns, bool as_json);

}  // namespace exchange
