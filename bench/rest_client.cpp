#include "bench/rest_client.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <utility>

#include "pkg/core/check.h"

namespace bench {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_in_any_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

class RestClient final : public ClientSession {
 public:
  RestClient(const Credentials& credentials, std::unique_ptr<Signer> signer, OrderFlow flow)
      : api_key_(credentials.api_key), signer_(std::move(signer)), flow_(std::move(flow)) {}

  core::Result<void> open(const Socket&, std::string&) override { return {}; }

  void append_request(std::uint32_t ticket, std::string& out) override {
    under_way_.push_back(ticket);
    const OrderFlow::Request request = flow_.next(wall_ms());
    query_.clear();
    for (const auto& [name, value] : request.parameters) {
      if (!query_.empty()) query_ += '&';
      query_ += name;
      query_ += '=';
      query_ += value;
    }
    out += request.method == OrderFlow::Method::place ? "POST /api/v3/order?" : "DELETE /api/v3/order?";
    out += query_;
    out += "&signature=";
    signer_->sign_for_query(query_, out);
    out += " HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: ";
    out += api_key_;
    out += "\r\nContent-Length: 0\r\n\r\n";
  }

  core::Result<Answer> take_answer(std::string_view in, std::string&) override {
    const auto answer = take_http_answer(in);
    if (!answer) return std::unexpected(answer.error());
    if (answer->bytes == 0) return Answer{};
    if (under_way_.empty()) return core::fail(core::ErrorKind::invalid_input, "an answer without a request");
    const std::uint32_t ticket = under_way_.front();
    under_way_.pop_front();
    return Answer{answer->bytes, true, ticket, answer->status == 200, answer->body};
  }

  bool owes_cancel() const override { return flow_.owes_cancel(); }

 private:
  const std::string api_key_;
  const std::unique_ptr<Signer> signer_;
  OrderFlow flow_;
  std::string query_;
  std::deque<std::uint32_t> under_way_;  // tickets, in the order of answers
};

}  // namespace

std::string_view HttpAnswer::field(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find("\r\n"), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 2, rest.size()));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!equal_in_any_case(line.substr(0, name.size()), name)) continue;
    line.remove_prefix(name.size() + 1);
    while (line.starts_with(' ')) line.remove_prefix(1);
    return line;
  }
  return {};
}

core::Result<HttpAnswer> take_http_answer(std::string_view text) {
  HttpAnswer answer;
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return answer;
  answer.head = text.substr(0, head_end);
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  const auto bad = [&] {
    return core::fail(core::ErrorKind::invalid_input, "not an HTTP answer of known length",
                      std::string(answer.head.substr(0, 100)));
  };
  if (!answer.head.starts_with(kVersion) || answer.head.size() < kVersion.size() + 3) return bad();
  const char* const digits = answer.head.data() + kVersion.size();
  if (std::from_chars(digits, digits + 3, answer.status).ptr != digits + 3) return bad();
  std::size_t length = 0;
  if (answer.status != 101) {
    const std::string_view field = answer.field("Content-Length");
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
    if (error != std::errc{} || end != field.data() + field.size()) return bad();
  }
  if (text.size() < head_end + 4 + length) return answer;
  answer.body = text.substr(head_end + 4, length);
  answer.bytes = head_end + 4 + length;
  return answer;
}

ClientFactory rest_clients(std::vector<Credentials> credentials, OrderFlowOptions flow) {
  CHECK(!credentials.empty());
  return [credentials = std::move(credentials),
          flow = std::move(flow)](int connection) -> core::Result<std::unique_ptr<ClientSession>> {
    const Credentials& one = credentials[static_cast<std::size_t>(connection) % credentials.size()];
    auto signer = Signer::make(one);
    if (!signer) return std::unexpected(signer.error());
    return std::make_unique<RestClient>(one, std::move(*signer), OrderFlow(flow, flow_name(connection)));
  };
}

}  // namespace bench
