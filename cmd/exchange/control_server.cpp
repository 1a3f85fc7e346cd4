#include "cmd/exchange/control_server.h"

namespace exchange {

std::string answer_line(const Answer& answer) {
  json::object out;
  if (answer)
    out["result"] = *answer;
  else
    out["error"] = to_json(answer.error());
  return json::serialize(out) + "\n";
}

void ControlServer::on_open(io::ConnectionId connection, std::string_view) { unfinished_[connection]; }

void ControlServer::on_closed(io::ConnectionId connection) { unfinished_.erase(connection); }

void ControlServer::on_bytes(io::ConnectionId connection, core::BytesView bytes) {
  std::string& line = unfinished_[connection];
  line += core::as_text(bytes);
  std::size_t at = 0;
  for (std::size_t end = line.find('\n'); end != std::string::npos; end = line.find('\n', at)) {
    handle_line(connection, std::string_view(line).substr(at, end - at));
    at = end + 1;
  }
  line.erase(0, at);
  if (line.size() > kLineBytesMax) network_.close(connection);
}

void ControlServer::handle_line(io::ConnectionId connection, std::string_view line) {
  const auto respond = [this, connection](const Answer& answer) {
    const std::string text = answer_line(answer);
    network_.send(connection, core::as_bytes(text));
  };
  boost::system::error_code error;
  const json::value request = json::parse({line.data(), line.size()}, error);
  if (error || !request.is_object()) {
    return respond(
        core::fail(core::ErrorKind::invalid_input, "a request is one line with a JSON object", "control socket"));
  }
  operations_.handle(request.get_object(), respond);
}

}  // namespace exchange
