#include "gateways/spot/wallet.h"

#include <initializer_list>

namespace spot {
namespace {

void take_integers(Arguments& arguments, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) (void)arguments.integer(name);
}
void take_texts(Arguments& arguments, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) (void)arguments.optional(name);
}
void take_times(Arguments& arguments, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) (void)arguments.time(name);
}

// The asset called `text`, or a complaint about the parameter.
const instruments::Asset* find_asset(const Context& context, Arguments& arguments, std::string_view name,
                                     std::string_view text) {
  if (!arguments.ok()) return nullptr;
  const instruments::Asset* asset = context.views.instruments.asset(text);
  if (asset == nullptr) arguments.complain(invalid(name));
  return asset;
}
void take_asset(const Context& context, Arguments& arguments, std::string_view name) {
  if (const auto text = arguments.optional(name)) (void)find_asset(context, arguments, name, *text);
}

}  // namespace

void deposit_address(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Asset* coin = find_asset(context, arguments, "coin", arguments.mandatory("coin"));
  take_texts(arguments, {"network", "amount"});
  if (!arguments.finish()) return;
  json.begin_object().field("address", "").field("coin", coin->symbol.view());
  json.field("tag", "").field("url", "").end_object();
}

void deposit_history(const Context& context, Arguments& arguments, JsonWriter& json) {
  (void)arguments.boolean("includeSource", false);
  take_asset(context, arguments, "coin");
  take_integers(arguments, {"status", "offset", "limit"});
  take_times(arguments, {"startTime", "endTime"});
  take_texts(arguments, {"txId"});
  if (!arguments.finish()) return;
  json.begin_array().end_array();
}

void withdraw_history(const Context& context, Arguments& arguments, JsonWriter& json) {
  take_asset(context, arguments, "coin");
  take_integers(arguments, {"status", "offset", "limit"});
  take_times(arguments, {"startTime", "endTime"});
  take_texts(arguments, {"withdrawOrderId", "idList"});
  if (!arguments.finish()) return;
  json.begin_array().end_array();
}

void funding_assets(const Context& context, Arguments& arguments, JsonWriter& json) {
  take_asset(context, arguments, "asset");
  (void)arguments.boolean("needBtcValuation", false);
  if (!arguments.finish()) return;
  json.begin_array().end_array();
}

void transfers(const Context&, Arguments& arguments, JsonWriter& json) {
  (void)arguments.mandatory("type");
  take_times(arguments, {"startTime", "endTime"});
  take_integers(arguments, {"current", "size"});
  take_texts(arguments, {"fromSymbol", "toSymbol"});
  if (!arguments.finish()) return;
  json.begin_object().field("total", 0).key("rows").begin_array().end_array().end_object();
}

void transfer(const Context& context, Arguments& arguments, JsonWriter&) {
  (void)arguments.mandatory("type");
  (void)find_asset(context, arguments, "asset", arguments.mandatory("asset"));
  (void)arguments.decimal("amount");
  take_texts(arguments, {"fromSymbol", "toSymbol"});
  if (arguments.finish()) arguments.complain(not_offered());
}

}  // namespace spot
