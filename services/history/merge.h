// One answer from two halves: what the archive has written and what the read model remembers. Where both have an order,
// the read model's is the later state. Pure functions.
#pragma once

#include <vector>

#include "services/history/accounts.h"

namespace history {

// `written` and `remembered` are answers to `query`, as is what comes out.
[[nodiscard]] std::vector<Order> merge(const std::vector<Order>& written, const std::vector<const Order*>& remembered,
                                       const Query& query);
[[nodiscard]] std::vector<Fill> merge(const std::vector<Fill>& written, const std::vector<const Fill*>& remembered,
                                      const Query& query);

}  // namespace history
