#include "bench/websocket_client.h"

#include <openssl/evp.h>

#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "bench/rest_client.h"
#include "pkg/core/check.h"

namespace bench {
namespace {

using core::ErrorKind;

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";  // to kKey, by RFC 6455, section 1.3
constexpr std::array<unsigned char, 4> kMask{0x37, 0xfa, 0x21, 0x3d};
constexpr std::uint64_t kFrameBytesMax = 64 << 20;
constexpr unsigned kText = 1, kClose = 8, kPing = 9, kPong = 10;

void append_frame(unsigned opcode, std::string_view payload, std::string& out) {
  out += static_cast<char>(0x80 | opcode);
  const std::size_t size = payload.size();
  const auto append_length = [&](int bytes) {
    while (bytes-- > 0) out += static_cast<char>(size >> (8 * bytes) & 0xff);
  };
  if (size < 126) {
    out += static_cast<char>(0x80 | size);
  } else if (size < 65'536) {
    out += static_cast<char>(0x80 | 126);
    append_length(2);
  } else {
    out += static_cast<char>(0x80 | 127);
    append_length(8);
  }
  out.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
  const std::size_t at = out.size();
  out.resize(at + size);
  char* const to = out.data() + at;
  for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<char>(payload[i] ^ static_cast<char>(kMask[i % 4]));
}

std::string close_text(std::string_view payload) {
  if (payload.size() < 2) return "the server closed the WebSocket";
  const int code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  return "the server closed the WebSocket with " + std::to_string(code) + " " + std::string(payload.substr(2));
}

// The unsigned number behind `name` in JSON without blanks, as the exchange writes it.
std::optional<std::uint64_t> number_after(std::string_view json, std::string_view name) {
  const std::size_t at = json.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const char* const from = json.data() + at + name.size();
  if (std::from_chars(from, json.data() + json.size(), value).ec != std::errc{}) return std::nullopt;
  return value;
}

class WebSocketApiClient final : public ClientSession {
 public:
  WebSocketApiClient(Endpoint endpoint, const Credentials& credentials, std::unique_ptr<Signer> signer, bool log_on,
                     OrderFlow flow)
      : endpoint_(std::move(endpoint)),
        api_key_(credentials.api_key),
        signer_(std::move(signer)),
        log_on_(log_on),
        flow_(std::move(flow)) {}

  core::Result<void> open(const Socket& socket, std::string& in) override {
    if (auto opened = open_websocket(socket, endpoint_, "/ws-api/v3", in); !opened) return opened;
    if (!log_on_) return {};
    const std::string timestamp = std::to_string(wall_ms());
    const OrderFlow::Parameter parameters[] = {{"timestamp", timestamp}};
    std::string out;
    append_call("session.logon", 0, parameters, true, out);
    if (auto sent = socket.send_all(out); !sent) return sent;
    while (true) {
      out.clear();
      const auto answer = take_answer(in, out);
      if (!answer) return std::unexpected(answer.error());
      if (answer->is_answer && !answer->is_ok)
        return core::fail(ErrorKind::denied, "session.logon: " + std::string(answer->body), endpoint_.host);
      const bool done = answer->is_answer;
      in.erase(0, answer->bytes);
      if (!out.empty()) {
        if (auto sent = socket.send_all(out); !sent) return sent;
      }
      if (done) return {};
      if (answer->bytes > 0) continue;
      if (auto received = socket.receive_some(in); !received) return received;
    }
  }

  void append_request(std::uint32_t ticket, std::string& out) override {
    const OrderFlow::Request request = flow_.next(wall_ms());
    append_call(request.method == OrderFlow::Method::place ? "order.place" : "order.cancel", ticket, request.parameters,
                !log_on_, out);
  }

  core::Result<Answer> take_answer(std::string_view in, std::string& out) override {
    const auto frame = frames_.next(in, out);
    if (!frame) return std::unexpected(frame.error());
    Answer answer{.bytes = frame->bytes};
    if (!frame->text) return answer;
    answer.body = *frame->text;
    // Answers begin with the id; what does not is an event.
    const auto id = answer.body.starts_with("{\"id\":") ? number_after(answer.body, "{\"id\":") : std::nullopt;
    if (!id) {
      if (answer.body.find("\"error\":") != std::string_view::npos)
        return core::fail(ErrorKind::invalid_input, "an error without an id", std::string(answer.body.substr(0, 200)));
      return answer;
    }
    answer.is_answer = true;
    answer.ticket = static_cast<std::uint32_t>(*id);
    answer.is_ok = number_after(answer.body, "\"status\":") == 200u;
    return answer;
  }

  bool owes_cancel() const override { return flow_.owes_cancel(); }

 private:
  // The signature covers the parameters by name, and the names of `parameters` all sort behind "apiKey".
  void append_call(std::string_view method, std::uint32_t id, std::span<const OrderFlow::Parameter> parameters,
                   bool sign, std::string& out) {
    json_ = "{\"id\":";
    json_ += std::to_string(id);
    json_ += ",\"method\":\"";
    json_ += method;
    json_ += "\",\"params\":{";
    if (sign) {
      payload_ = "apiKey=";
      payload_ += api_key_;
      json_ += "\"apiKey\":\"";
      json_ += api_key_;
      json_ += "\",";
    }
    for (const auto& [name, value] : parameters) {
      const char* const quote = name == "timestamp" ? "" : "\"";
      json_ += '"';
      json_ += name;
      json_ += "\":";
      json_ += quote;
      json_ += value;
      json_ += quote;
      json_ += ',';
      if (!sign) continue;
      payload_ += '&';
      payload_ += name;
      payload_ += '=';
      payload_ += value;
    }
    if (sign) {
      json_ += "\"signature\":\"";
      signer_->sign(payload_, json_);
      json_ += '"';
    } else {
      json_.pop_back();
    }
    json_ += "}}";
    append_text_frame(json_, out);
  }

  const Endpoint endpoint_;
  const std::string api_key_;
  const std::unique_ptr<Signer> signer_;
  const bool log_on_;
  OrderFlow flow_;
  FrameReader frames_;
  std::string json_, payload_;
};

}  // namespace

core::Result<void> open_websocket(const Socket& socket, const Endpoint& endpoint, std::string_view path,
                                  std::string& in) {
  std::string request = "GET ";
  request += path;
  request += " HTTP/1.1\r\nHost: " + endpoint.host + ":" + std::to_string(endpoint.port) +
             "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  request += kKey;
  request += "\r\n\r\n";
  if (auto sent = socket.send_all(request); !sent) return sent;
  while (true) {
    const auto answer = take_http_answer(in);
    if (!answer) return std::unexpected(answer.error());
    if (answer->bytes > 0 && answer->status != 101)
      return core::fail(ErrorKind::denied,
                        "answered " + std::to_string(answer->status) + " " + std::string(answer->body.substr(0, 200)),
                        std::string(path));
    if (answer->bytes > 0 && answer->field("Sec-WebSocket-Accept") != kAccept)
      return core::fail(ErrorKind::invalid_input, "Sec-WebSocket-Accept is not the key's", std::string(path));
    if (answer->bytes > 0) {
      in.erase(0, answer->bytes);
      return {};
    }
    if (auto received = socket.receive_some(in); !received) return received;
  }
}

void append_text_frame(std::string_view message, std::string& out) { append_frame(kText, message, out); }

core::Result<FrameReader::Read> FrameReader::next(std::string_view in, std::string& out) {
  if (!in_fragments_) fragments_.clear();
  if (in.size() < 2) return Read{};
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(in[at]); };
  const auto bad = [](const char* what) { return core::fail(ErrorKind::invalid_input, what, "a frame of the server"); };
  const bool is_final = byte(0) & 0x80;
  const unsigned opcode = byte(0) & 15u;
  if (byte(0) & 0x70 || byte(1) & 0x80) return bad("masked, or with reserved bits");
  std::uint64_t size = byte(1) & 127u;
  std::size_t head = 2;
  if (size >= 126) {
    head += size == 126 ? 2 : 8;
    if (in.size() < head) return Read{};
    size = 0;
    for (std::size_t at = 2; at < head; ++at) size = size << 8 | byte(at);
  }
  if (size > kFrameBytesMax) return bad("too large");
  if (in.size() < head + size) return Read{};
  const std::string_view payload = in.substr(head, size);
  Read read{.bytes = head + size, .text = std::nullopt};
  if (opcode == kClose) return core::fail(ErrorKind::unavailable, close_text(payload));
  if (opcode == kPing) append_frame(kPong, payload, out);
  if (opcode == kPing || opcode == kPong) return read;
  if (opcode != (in_fragments_ ? 0u : kText)) return bad("of an unexpected kind");
  if (is_final && !in_fragments_) {
    read.text = payload;
    return read;
  }
  if (fragments_.size() + size > kFrameBytesMax) return bad("too large");
  fragments_ += payload;
  in_fragments_ = !is_final;
  if (is_final) read.text = fragments_;
  return read;
}

ClientFactory websocket_api_clients(WebSocketApiOptions options) {
  CHECK(!options.credentials.empty());
  return [options = std::move(options)](int connection) -> core::Result<std::unique_ptr<ClientSession>> {
    const Credentials& one = options.credentials[static_cast<std::size_t>(connection) % options.credentials.size()];
    auto signer = Signer::make(one);
    if (!signer) return std::unexpected(signer.error());
    return std::make_unique<WebSocketApiClient>(options.endpoint, one, std::move(*signer),
                                                options.log_on && one.has_private_key(),
                                                OrderFlow(options.flow, flow_name(connection)));
  };
}

}  // namespace bench
