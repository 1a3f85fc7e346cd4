// testdata/conversations.txt, case by case: the exact frames, however what the client sends is cut.
#include <gtest/gtest.h>

#include <algorithm>

#include "gateways/limits/limiter.h"
#include "gateways/websocket/session.h"
#include "gateways/websocket/testing.h"
#include "pkg/core/testing_table.h"

#ifndef WEBSOCKET_TESTDATA
#error "WEBSOCKET_TESTDATA names the folder of the test data"
#endif

namespace websocket {
namespace {

struct Case {
  std::string name, sent, received;
};

std::vector<core::testing::Row> read_rows() {
  return core::testing::read_rows(WEBSOCKET_TESTDATA "/conversations.txt", 3);
}

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const core::testing::Row& row : read_rows()) cases.push_back({row[0], row[1], row[2]});
  return cases;
}

// {a*9}, {127} and \xFF.
std::string filled_in(std::string text) {
  core::testing::expand_repeats(text);
  for (std::size_t at = 0; (at = text.find('{', at)) != std::string::npos; ++at) {
    const std::size_t end = text.find('}', at);
    text.replace(at, end - at + 1, 1, static_cast<char>(std::stoi(text.substr(at + 1, end - at - 1))));
  }
  core::testing::expand_escapes(text);
  return text;
}

std::optional<unsigned> opcode_named(const std::string& name) {
  static const std::vector<std::string> names = {"cont", "text", "binary"};
  static const std::vector<std::string> controls = {"close", "ping", "pong"};
  if (const auto found = std::ranges::find(names, name); found != names.end())
    return static_cast<unsigned>(found - names.begin());
  if (const auto found = std::ranges::find(controls, name); found != controls.end())
    return static_cast<unsigned>(8 + (found - controls.begin()));
  if (name.starts_with("op")) return static_cast<unsigned>(std::stoul(name.substr(2)));
  return std::nullopt;
}

// "r1:text-(Hello)" as bytes.
std::string frame_of(std::string_view written) {
  const std::size_t bracket = written.find('(');
  std::string name(written.substr(0, bracket));
  const std::string payload = filled_in(std::string(written.substr(bracket + 1, written.size() - bracket - 2)));
  if (name == "raw") return payload;
  testing::Sent sent;
  for (std::size_t colon; (colon = name.find(':')) != std::string::npos; name.erase(0, colon + 1)) {
    const std::string word = name.substr(0, colon);
    if (word == "u") sent.masked = false;
    if (word[0] == 'r') sent.reserved = 8u >> static_cast<unsigned>(word[1] - '0');
    if (word[0] == 'l') sent.length_bytes = static_cast<std::size_t>(word[1] - '0');
    if (word[0] == 'n') sent.length_claimed = std::stoull(word.substr(2));
  }
  if (name.ends_with('-')) {
    sent.final = false;
    name.pop_back();
  }
  const auto opcode = opcode_named(name);
  EXPECT_TRUE(opcode.has_value()) << written;
  sent.opcode = opcode.value_or(0);
  sent.payload = name == "close" ? testing::close_payload(static_cast<unsigned>(std::stoul(payload.substr(0, 4))),
                                                          payload.size() > 5 ? payload.substr(5) : "")
                                 : payload;
  return testing::frame(sent);
}

std::string bytes_of(const Case& each) {
  std::string out;
  for (std::size_t from = 0; from < each.sent.size();) {
    const std::size_t end = each.sent.find(')', from);
    EXPECT_NE(end, std::string::npos) << each.sent;
    out += frame_of(std::string_view(each.sent).substr(from, end + 1 - from));
    from = end + 2;
  }
  return out;
}

// Says again what it hears; closes on "bye".
class Echo final : public Application {
 public:
  explicit Echo(Peer& peer) : peer_(peer) {}
  void on_text(std::string_view message) override {
    if (message == "bye") return peer_.close(CloseCode::going_away, "bye");
    peer_.send_text(message);
  }

 private:
  Peer& peer_;
};

// All that a client gets for bytes in pieces that end where `cuts` say.
std::string converse(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  const Options options;
  testing::Net net;
  Wire wire(net);
  limits::Address address;
  Session session(options, wire, 1, address, 0);
  EXPECT_TRUE(session.open([](Peer& peer, std::string_view, std::string_view) { return std::make_unique<Echo>(peer); },
                           "/", ""));
  session.start("");
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    session.receive(core::as_bytes(bytes.substr(at, cut - at)));
    at = cut;
  }
  session.receive(core::as_bytes(bytes.substr(at)));
  EXPECT_FALSE(net.sent_after_close);
  const std::string frames = testing::described(testing::frames_in(net.sent));
  return frames + (frames.empty() ? "" : " ") + (net.closed ? "end" : "open");
}

TEST(Conversations, GoAsWrittenHoweverTheyAreCut) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 120u);
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    const std::string bytes = bytes_of(each), expected = filled_in(each.received);
    EXPECT_EQ(converse(bytes, {}), expected);
    std::vector<std::size_t> everywhere(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) everywhere[i] = i;
    EXPECT_EQ(converse(bytes, everywhere), expected) << "byte by byte";
    const std::size_t cuts = std::min<std::size_t>(bytes.size(), 400);
    for (std::size_t cut = 0; cut < cuts; ++cut) ASSERT_EQ(converse(bytes, {cut}), expected) << "cut at " << cut;
  }
}

TEST(Conversations, HaveNamesOfTheirOwn) { core::testing::expect_unique_names(read_rows()); }

}  // namespace
}  // namespace websocket
