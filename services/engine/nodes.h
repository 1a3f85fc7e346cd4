// The two folds, each behind its link: what the engine drains in one thread, and what two machines would run.
#pragma once

#include <variant>
#include <vector>

#include "services/engine/command.h"
#include "services/engine/link.h"
#include "services/matching/matching.h"
#include "services/orders/accounts.h"

namespace engine {

struct AccountsNode {
  orders::Accounts fold;
  Link link{kAccountsSender, kMatchingSender};

  void command(orders::Step& step, const Command& command);
  // False when the report is not the next one: nothing was done.
  bool receive(orders::Step& step, const Envelope& envelope, const matching::Report& report) {
    if (!link.accept(envelope)) return false;
    fold.apply(step, report);
    return true;
  }
};

struct MatchingNode {
  matching::Matching fold;
  Link link{kMatchingSender, kAccountsSender};

  bool receive(const Envelope& envelope, const orders::ToMatching& message, matching::Output out) {
    if (!link.accept(envelope)) return false;
    std::visit([&](const auto& body) { fold.apply(body, out); }, message);
    return true;
  }
};

}  // namespace engine
