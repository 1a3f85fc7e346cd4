// JSON of the control socket and of --json, by Boost.JSON (compiled in json.cpp).
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/core/error.h"

namespace exchange {

namespace json = boost::json;

// 16 hexadecimal digits: JSON's numbers cannot carry 64 bits to every reader.
[[nodiscard]] std::string hex(std::uint64_t value);
// A string member; empty when it is missing or of another type.
[[nodiscard]] std::string text_of(const json::object& object, std::string_view key);

// Errors as the control socket carries them.
[[nodiscard]] json::object to_json(const core::Error& error);
[[nodiscard]] core::Error error_of(const json::object& object);

}  // namespace exchange
