#include "services/history/merge.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace history {
namespace {

auto key_of(const Order& order) { return order.id; }
// Both sides of a trade may be the same account's.
auto key_of(const Fill& fill) { return std::tuple(fill.time, fill.trade, fill.market, fill.is_maker); }

template <class Row>
std::vector<Row> merge_rows(const std::vector<Row>& written, const std::vector<const Row*>& remembered,
                            std::size_t limit, bool earliest) {
  std::map<decltype(key_of(std::declval<Row>())), const Row*> all;
  for (const Row& row : written) all[key_of(row)] = &row;
  for (const Row* row : remembered) all[key_of(*row)] = row;
  const std::size_t surplus = all.size() > limit ? all.size() - limit : 0;
  auto begin = all.begin();
  if (!earliest) std::advance(begin, surplus);
  std::vector<Row> out;
  out.reserve(all.size() - surplus);
  for (; begin != all.end() && out.size() < limit; ++begin) out.push_back(*begin->second);
  return out;
}

}  // namespace

std::vector<Order> merge(const std::vector<Order>& written, const std::vector<const Order*>& remembered,
                         const Query& query) {
  return merge_rows(written, remembered, query.limit, query.from_order || query.from);
}

std::vector<Fill> merge(const std::vector<Fill>& written, const std::vector<const Fill*>& remembered,
                        const Query& query) {
  return merge_rows(written, remembered, query.limit, query.from_trade || query.from);
}

}  // namespace history
