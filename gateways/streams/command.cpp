#include "gateways/streams/command.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "gateways/spot/json_writer.h"
#include "gateways/streams/json_reader.h"

namespace streams {
namespace {

constexpr std::size_t kIdSizeMax = 36;
constexpr std::size_t kEchoSizeMax = 64;  // of what a client sent, in a text for people

constexpr std::array<std::pair<std::string_view, Method>, 5> kMethods = {
    {{"SUBSCRIBE", Method::subscribe},
     {"UNSUBSCRIBE", Method::unsubscribe},
     {"LIST_SUBSCRIPTIONS", Method::list_subscriptions},
     {"SET_PROPERTY", Method::set_property},
     {"GET_PROPERTY", Method::get_property}}};

struct Parameter {
  JsonKind kind = JsonKind::null;
  std::string text;
  bool is_true = false;
};

// What a message says, before it is looked at whether that means anything.
struct Message {
  bool is_object = false;
  std::optional<Parameter> method;
  std::string after_method, after_all;  // " at line 1 column 28"
  bool has_id = false;
  std::string id;  // valid, JSON; empty: of no type that may be sent back
  bool has_params = false, params_is_array = false;
  std::vector<Parameter> params;
  std::string_view twice;  // a field that was there before
};

std::string position(const JsonReader& json) {
  return " at line " + std::to_string(json.line()) + " column " + std::to_string(json.column());
}

std::optional<Method> method_of(std::string_view name) {
  for (const auto& [known, method] : kMethods) {
    if (known == name) return method;
  }
  return std::nullopt;
}

bool is_id_text(std::string_view text) {
  if (text.size() > kIdSizeMax) return false;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
  }
  return true;
}

bool is_int64(std::string_view number) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  return error == std::errc{} && end == number.data() + number.size();
}

void read_id(JsonReader& json, Message& message) {
  message.has_id = true;
  const JsonKind kind = json.peek();
  if (kind == JsonKind::number) {
    const std::string_view number = json.read_number();
    if (is_int64(number)) message.id = number;
  } else if (kind == JsonKind::text) {
    std::string text;
    json.read_text(text);
    if (is_id_text(text)) message.id = '"' + text + '"';
  } else if (kind == JsonKind::null) {
    json.read_null();
    if (json.ok()) message.id = "null";
  } else {
    json.skip();
  }
}

Parameter read_parameter(JsonReader& json) {
  Parameter parameter{.kind = json.peek(), .text = {}};
  if (parameter.kind == JsonKind::text) {
    json.read_text(parameter.text);
  } else if (parameter.kind == JsonKind::boolean) {
    parameter.is_true = json.read_boolean();
  } else {
    json.skip();
  }
  return parameter;
}

void read_params(JsonReader& json, Message& message) {
  message.has_params = true;
  const JsonKind kind = json.peek();
  message.params_is_array = kind == JsonKind::array;
  if (!message.params_is_array) return json.skip();
  json.begin_array();
  while (json.next_element()) message.params.push_back(read_parameter(json));
}

Message read_message(JsonReader& json) {
  Message message;
  message.is_object = json.peek() == JsonKind::object;
  if (!message.is_object) {
    json.skip();
    json.finish();
    return message;
  }
  std::string key;
  json.begin_object();
  while (json.next_key(key)) {
    if (key == "method") {
      const bool is_first = !message.method;
      if (!is_first) message.twice = "method";
      message.method = read_parameter(json);
      if (is_first) message.after_method = position(json);  // counts lines from the start: once a message
    } else if (key == "id") {
      if (message.has_id) message.twice = "id";
      read_id(json, message);
    } else if (key == "params") {
      if (message.has_params) message.twice = "params";
      read_params(json, message);
    } else {
      json.skip();
    }
  }
  message.after_all = position(json);
  json.finish();
  return message;
}

// Not cut within a character.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kEchoSizeMax) return text;
  std::size_t size = kEchoSizeMax;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::unexpected<CommandError> fail(const Message& message, std::string text, int code = 2) {
  return std::unexpected(CommandError{
      .code = code, .message = code == 2 ? "Invalid request: " + std::move(text) : std::move(text), .id = message.id});
}

std::unexpected<CommandError> unknown_method(const Message& message) {
  std::string text = "unknown variant `" + std::string(shortened(message.method->text)) + "`, expected one of ";
  for (std::size_t i = 0; i < kMethods.size(); ++i) {
    if (i > 0) text += ", ";
    text += '`' + std::string(kMethods[i].first) + '`';
  }
  return fail(message, text + message.after_method);
}

std::expected<Command, CommandError> with_streams(const Message& message, Command command) {
  if (!message.has_params) return fail(message, "missing field `params`" + message.after_all);
  for (const Parameter& parameter : message.params) {
    if (parameter.kind != JsonKind::text) return fail(message, "invalid stream");
    command.streams.push_back(parameter.text);
  }
  return command;
}

// The only property there is.
std::expected<Command, CommandError> with_property(const Message& message, Command command) {
  const auto& params = message.params;
  const bool sets = command.method == Method::set_property;
  if (params.empty() || params[0].kind != JsonKind::text) return fail(message, "property name must be a string");
  if (params.size() > (sets ? 2u : 1u)) return fail(message, "too many parameters");
  if (params[0].text != "combined") return fail(message, "Unknown property", 0);
  if (!sets) return command;
  if (params.size() < 2 || params[1].kind != JsonKind::boolean)
    return fail(message, "Invalid value type: expected Boolean", 1);
  command.is_combined = params[1].is_true;
  return command;
}

}  // namespace

std::expected<Command, CommandError> parse_command(std::string_view text) {
  JsonReader json(text);
  const Message message = read_message(json);
  if (!json.ok())
    return std::unexpected(CommandError{
        .code = 3, .message = "Invalid JSON: " + std::string(json.complaint()) + position(json), .id = {}});
  if (!message.is_object) return fail(message, "expected an object");
  if (!message.twice.empty())
    return fail(message, "duplicate field `" + std::string(message.twice) + "`" + message.after_all);
  if (!message.method) return fail(message, "missing field `method`" + message.after_all);
  if (message.method->kind != JsonKind::text) return fail(message, "method must be a string");
  const auto method = method_of(message.method->text);
  if (!method) return unknown_method(message);
  if (message.id.empty()) return fail(message, "request ID must be an unsigned integer");
  if (message.has_params && !message.params_is_array) return fail(message, "params must be an array");

  Command command{.method = *method, .id = message.id, .streams = {}};
  switch (*method) {
    case Method::subscribe:
    case Method::unsubscribe:
      return with_streams(message, std::move(command));
    case Method::set_property:
    case Method::get_property:
      return with_property(message, std::move(command));
    case Method::list_subscriptions:
      break;
  }
  if (!message.params.empty()) return fail(message, "too many parameters");
  return command;
}

void append_error(std::string& out, const CommandError& error) {
  spot::JsonWriter json(out);
  json.begin_object().key("error").begin_object().field("code", error.code).field("msg", error.message).end_object();
  json.field("code", error.code).field("msg", error.message);
  if (!error.id.empty()) json.key("id").raw(error.id);
  json.end_object();
}

void append_result(std::string& out, std::string_view result, std::string_view id) {
  spot::JsonWriter(out).begin_object().key("result").raw(result).key("id").raw(id).end_object();
}

}  // namespace streams
