// What clients may send on a stream connection: {"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}, and the
// published answers to what is no such thing. Strict JSON (RFC 8259), bounded depth, every byte looked at once.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace streams {

enum class Method : std::uint8_t { subscribe, unsubscribe, list_subscriptions, set_property, get_property };

struct Command {
  Method method = Method::subscribe;
  std::string id;                    // as it was sent, JSON: 7, "a-b", null
  std::vector<std::string> streams;  // subscribe, unsubscribe
  bool is_combined = false;          // set_property
};

// The published numbers: 0 unknown property, 1 wrong type of a value, 2 not a request we know, 3 not JSON.
struct CommandError {
  int code = 2;
  std::string message;
  std::string id;  // as above; empty: none, or none that may be sent back
};

[[nodiscard]] std::expected<Command, CommandError> parse_command(std::string_view text);

// {"error":{"code":2,"msg":"..."},"code":2,"msg":"...","id":1}: code and text where the documentation has them, and
// where clients look for them.
void append_error(std::string& out, const CommandError& error);
// {"result":null,"id":1}; `result` is JSON.
void append_result(std::string& out, std::string_view result, std::string_view id);

}  // namespace streams
