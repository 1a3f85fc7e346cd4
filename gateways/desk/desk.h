// Where requests of all protocols are carried out: between "an operation with its parameters" and "an answer".
//
// The desk charges limits, checks key, signature and age, calls the operation, submits its command or asks the archive,
// keeps what is needed to answer in tables of waiting requests, and gives each answer to the client that asked, if it
// is still there. It owns the limits' counters and those tables; all gateways share one desk, so that limits and the
// order of checks are the same whatever a request came by. No socket, no clock, no thread: time comes from the
// ExchangePort and from tick(). All on one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "gateways/archive_port.h"
#include "gateways/auth/key_ring.h"
#include "gateways/desk/operation.h"
#include "gateways/desk/waiting.h"
#include "gateways/exchange_port.h"
#include "gateways/limits/limiter.h"

namespace desk {

struct Options {
  limits::Profile limits = limits::binance_profile();  // or limits::open_profile()
  std::size_t waiting_requests_max = 200'000;          // requests whose command is on its way; above it: -1008
  std::size_t archive_reads_max = 10'000;              // reads that wait for the archive; above it: -1008
  orders::SelfTrade self_trade_default = orders::SelfTrade::none;  // of orders that name no selfTradePreventionMode
};

struct Counters {
  std::uint64_t orders_submitted = 0;        // commands given to the exchange
  std::uint64_t rate_limited = 0;            // 429 and 418
  std::uint64_t replies_without_client = 0;  // the connection was gone, or had its time-out, when the reply came
  std::size_t requests_waiting = 0;          // for the exchange
  std::size_t archive_reads_waiting = 0;
};

struct Answer {
  const spot::ApiError* error = nullptr;  // null: all went well, and `body` is the answer
  std::string_view body;                  // JSON
  core::AccountId orders_of;              // whose order counts belong beside the answer; none: nobody's
};

class Desk;

// A connection that asks. Its place at the desk ends with it: answers that come later are dropped.
class Client {
 public:
  // REQUIRES both to outlive it, and the address to be joined as long.
  Client(Desk& desk, limits::Address& address);
  virtual ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The answer to a request that was not answered at once. `answer` lives until this returns.
  virtual void on_answer(std::uint64_t request, const Answer& answer) = 0;

  [[nodiscard]] limits::Address& address() { return address_; }
  [[nodiscard]] const limits::Address& address() const { return address_; }

 private:
  friend class Desk;
  Desk& desk_;
  limits::Address& address_;
  const std::uint64_t number_;
};

struct Request {
  std::uint64_t number = 0;  // among the client's; on_answer names it
  spot::Parameters& parameters;
  std::string_view api_key;
  std::span<const std::string_view> payload;  // what the signature covers, in pieces
  // The key the connection has been authenticated with; not null: the request needs no key and no signature.
  const auth::KeyEntry* session = nullptr;
  spot::TimeUnit time_unit = spot::TimeUnit::millisecond;
  std::uint32_t weight = 0;  // as admitted; given back when a command succeeds
};

enum class Outcome : std::uint8_t {
  answered,  // the body is the answer
  waiting,   // on_answer will be called, or has been
};

class Desk final : public gateways::ReplyHandler, public gateways::ArchiveHandler {
 public:
  // REQUIRES all of them to outlive it. Without an archive, reads that need it fail (-1001).
  Desk(Options options, gateways::ExchangePort& port, auth::KeyRing& keys, gateways::ArchivePort* archive = nullptr,
       spot::ListenKeyStore* listen_keys = nullptr);
  ~Desk() override;
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // Counts a request of the address, or refuses it.
  [[nodiscard]] std::expected<void, spot::ApiError> admit(limits::Address& address, std::uint32_t weight);
  // The same for a request that opens a WebSocket connection.
  [[nodiscard]] std::expected<void, spot::ApiError> admit_websocket(limits::Address& address, std::uint32_t weight);
  // REQUIRES the request to be admitted. Appends to `body`; after an error what it holds means nothing.
  [[nodiscard]] std::expected<Outcome, spot::ApiError> carry_out(Client& client, const Operation& operation,
                                                                 const Request& request, std::string& body);

  // Answers what has waited too long with -1007. Call about ten times a second; `monotonic_ns` never falls.
  void tick(std::int64_t monotonic_ns);
  // Every later command is answered with -1016; reads still work.
  void stop() { stopping_ = true; }
  [[nodiscard]] bool stopping() const { return stopping_; }

  [[nodiscard]] Counters counters() const;
  [[nodiscard]] limits::Limiter& limiter() { return limiter_; }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const gateways::ExchangePort& port() const { return port_; }
  [[nodiscard]] const auth::KeyRing& keys() const { return keys_; }
  [[nodiscard]] core::Time now() const { return port_.now(); }

  // gateways::ReplyHandler
  void on_reply(const gateways::Reply& reply) override;
  // gateways::ArchiveHandler
  void on_archive(std::uint64_t token, core::Result<gateways::ArchiveAnswer> answer) override;

 private:
  friend class Client;
  // Who waits, since when, and whether it has been answered with a time-out: then what comes later is dropped.
  struct Waiter {
    std::uint64_t client = 0;
    std::uint64_t request = 0;
    std::int64_t since_ns = 0;
    bool answered = false;
  };
  struct WaitingCommand {
    Waiter who;
    std::uint32_t weight = 0;
    spot::Pending pending;
  };
  struct WaitingRead {
    Waiter who;
    std::unique_ptr<spot::PastRead> read;
    spot::TimeUnit time_unit = spot::TimeUnit::millisecond;
    std::unique_ptr<auth::Key> key;  // a copy: it may be revoked meanwhile; null: not signed
  };

  [[nodiscard]] std::expected<spot::Signed, spot::ApiError> check(const Operation& operation, const Request& request,
                                                                  spot::Arguments& arguments, core::Time now) const;
  [[nodiscard]] spot::Context context(spot::TimeUnit time_unit, const auth::Key* key, core::Time now) const;
  [[nodiscard]] std::expected<Outcome, spot::ApiError> submit(const Client& client, const Request& request,
                                                              const spot::Pending& pending, const spot::Signed& caller);
  [[nodiscard]] std::expected<Outcome, spot::ApiError> ask_archive(const Client& client, const Request& request,
                                                                   const spot::Context& context,
                                                                   std::unique_ptr<spot::PastRead> read);
  [[nodiscard]] std::expected<void, spot::ApiError> answer_to(const limits::Verdict& verdict);
  void count_orders(const gateways::Reply& reply, const spot::Pending& pending);
  // Null when nobody waits for it any more.
  [[nodiscard]] Client* find(const Waiter& who);
  void give_up(Waiter& who);

  const Options options_;
  gateways::ExchangePort& port_;
  auth::KeyRing& keys_;
  gateways::ArchivePort* const archive_;
  spot::ListenKeyStore* const listen_keys_;
  limits::Limiter limiter_;
  WaitingTable<Client*> clients_;
  WaitingTable<WaitingCommand> commands_;
  WaitingTable<WaitingRead> reads_;
  Counters counters_;
  bool stopping_ = false;
  std::int64_t now_ns_ = 0;  // of the last tick
  std::int64_t looked_at_ns_ = 0;
  // Scratch of the request at hand, kept for its capacity.
  engine::Command command_;
  std::string body_;
};

}  // namespace desk
