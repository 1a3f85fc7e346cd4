#include "services/market_data/markets.h"

#include <algorithm>

#include "pkg/core/check.h"
#include "services/market_data/level_list.h"

namespace market_data {
namespace {

constexpr std::size_t kBid = 0, kAsk = 1;

struct Book {
  std::uint64_t last_update_id = 0;
  LevelList sides[2];
  std::vector<Trade> trades;     // a ring once it has its full length
  std::size_t oldest_trade = 0;  // where the ring starts
};

std::int64_t key_of(std::size_t side, core::Price price) { return side == kBid ? price.value() : -price.value(); }
DepthLevel level_of(std::size_t side, const Level& level) {
  return {core::Price{side == kBid ? level.key : -level.key}, core::Quantity{level.quantity}};
}

}  // namespace

struct Markets::State {
  std::size_t trades_kept = 0;
  LevelPages pages;
  std::vector<Book> books;               // market id - 1
  std::vector<core::Price> last_prices;  // beside the books: kept even when no trade is; zero: none

  [[nodiscard]] const Book* find(core::MarketId market) const {
    const std::size_t index = std::size_t{market.value()} - 1;
    return index < books.size() ? &books[index] : nullptr;
  }
  void add_trade(Book& book, const Trade& trade) const {
    if (trades_kept == 0) return;
    if (book.trades.size() < trades_kept) {
      book.trades.push_back(trade);
      return;
    }
    book.trades[book.oldest_trade] = trade;
    if (++book.oldest_trade == book.trades.size()) book.oldest_trade = 0;
  }
};

Markets::Markets(std::size_t trades_kept_per_market) : state_(std::make_unique<State>()) {
  state_->trades_kept = trades_kept_per_market;
}
Markets::~Markets() = default;
Markets::Markets(Markets&&) noexcept = default;
Markets& Markets::operator=(Markets&&) noexcept = default;

void Markets::apply(const matching::MarketEvent& event, core::Time time) {
  State& s = *state_;
  CHECK(!event.market.is_none());
  const std::size_t index = std::size_t{event.market.value()} - 1;
  if (index >= s.books.size()) {
    CHECK_MSG(index == s.books.size(), "markets are listed in the order of their ids");
    s.books.emplace_back();
    s.last_prices.emplace_back();
  }
  Book& book = s.books[index];
  CHECK_MSG(event.sequence == book.last_update_id + 1, "market events come without gaps, each once");
  book.last_update_id = event.sequence;
  if (event.kind == matching::MarketEventKind::level_changed) {
    const std::size_t side = event.side == matching::Side::buy ? kBid : kAsk;
    book.sides[side].set(s.pages, key_of(side, event.price), event.quantity.value());
  } else if (event.kind == matching::MarketEventKind::traded) {
    s.last_prices[index] = event.price;
    s.add_trade(book, {.id = event.trade,
                       .price = event.price,
                       .quantity = event.quantity,
                       .time = time,
                       .buyer_is_maker = event.side == matching::Side::sell});
  }
}

Depth Markets::depth(core::MarketId market, std::size_t levels_max) const {
  Depth out;
  const Book* book = state_->find(market);
  if (book == nullptr) return out;
  out.last_update_id = book->last_update_id;
  for (const std::size_t side : {kBid, kAsk}) {
    std::vector<DepthLevel>& levels = side == kBid ? out.bids : out.asks;
    if (levels_max == 0) continue;
    levels.reserve(std::min(levels_max, book->sides[side].size()));
    book->sides[side].visit_best_first(state_->pages, [&](const Level& level) {
      levels.push_back(level_of(side, level));
      return levels.size() < levels_max;
    });
  }
  return out;
}

BestPrices Markets::best(core::MarketId market) const {
  BestPrices out;
  const Book* book = state_->find(market);
  if (book == nullptr) return out;
  for (const std::size_t side : {kBid, kAsk}) {
    book->sides[side].visit_best_first(state_->pages, [&](const Level& level) {
      (side == kBid ? out.bid : out.ask) = level_of(side, level);
      return false;
    });
  }
  return out;
}

std::optional<core::Price> Markets::last_price(core::MarketId market) const {
  if (state_->find(market) == nullptr) return std::nullopt;
  const core::Price price = state_->last_prices[market.value() - 1];
  return price.is_zero() ? std::nullopt : std::optional(price);
}

std::vector<Trade> Markets::recent_trades(core::MarketId market, std::size_t limit) const {
  std::vector<Trade> out;
  const Book* book = state_->find(market);
  if (book == nullptr) return out;
  const std::size_t held = book->trades.size();
  const std::size_t count = std::min(limit, held);
  out.reserve(count);
  for (std::size_t i = held - count; i < held; ++i) out.push_back(book->trades[(book->oldest_trade + i) % held]);
  return out;
}

// Canonical: levels best first, trades oldest first, whatever the pages and the ring look like.
void Markets::save(core::ByteWriter& out) const {
  const State& s = *state_;
  out.put(static_cast<std::uint32_t>(s.books.size()));
  for (std::size_t i = 0; i < s.books.size(); ++i) {
    const Book& book = s.books[i];
    out.put(book.last_update_id);
    out.put(s.last_prices[i]);
    for (const LevelList& levels : book.sides) {
      out.put(static_cast<std::uint64_t>(levels.size()));
      levels.visit_best_first(s.pages, [&out](const Level& level) {
        out.put(level.key);
        out.put(level.quantity);
        return true;
      });
    }
    const auto trades = recent_trades(core::MarketId{static_cast<std::uint32_t>(i + 1)}, book.trades.size());
    out.put(static_cast<std::uint64_t>(trades.size()));
    for (const Trade& trade : trades) {
      out.put(trade.id);
      out.put(trade.price);
      out.put(trade.quantity);
      out.put(trade.time);
      out.put(static_cast<std::uint8_t>(trade.buyer_is_maker));
    }
  }
}

core::Result<void> Markets::load(core::ByteReader& in) {
  *this = Markets(state_->trades_kept);
  State& s = *state_;
  for (auto left = in.get<std::uint32_t>(); left > 0 && in.ok(); --left) {
    Book& book = s.books.emplace_back();
    in.get(book.last_update_id);
    in.get(s.last_prices.emplace_back());
    for (const std::size_t side : {kBid, kAsk}) {
      LevelList& levels = book.sides[side];
      std::optional<std::int64_t> better;
      for (auto count = in.get<std::uint64_t>(); count > 0 && in.ok(); --count) {
        const auto key = in.get<std::int64_t>();
        const auto quantity = in.get<std::int64_t>();
        const bool is_price = side == kBid ? key > 0 : key < 0;
        if (!is_price || quantity <= 0 || (better && key >= *better)) in.fail();
        if (!in.ok()) break;
        levels.set(s.pages, key, quantity);
        better = key;
      }
    }
    for (auto count = in.get<std::uint64_t>(); count > 0 && in.ok(); --count) {
      Trade trade;
      in.get(trade.id);
      in.get(trade.price);
      in.get(trade.quantity);
      in.get(trade.time);
      trade.buyer_is_maker = in.get<std::uint8_t>() != 0;
      if (in.ok()) s.add_trade(book, trade);
    }
  }
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the saved market data contradict themselves");
  return {};
}

}  // namespace market_data
