// From parameters to commands that change an order: cancel-replace, amend.
#include "gateways/spot/order_arguments.h"
#include "gateways/spot/shapes.h"
#include "pkg/core/hash.h"

namespace spot {
namespace {

enum class OverLimit : std::uint8_t { do_nothing, cancel_only };

ApiError invalid_mode() { return invalid("cancelReplaceMode"); }
ApiError invalid_over_limit() { return invalid("orderRateLimitExceededMode"); }

orders::ReplaceMode take_mode(Arguments& arguments) {
  constexpr std::array<std::pair<std::string_view, orders::ReplaceMode>, 2> kModes = {
      {{"STOP_ON_FAILURE", orders::ReplaceMode::stop_on_failure},
       {"ALLOW_FAILURE", orders::ReplaceMode::allow_failure}}};
  const std::string_view text = arguments.mandatory("cancelReplaceMode");
  return arguments.ok() ? arguments.named(text, kModes, invalid_mode) : orders::ReplaceMode::stop_on_failure;
}

OverLimit take_over_limit(Arguments& arguments) {
  constexpr std::array<std::pair<std::string_view, OverLimit>, 2> kModes = {
      {{"DO_NOTHING", OverLimit::do_nothing}, {"CANCEL_ONLY", OverLimit::cancel_only}}};
  const auto text = arguments.optional("orderRateLimitExceededMode");
  return text && arguments.ok() ? arguments.named(*text, kModes, invalid_over_limit) : OverLimit::do_nothing;
}

// A client order id for an amended order whose client sent none: another one for each order, time and name it had.
core::ClientOrderId made_amend_id(const Context& context, const orders::OrderReference& target) {
  return made_client_id('a', core::Digest{}
                                 .add(static_cast<std::uint64_t>(context.now.ns))
                                 .add(target.order)
                                 .add(target.client_order_id.view())
                                 .value());
}

}  // namespace

void cancel_replace(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending) {
  pending = pending_for(context, Change::replace, nullptr);
  orders::CancelReplace replace;
  replace.place = take_order(context, arguments, pending);
  pending.mode = replace.mode = take_mode(arguments);
  replace.cancel.target = take_target(arguments, "cancelOrderId", "cancelOrigClientOrderId", Asked::cancel);
  pending.cancel_id = replace.cancel.cancel_id = arguments.client_order_id("cancelNewClientOrderId");
  replace.cancel.restriction = take_restriction(arguments);
  const OverLimit over_limit = take_over_limit(arguments);
  if (!arguments.finish()) return;
  pending.market = replace.cancel.market = replace.place.market;
  replace.cancel.account = replace.place.account;
  const limits::Verdict verdict = context.limiter->may_place(context.account(), context.now);
  if (verdict.finding == limits::Finding::allowed) {
    command.emplace<orders::CancelReplace>(replace);
  } else if (over_limit == OverLimit::cancel_only) {
    pending.over_limit = verdict.finding;
    command.emplace<orders::CancelOrder>(replace.cancel);
  } else {
    arguments.complain(limited(verdict, context.limits));
  }
}

void amend_order(const Context& context, Arguments& arguments, engine::Command& command, Pending& pending) {
  const instruments::Market* market = arguments.market();
  orders::ReduceOrder amend;
  amend.target = take_target(arguments, "orderId", "origClientOrderId", Asked::amend);
  amend.new_client_order_id = arguments.client_order_id("newClientOrderId");
  if (arguments.ok()) {
    const Listing listing = listing_of(context.views.instruments, *market);
    amend.to = arguments.quantity("newQty", listing.market, listing.base);
  }
  if (!arguments.finish()) return;
  amend.account = context.account();
  amend.market = market->id;
  if (amend.new_client_order_id.empty()) amend.new_client_order_id = made_amend_id(context, amend.target);
  pending = pending_for(context, Change::amend, market);
  command.emplace<orders::ReduceOrder>(amend);
}

}  // namespace spot
