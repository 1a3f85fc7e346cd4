#include "cmd/exchange/projected_stores.h"

#include <algorithm>
#include <optional>

#include "cmd/exchange/store_files.h"
#include "services/history/store.h"
#include "services/market_data/store.h"

namespace exchange {
namespace {

// What the view of a market remembers of its past: trades and base candles, each as far back as it reaches.
market_data::MarketPast past_of(const market_data::Markets& markets, core::MarketId market) {
  market_data::MarketPast past{.market = market};
  past.trades = markets.recent_trades(market, static_cast<std::size_t>(-1));
  if (past.trades.empty()) return past;
  const market_data::Trade& last = past.trades.back();
  past.aggregation = {.latest = last.aggregate, .taker = {}, .price = last.price, .time = last.time};
  for (std::size_t i = 0; i < market_data::kCandleLayers.size(); ++i) {
    const core::Time end{last.time.ns + 1};
    past.candles[i] = markets.candles({market, market_data::kCandleLayers[i], {}, end}).candles;
  }
  return past;
}

// What both have in common.
template <class Store>
class OfStore : public ProjectedStore {
 public:
  core::Result<void> open(const std::string& path, const std::atomic<bool>* stop) override {
    auto opened = Store::open(path, stop);
    if (!opened) return std::unexpected(opened.error());
    store_.emplace(std::move(*opened));
    store_->set_before_commit(hook_);
    return {};
  }
  void close() override { store_.reset(); }
  [[nodiscard]] bool is_open() const override { return store_.has_value(); }
  [[nodiscard]] const sql::Cursor& cursor() const override { return store_->cursor(); }
  [[nodiscard]] std::size_t pending_rows() const override { return store_->pending_rows(); }
  core::Result<void> write(const sql::Cursor& through) override { return store_->write(through); }
  core::Result<std::size_t> prune(core::Time before, std::size_t rows_max) override {
    return store_->prune(before, rows_max);
  }
  void set_before_commit(std::function<core::Result<void>()> hook) override {
    hook_ = std::move(hook);
    if (store_) store_->set_before_commit(hook_);
  }

 protected:
  std::optional<Store> store_;

 private:
  std::function<core::Result<void>()> hook_;
};

class HistoryStore final : public OfStore<history::Store> {
 public:
  [[nodiscard]] const char* name() const override { return kHistoryStore; }
  void apply(const engine::Output& events, core::Time) override {
    for (const orders::AccountEvent& event : events.account_events) store_->apply(event);
  }
  core::Result<void> import(const engine::Views& views, const sql::Cursor& at) override {
    return store_->import(views.accounts, at);
  }
};

class MarketDataStore final : public OfStore<market_data::Store> {
 public:
  [[nodiscard]] const char* name() const override { return kMarketDataStore; }
  void apply(const engine::Output& events, core::Time time) override {
    for (const matching::MarketEvent& event : events.market_events) store_->apply(event, time);
  }
  core::Result<void> import(const engine::Views& views, const sql::Cursor& at) override {
    std::vector<market_data::MarketPast> markets;
    for (const instruments::Market& market : views.instruments.markets())
      markets.push_back(past_of(views.markets, market.id));
    return store_->import(markets, at);
  }
};

}  // namespace

std::vector<std::unique_ptr<ProjectedStore>> make_projected_stores() {
  std::vector<std::unique_ptr<ProjectedStore>> stores;
  stores.push_back(std::make_unique<HistoryStore>());
  stores.push_back(std::make_unique<MarketDataStore>());
  return stores;
}

}  // namespace exchange
