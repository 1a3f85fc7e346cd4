// The JSON objects of user data streams, in their published shapes.
#pragma once

#include "gateways/spot/context.h"
#include "gateways/spot/json_writer.h"
#include "services/orders/types.h"

namespace streams {

// What all of them need: `sent` is the time the message is made.
struct UserMessageContext {
  const engine::Views& views;
  core::Time sent;
  spot::TimeUnit unit = spot::TimeUnit::millisecond;
};

// One step of an order's life. Never of cancel_rejected: who asked for the cancel is answered, and nothing happened.
void write_execution_report(spot::JsonWriter& json, const UserMessageContext& context,
                            const orders::AccountEvent& event, const orders::OrderEvent& order);
// The balances that a step of an order, or a deposit, left behind.
void write_account_position(spot::JsonWriter& json, const UserMessageContext& context,
                            const orders::AccountEvent& event, const orders::OrderEvent& order);
void write_account_position(spot::JsonWriter& json, const UserMessageContext& context,
                            const orders::AccountEvent& event, const orders::BalanceEvent& balance);
void write_balance_update(spot::JsonWriter& json, const UserMessageContext& context, const orders::AccountEvent& event,
                          const orders::BalanceEvent& balance);

void write_listen_key_expired(spot::JsonWriter& json, core::Time sent, spot::TimeUnit unit, std::string_view key);
// For subscriptions on the WebSocket API that end before their connection does.
void write_event_stream_terminated(spot::JsonWriter& json, core::Time sent, spot::TimeUnit unit);

}  // namespace streams
