#include "gateways/spot/user_streams.h"

namespace spot {
namespace {

// Asks the store about the key that was sent, and answers with an empty object.
void ask(const Context& context, Arguments& arguments, JsonWriter& json,
         bool (ListenKeyStore::*question)(std::string_view, core::AccountId)) {
  const std::string_view key = arguments.mandatory("listenKey");
  if (!arguments.finish()) return;
  const bool is_known = context.listen_keys != nullptr && (context.listen_keys->*question)(key, context.account());
  if (!is_known) return arguments.complain(no_such_listen_key());
  json.begin_object().end_object();
}

}  // namespace

void start_user_stream(const Context& context, Arguments& arguments, JsonWriter& json) {
  if (!arguments.finish_without_any()) return;
  if (context.listen_keys == nullptr) return arguments.complain(not_offered());
  const auto key = context.listen_keys->create(context.account());
  if (!key) return arguments.complain(refused(gateways::Refusal::overloaded));
  json.begin_object().field("listenKey", *key).end_object();
}

void keep_user_stream(const Context& context, Arguments& arguments, JsonWriter& json) {
  ask(context, arguments, json, &ListenKeyStore::extend);
}

void stop_user_stream(const Context& context, Arguments& arguments, JsonWriter& json) {
  ask(context, arguments, json, &ListenKeyStore::close);
}

}  // namespace spot
