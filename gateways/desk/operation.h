// One operation of the Spot API as the desk carries it out, whatever protocol names it: what it weighs, who may ask for
// it, and which function of gateways/spot does it. Exactly one of read, read_past and order is set.
#pragma once

#include <cstdint>

#include "gateways/spot/context.h"
#include "gateways/spot/security.h"
#include "gateways/spot/trading.h"

namespace desk {

struct Operation {
  std::uint32_t weight = 1;
  spot::Security security = spot::Security::none;
  spot::Read read = nullptr;
  spot::ReadPast read_past = nullptr;
  spot::Order order = nullptr;
  std::uint32_t (*weigh)(const spot::Parameters&) = nullptr;  // instead of weight, where parameters decide
  bool places_order = false;                                  // counts against the account's orders

  // `parameters` is null when they could not be read.
  [[nodiscard]] std::uint32_t weight_of(const spot::Parameters* parameters) const {
    return parameters != nullptr && weigh != nullptr ? weigh(*parameters) : weight;
  }
};

}  // namespace desk
