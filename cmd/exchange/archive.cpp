#include "cmd/exchange/archive.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <type_traits>
#include <utility>
#include <variant>

namespace exchange {
namespace {

using gateways::ArchiveAnswer;
using gateways::ArchiveRows;

constexpr int kLowPriority = 10;  // behind the exchange, before the stores and the snapshots: somebody waits

core::Error unavailable(std::string what) { return {core::ErrorKind::unavailable, std::move(what), {}, "try again"}; }

// Rows of any kind, or what went wrong.
template <class Rows>
core::Result<ArchiveRows> as_rows(core::Result<Rows> rows) {
  if (!rows) return std::unexpected(rows.error());
  return ArchiveRows(std::move(*rows));
}

core::Result<ArchiveRows> rows_for(market_data::StoreReader& reader, const market_data::TradesQuestion& question) {
  return as_rows(reader.trades(question));
}
core::Result<ArchiveRows> rows_for(market_data::StoreReader& reader,
                                   const market_data::AggregateTradesQuestion& question) {
  return as_rows(reader.aggregate_trades(question));
}
core::Result<ArchiveRows> rows_for(market_data::StoreReader& reader, const market_data::CandlesQuestion& question) {
  return as_rows(reader.candles(question));
}
core::Result<ArchiveRows> rows_for(history::StoreReader& reader, const gateways::OrdersQuestion& question) {
  return as_rows(reader.orders(question.account, question.query));
}
core::Result<ArchiveRows> rows_for(history::StoreReader& reader, const gateways::FillsQuestion& question) {
  return as_rows(reader.fills(question.account, question.query));
}
core::Result<ArchiveRows> rows_for(history::StoreReader& reader, const gateways::OrderQuestion& question) {
  auto found = question.order ? reader.order(question.account, question.market, *question.order)
                              : reader.order(question.account, question.market, question.client_order_id.view());
  if (!found) return std::unexpected(found.error());
  std::vector<history::Order> rows;
  if (*found) rows.push_back(**found);
  return ArchiveRows(std::move(rows));
}

template <class Question>
constexpr bool is_of_market_data = std::is_same_v<Question, market_data::TradesQuestion> ||
                                   std::is_same_v<Question, market_data::AggregateTradesQuestion> ||
                                   std::is_same_v<Question, market_data::CandlesQuestion>;

}  // namespace

Archive::Archive(std::string data, StoreGates& gates, std::function<void()> wake)
    : data_(std::move(data)), gates_(gates), wake_(std::move(wake)) {
  thread_ = std::thread([this] { run(); });
}

Archive::~Archive() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    questions_.clear();
  }
  changed_.notify_one();
  thread_.join();
}

// ---- exchange's thread ----

bool Archive::ask(gateways::ArchiveQuestion question, std::uint64_t token, gateways::ArchiveHandler& handler) {
  if (is_stopped_ || waiting_.size() >= kQuestionsMax) {
    ++counters_.refused;
    return false;
  }
  ++counters_.asked;
  waiting_.push_back({++last_number_, token, &handler});
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back({question, last_number_});
  }
  changed_.notify_one();
  return true;
}

void Archive::poll() {
  if (!has_answers_.load(std::memory_order_acquire)) return;
  std::vector<Answered> answers;
  {
    const std::lock_guard lock(mutex_);
    has_answers_.store(false, std::memory_order_relaxed);
    answers.swap(answers_);
  }
  for (Answered& one : answers) deliver(std::move(one));
}

// Handlers may ask again from inside.
void Archive::deliver(Answered&& answered) {
  if (waiting_.empty() || waiting_.front().number != answered.number) return;  // told otherwise by stop()
  const Waiting one = waiting_.front();
  waiting_.pop_front();
  ++(answered.answer ? counters_.answered : counters_.failed);
  one.handler->on_archive(one.token, std::move(answered.answer));
}

void Archive::stop() {
  is_stopped_ = true;
  poll();
  {
    const std::lock_guard lock(mutex_);
    questions_.clear();
  }
  while (!waiting_.empty()) {
    deliver({waiting_.front().number, std::unexpected(unavailable("the exchange is stopping"))});
  }
}

// ---- reading thread ----

void Archive::run() {
  pthread_setname_np(pthread_self(), "archive");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowPriority);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
    if (stopping_) return;
    const Asked next = questions_.front();
    questions_.pop_front();
    lock.unlock();
    Answered answered{next.number, answer(next.question)};
    lock.lock();
    answers_.push_back(std::move(answered));
    has_answers_.store(true, std::memory_order_release);
    wake_();
  }
}

core::Result<ArchiveAnswer> Archive::answer(const gateways::ArchiveQuestion& question) {
  return std::visit(
      [this](const auto& asked) {
        const auto read_rows = [&asked](auto& reader) { return rows_for(reader, asked); };
        if constexpr (is_of_market_data<std::remove_cvref_t<decltype(asked)>>) {
          const auto oldest_of = [&asked](auto& reader) { return reader.oldest_trade(asked.market); };
          return read(market_data_, gates_.market_data, kMarketDataStore, read_rows, oldest_of);
        } else {
          const auto oldest_of = [](auto&) { return core::Result<core::TradeId>(); };
          return read(history_, gates_.history, kHistoryStore, read_rows, oldest_of);
        }
      },
      question);
}

template <class Reader, class Read, class Oldest>
core::Result<ArchiveAnswer> Archive::read(Open<Reader>& open, StoreGate& gate, const char* name, Read read_rows,
                                          Oldest oldest_of) {
  const std::uint64_t generation = gate.generation;
  if (generation == 0) {
    open.reader.reset();
    return std::unexpected(unavailable(std::string(name) + " is being made ready"));
  }
  if (!open.reader || open.generation != generation) {
    open.reader.reset();
    auto opened = Reader::open(store_path(data_, name));
    if (!opened) return std::unexpected(unavailable(opened.error().text()));
    open.reader.emplace(std::move(*opened));
    open.generation = generation;
  }
  // Rows and cursor of one moment.
  ArchiveAnswer out;
  const auto done = open.reader->database().reading([&]() -> core::Result<void> {
    const auto cursor = open.reader->cursor();
    if (!cursor) return std::unexpected(cursor.error());
    out.written_through = cursor->sequence;
    out.written_until = cursor->time;
    out.begins_late = !cursor->complete_from.is_none() || cursor->pruned.ns != 0;
    out.pruned_before = cursor->pruned;
    auto rows = read_rows(*open.reader);
    if (!rows) return std::unexpected(rows.error());
    auto oldest = oldest_of(*open.reader);
    if (!oldest) return std::unexpected(oldest.error());
    out.oldest_trade = *oldest;
    out.rows = std::move(*rows);
    return {};
  });
  if (done) return out;
  if (done.error().kind == core::ErrorKind::corrupt && gate.generation == generation) gate.is_suspected = true;
  open.reader.reset();
  return std::unexpected(unavailable(done.error().text()));
}

}  // namespace exchange
