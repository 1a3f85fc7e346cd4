// One connection of the WebSocket API: its requests on their way, the key it has been authenticated with, its user data
// streams. Answers leave in the order in which they are known, each with the id of its request.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/desk/desk.h"
#include "gateways/streams/user_hub.h"
#include "gateways/websocket/application.h"
#include "gateways/ws_api/gateway.h"
#include "gateways/ws_api/methods.h"
#include "pkg/core/short_text.h"

namespace ws_api {

class Session final : public websocket::Application, public desk::Client {
 public:
  Session(Gateway& gateway, websocket::Peer& peer, spot::TimeUnit time_unit, bool shows_limits);
  ~Session() override;

  // websocket::Application
  void on_text(std::string_view message) override;
  void tick(std::int64_t monotonic_ns) override;
  [[nodiscard]] bool limits_its_messages() const override { return true; }
  // desk::Client
  void on_answer(std::uint64_t request, const desk::Answer& answer) override;

  void announce_shutdown();

 private:
  // To whom an answer goes: the request's id, and whether the limits belong beside it.
  struct ReplyTo {
    std::string_view id;
    bool shows_limits = true;
  };
  struct Waiting {
    core::ShortText<kIdBytesMax> id;
    bool shows_limits = true;
  };
  class Subscription;

  void handle(const Method& method, ReplyTo to, std::uint32_t weight);
  [[nodiscard]] std::expected<void, spot::ApiError> take_parameters(ReplyTo& to);
  // The key of the session; null when there is none. Tells the client when it has been revoked.
  [[nodiscard]] const auth::KeyEntry* session_key();
  [[nodiscard]] std::string_view signed_payload();

  // Answers at once are in the gateway's body_.
  using Done = std::expected<void, spot::ApiError>;
  [[nodiscard]] Done carry_out_own(Own own);
  [[nodiscard]] std::expected<const auth::KeyEntry*, spot::ApiError> check_signed(spot::Arguments& arguments);
  [[nodiscard]] Done logon();
  [[nodiscard]] Done logout();
  [[nodiscard]] Done subscribe(bool by_signature);
  [[nodiscard]] Done unsubscribe();
  [[nodiscard]] Done write_status();
  [[nodiscard]] Done list_subscriptions();
  [[nodiscard]] Done add_subscription(const auth::KeyEntry& key, bool by_session);
  // Takes out of the subscriptions those that `is_over` says, to be told so behind the answer.
  template <class IsOver>
  void end_subscriptions(IsOver is_over);
  void tell_ended();

  void answer(ReplyTo to, std::string_view body, core::AccountId orders_of);
  void answer_error(ReplyTo to, const spot::ApiError& error, core::AccountId orders_of);
  void finish_answer(ReplyTo to, int status, core::AccountId orders_of, spot::JsonWriter& json);
  void send_event(std::uint64_t subscription, std::string_view event);

  Gateway& gateway_;
  websocket::Peer& peer_;
  const spot::TimeUnit time_unit_;
  const bool shows_limits_;
  const core::Time connected_;
  std::string api_key_;  // of the session; empty: not authenticated
  core::Time authorized_;
  desk::WaitingTable<Waiting> waiting_;
  std::vector<std::unique_ptr<Subscription>> subscriptions_;  // by id
  std::vector<std::uint64_t> ended_;                          // subscriptions to be told of
  std::uint64_t next_subscription_ = 0;
  std::int64_t keys_looked_at_ns_ = 0;
};

}  // namespace ws_api
