#include "gateways/websocket/sessions.h"

#include "gateways/websocket/handshake.h"
#include "pkg/core/check.h"

namespace websocket {

std::unique_ptr<Session> Sessions::make(io::ConnectionId connection, limits::Address& address, std::string_view path,
                                        std::string_view query, std::string_view accept) {
  auto session = std::make_unique<Session>(options_, wire_, connection, address, now_ns_);
  if (!session->open(factory_, path, query)) return nullptr;
  session->start(switching_protocols(accept));
  return session;
}

Session& Sessions::add(std::unique_ptr<Session> session) {
  const io::ConnectionId id = session->connection();
  const auto [place, is_new] = sessions_.emplace(id, std::move(session));
  CHECK(is_new);
  return *place->second;
}

Session* Sessions::find(io::ConnectionId connection) {
  const auto found = sessions_.find(connection);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void Sessions::remove(io::ConnectionId connection) { CHECK(sessions_.erase(connection) == 1); }

void Sessions::tick(std::int64_t now_ns) {
  now_ns_ = now_ns;
  for (auto& [id, session] : sessions_) session->tick(now_ns);
}

void Sessions::close_all(std::string_view reason) {
  for (auto& [id, session] : sessions_) session->close(CloseCode::going_away, reason);
}

}  // namespace websocket
