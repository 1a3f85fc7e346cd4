// One stream connection: its subscriptions and the commands that change them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/streams/command.h"
#include "gateways/streams/gateway.h"

namespace streams {

class Connection final : public websocket::Application {
 public:
  Connection(Gateway& gateway, websocket::Peer& peer, Format format);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Subscribes to those that are streams; from the connection's URL.
  void open_with(const std::vector<std::string>& names);

  // websocket::Application
  void on_text(std::string_view message) override;

 private:
  // The events of one account, by its listen key.
  class UserStream final : public UserReader, public ListenKeyReader {
   public:
    UserStream(Connection& connection, std::string key, core::AccountId account);
    ~UserStream() override;
    [[nodiscard]] const std::string& key() const { return key_; }
    void on_user_event(std::string_view json) override;
    [[nodiscard]] spot::TimeUnit time_unit() const override { return connection_.reader_.format().unit; }
    void on_listen_key_end(std::string_view key, bool has_expired) override;

   private:
    Connection& connection_;
    const std::string key_;
    const core::AccountId account_;
  };
  // What a name stands for.
  struct Target {
    std::optional<StreamName> stream;
    std::optional<core::AccountId> account;  // of a listen key
    [[nodiscard]] explicit operator bool() const { return stream || account; }
  };

  [[nodiscard]] Target target_of(std::string_view name) const;
  [[nodiscard]] std::size_t subscription_count() const { return reader_.stream_count() + users_.size(); }
  [[nodiscard]] bool has(std::string_view name, const Target& target) const;
  void subscribe(std::string_view name, const Target& target);
  void unsubscribe(std::string_view name);
  [[nodiscard]] std::expected<std::string, CommandError> carry_out(const Command& command);
  [[nodiscard]] std::expected<std::string, CommandError> subscribe_all(const Command& command);
  [[nodiscard]] std::string list() const;
  void forget(const UserStream& stream);

  Gateway& gateway_;
  Reader reader_;
  std::vector<std::unique_ptr<UserStream>> users_;
};

}  // namespace streams
