#include "gateways/spot/json_writer.h"

namespace spot {

void JsonWriter::append_escaped(std::string_view value) {
  bool needs_escape = false;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    needs_escape |= c == '"' || c == '\\' || byte < 0x20 || byte == 0x7F;
  }
  if (!needs_escape) {
    out_ += value;
    return;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out_ += "\\u00";
      out_ += kHex[byte >> 4];
      out_ += kHex[byte & 15];
    } else {
      out_ += c;
    }
  }
}

}  // namespace spot
