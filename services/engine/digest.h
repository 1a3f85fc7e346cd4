// Every field of every event, folded into a running digest: equal digests mean that two runs said the same.
#pragma once

#include "pkg/core/hash.h"
#include "services/matching/types.h"
#include "services/orders/types.h"

namespace engine {

void add(core::Digest& digest, const orders::AccountEvent& event);
void add(core::Digest& digest, const matching::MarketEvent& event);

}  // namespace engine
