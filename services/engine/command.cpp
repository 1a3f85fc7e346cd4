#include "services/engine/command.h"

#include <array>
#include <concepts>
#include <cstring>
#include <string>

#include "services/instruments/codec.h"

namespace engine {
namespace {

constexpr std::uint8_t kBodyVersion = 1;  // of every layout so far

// ---- coders: functors called with each field of a body in turn. The layouts below are written once for both of them.
// ----

template <class T>
concept Plain = std::integral<T> && !std::same_as<T, bool>;
template <class T>
concept Strong = requires(const T& t) {
  typename T::rep;
  t.value();
};

// Writes a body to the stack and appends it in one piece: growing a vector field by field costs more than the fields.
class Encoder {
 public:
  void operator()(const Plain auto& value) { put(value); }
  void operator()(const core::int128& value) { put(value); }
  void operator()(bool value) { put(static_cast<std::uint8_t>(value)); }
  void operator()(const Strong auto& value) { put(value.value()); }
  template <std::size_t N>
  void operator()(const core::ShortText<N>& text) {
    const std::string_view view = text.view();
    put(static_cast<std::uint8_t>(view.size()));
    CHECK(size_ + view.size() <= bytes_.size());
    std::memcpy(bytes_.data() + size_, view.data(), view.size());
    size_ += view.size();
  }
  template <class Enum>
  void enumeration(const Enum& value, Enum /*first*/, Enum /*last*/) {
    put(static_cast<std::underlying_type_t<Enum>>(value));
  }
  [[nodiscard]] core::BytesView bytes() const { return {bytes_.data(), size_}; }

 private:
  template <class T>
  void put(T value) {
    CHECK(size_ + sizeof value <= bytes_.size());
    std::memcpy(bytes_.data() + size_, &value, sizeof value);
    size_ += sizeof value;
  }

  std::array<std::byte, 512> bytes_;  // the largest body, a market's, has 189 bytes
  std::size_t size_ = 0;
};

// Reads fields from bytes that may be anything: what does not exist fails the reader and leaves the field as it was.
class Decoder {
 public:
  explicit Decoder(core::BytesView body) : in_(body) {}

  void operator()(Plain auto& value) { in_.get(value); }
  void operator()(core::int128& value) { in_.get(value); }
  void operator()(bool& value) {
    const auto byte = in_.get<std::uint8_t>();
    if (byte > 1) in_.fail();
    value = byte == 1;
  }
  void operator()(Strong auto& value) { in_.get(value); }
  template <std::size_t N>
  void operator()(core::ShortText<N>& text) {
    const auto size = in_.get<std::uint8_t>();
    if (size > N) return in_.fail();
    text = core::ShortText<N>(core::as_text(in_.get_raw(size)));
  }
  // REQUIRES that every number from first to last is an enumerator.
  template <class Enum>
  void enumeration(Enum& value, Enum first, Enum last) {
    const auto read = in_.get<Enum>();
    if (read < first || read > last) return in_.fail();
    value = read;
  }
  void fail() { in_.fail(); }
  void note_unknown_block() { unknown_block_ = true; }
  [[nodiscard]] bool unknown_block() const { return unknown_block_; }
  [[nodiscard]] bool ok() const { return in_.ok(); }
  [[nodiscard]] bool complete() const { return in_.complete(); }

 private:
  core::ByteReader in_;
  bool unknown_block_ = false;
};

// ---- optional blocks ----

// What may follow an order's fixed part: a count, then per block its tag and its fields, tags ascending. Later kinds of
// order bring blocks of their own (pegs, lists, expiry, deadline) and leave this layout alone. A block
// that this build does not know makes the record unsupported: skipping it could mean to execute another order than was
// meant.
enum class OrderBlock : std::uint8_t { quote_quantity = 1, condition = 2, peak = 3, flags = 4, minimum = 5 };

constexpr std::uint8_t kSlidesFlag = 1, kReduceOnlyFlag = 2;
std::uint8_t flags_of(const orders::PlaceOrder& order) {
  return static_cast<std::uint8_t>((order.slides ? kSlidesFlag : 0) | (order.reduce_only ? kReduceOnlyFlag : 0));
}

void code_condition(auto& coder, auto& condition) {
  coder.enumeration(condition.trigger, orders::Trigger::none, orders::Trigger::take_profit);
  coder.enumeration(condition.source, orders::TriggerSource::last, orders::TriggerSource::last);
  coder(condition.trailing_bp);
  coder(condition.price);
}

void code_peak(auto& coder, auto& peak) {
  coder(peak.size);
  coder(peak.spread);
  coder(peak.seed);
}

void code_order_blocks(Encoder& coder, const orders::PlaceOrder& order) {
  const bool has_quote_quantity = !order.quote_quantity.is_zero();
  const bool has_condition = order.condition != orders::Condition{};
  const bool has_peak = order.peak != orders::Peak{};
  const std::uint8_t flags = flags_of(order);
  const bool has_minimum = !order.minimum.is_zero();
  coder(static_cast<std::uint8_t>(has_quote_quantity + has_condition + has_peak + (flags != 0) + has_minimum));
  if (has_quote_quantity) {
    coder(static_cast<std::uint8_t>(OrderBlock::quote_quantity));
    coder(order.quote_quantity);
  }
  if (has_condition) {
    coder(static_cast<std::uint8_t>(OrderBlock::condition));
    code_condition(coder, order.condition);
  }
  if (has_peak) {
    coder(static_cast<std::uint8_t>(OrderBlock::peak));
    code_peak(coder, order.peak);
  }
  if (flags != 0) {
    coder(static_cast<std::uint8_t>(OrderBlock::flags));
    coder(flags);
  }
  if (has_minimum) {
    coder(static_cast<std::uint8_t>(OrderBlock::minimum));
    coder(order.minimum);
  }
}

void code_flags(Decoder& coder, orders::PlaceOrder& order) {
  std::uint8_t flags = 0;
  coder(flags);
  if (flags == 0 || flags > (kSlidesFlag | kReduceOnlyFlag)) return coder.fail();
  order.slides = (flags & kSlidesFlag) != 0;
  order.reduce_only = (flags & kReduceOnlyFlag) != 0;
}

void code_order_blocks(Decoder& coder, orders::PlaceOrder& order) {
  std::uint8_t count = 0;
  coder(count);
  std::uint8_t last_tag = 0;
  for (; count > 0 && coder.ok(); --count) {
    std::uint8_t tag = 0;
    coder(tag);
    if (tag <= last_tag) return coder.fail();
    last_tag = tag;
    switch (static_cast<OrderBlock>(tag)) {
      case OrderBlock::quote_quantity:
        coder(order.quote_quantity);
        if (order.quote_quantity.is_zero()) coder.fail();  // one command, one encoding: zero is written as no block
        break;
      case OrderBlock::condition:
        code_condition(coder, order.condition);
        if (order.condition == orders::Condition{}) coder.fail();  // likewise
        break;
      case OrderBlock::peak:
        code_peak(coder, order.peak);
        if (order.peak == orders::Peak{}) coder.fail();
        break;
      case OrderBlock::flags:
        code_flags(coder, order);
        break;
      case OrderBlock::minimum:
        coder(order.minimum);
        if (order.minimum.is_zero()) coder.fail();
        break;
      default:
        coder.note_unknown_block();
        return coder.fail();
    }
  }
}

// ---- layouts, as docs/formats/records.md has them ----

template <class T, class Like>
concept Is = std::same_as<std::remove_const_t<Like>, T>;

template <class Like>
  requires Is<Checkpoint, Like>
void code(auto& coder, Like& command) {
  coder(command.output_digest);
}

template <class Like>
  requires Is<Started, Like>
void code(auto& coder, Like& command) {
  coder(command.epoch);
}

template <class Like>
  requires Is<instruments::AddAsset, Like>
void code(auto& coder, Like& command) {
  instruments::code_asset_terms(coder, command);
}

template <class Like>
  requires Is<instruments::AddMarket, Like>
void code(auto& coder, Like& command) {
  instruments::code_market_terms(coder, command.market);
}

template <class Like>
  requires Is<instruments::SetMarketState, Like>
void code(auto& coder, Like& command) {
  coder(command.market);
  coder.enumeration(command.state, instruments::MarketState::trading, instruments::MarketState::closed);
}

template <class Like>
  requires Is<instruments::SetMarketAuctions, Like>
void code(auto& coder, Like& command) {
  coder(command.market);
  coder(command.resumes_by_auction);
}

template <class Like>
  requires Is<instruments::SetMarketAllocation, Like>
void code(auto& coder, Like& command) {
  coder(command.market);
  coder.enumeration(command.allocation.kind, instruments::AllocationKind::price_time,
                    instruments::AllocationKind::pro_rata);
  coder(command.allocation.top_first);
  coder(command.allocation.share_min);
}

template <class Like>
  requires Is<instruments::SetMarketRanges, Like>
void code(auto& coder, Like& command) {
  coder(command.market);
  coder(command.ranges.static_bp);
  coder(command.ranges.dynamic_bp);
  coder.enumeration(command.ranges.outcome, instruments::RangeOutcome::expire, instruments::RangeOutcome::auction);
  coder(command.reference);
}

template <class Like>
  requires Is<ledger::OpenAccount, Like>
void code(auto& coder, Like& command) {
  coder(command.name);
}

template <class Like>
  requires Is<ledger::Deposit, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.asset);
  coder(command.amount);
  coder(command.reference);
}

template <class Like>
  requires Is<fees::SetAccountFees, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.use_market_rates);
  coder(command.rates.maker);
  coder(command.rates.taker);
}

template <class Like>
  requires Is<orders::PlaceOrder, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.market);
  coder.enumeration(command.side, orders::Side::buy, orders::Side::sell);
  coder.enumeration(command.type, orders::OrderType::limit, orders::OrderType::limit_maker);
  coder.enumeration(command.time_in_force, orders::TimeInForce::gtc, orders::TimeInForce::fok);
  coder.enumeration(command.self_trade, orders::SelfTrade::none, orders::SelfTrade::decrement);
  coder(command.price);
  coder(command.quantity);
  coder(command.client_order_id);
  code_order_blocks(coder, command);
}

template <class Like>
  requires Is<orders::OrderReference, Like>
void code(auto& coder, Like& target) {
  coder(target.order);
  coder(target.client_order_id);
}

template <class Like>
  requires Is<orders::CancelOrder, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.market);
  code(coder, command.target);
  coder.enumeration(command.restriction, orders::CancelRestriction::none,
                    orders::CancelRestriction::only_partially_filled);
  coder(command.cancel_id);
}

template <class Like>
  requires Is<orders::CancelAll, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.market);
}

template <class Like>
  requires Is<orders::CancelReplace, Like>
void code(auto& coder, Like& command) {
  coder.enumeration(command.mode, orders::ReplaceMode::stop_on_failure, orders::ReplaceMode::allow_failure);
  code(coder, command.cancel);
  code(coder, command.place);
}

template <class Like>
  requires Is<orders::MoveOrder, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.market);
  code(coder, command.target);
  coder(command.price);
}

template <class Like>
  requires Is<orders::ReduceOrder, Like>
void code(auto& coder, Like& command) {
  coder(command.account);
  coder(command.market);
  code(coder, command.target);
  coder(command.by);
  coder(command.to);
  coder(command.new_client_order_id);
}

// ---- types ----

// In the order of Command's alternatives.
constexpr std::array kTypes = {
    RecordType::checkpoint,
    RecordType::started,
    RecordType::add_asset,
    RecordType::add_market,
    RecordType::set_market_state,
    RecordType::set_market_auctions,
    RecordType::set_market_allocation,
    RecordType::set_market_ranges,
    RecordType::open_account,
    RecordType::deposit,
    RecordType::set_account_fees,
    RecordType::place_order,
    RecordType::cancel_order,
    RecordType::cancel_all,
    RecordType::cancel_replace,
    RecordType::move_order,
    RecordType::reduce_order,
};
static_assert(kTypes.size() == std::variant_size_v<Command>);

std::string described(const core::Record& record) {
  return "record " + std::to_string(record.header.sequence.value()) + " of type " + std::to_string(record.header.type);
}

template <class Alternative>
core::Result<Command> decode_as(const core::Record& record) {
  if (record.header.version != kBodyVersion) {
    return core::fail(core::ErrorKind::unsupported,
                      "layout version " + std::to_string(record.header.version) + " is not known", described(record),
                      "use a newer build");
  }
  Decoder decoder(record.body);
  std::expected<Command, core::Error> command{std::in_place, std::in_place_type<Alternative>};
  code(decoder, std::get<Alternative>(*command));
  if (decoder.unknown_block()) {
    return core::fail(core::ErrorKind::unsupported, "the order has a part that is not known", described(record),
                      "use a newer build");
  }
  if (!decoder.complete()) {
    return core::fail(core::ErrorKind::corrupt, "the fields are not what this type of record has", described(record));
  }
  return command;
}

}  // namespace

RecordType type_of(const Command& command) { return kTypes[command.index()]; }

std::string_view name(RecordType type) {
  switch (type) {
    case RecordType::checkpoint:
      return "checkpoint";
    case RecordType::started:
      return "started";
    case RecordType::add_asset:
      return "add_asset";
    case RecordType::add_market:
      return "add_market";
    case RecordType::set_market_state:
      return "set_market_state";
    case RecordType::set_market_auctions:
      return "set_market_auctions";
    case RecordType::set_market_allocation:
      return "set_market_allocation";
    case RecordType::set_market_ranges:
      return "set_market_ranges";
    case RecordType::open_account:
      return "open_account";
    case RecordType::deposit:
      return "deposit";
    case RecordType::set_account_fees:
      return "set_account_fees";
    case RecordType::place_order:
      return "place_order";
    case RecordType::cancel_order:
      return "cancel_order";
    case RecordType::cancel_all:
      return "cancel_all";
    case RecordType::cancel_replace:
      return "cancel_replace";
    case RecordType::move_order:
      return "move_order";
    case RecordType::reduce_order:
      return "reduce_order";
  }
  return "unknown";
}

void encode(const core::RecordHeader& header, const Command& command, core::Bytes& out) {
  core::RecordHeader completed = header;
  completed.type = static_cast<std::uint16_t>(type_of(command));
  completed.version = kBodyVersion;
  const std::size_t start = core::start_record(completed, out);
  Encoder encoder;
  std::visit([&encoder](const auto& alternative) { code(encoder, alternative); }, command);
  const core::BytesView body = encoder.bytes();
  out.insert(out.end(), body.begin(), body.end());
  core::finish_record(start, out);
}

// Flat dispatch: one line per record type.
core::Result<Command> decode(const core::Record& record) {
  switch (static_cast<RecordType>(record.header.type)) {
    case RecordType::checkpoint:
      return decode_as<Checkpoint>(record);
    case RecordType::started:
      return decode_as<Started>(record);
    case RecordType::add_asset:
      return decode_as<instruments::AddAsset>(record);
    case RecordType::add_market:
      return decode_as<instruments::AddMarket>(record);
    case RecordType::set_market_state:
      return decode_as<instruments::SetMarketState>(record);
    case RecordType::set_market_auctions:
      return decode_as<instruments::SetMarketAuctions>(record);
    case RecordType::set_market_allocation:
      return decode_as<instruments::SetMarketAllocation>(record);
    case RecordType::set_market_ranges:
      return decode_as<instruments::SetMarketRanges>(record);
    case RecordType::open_account:
      return decode_as<ledger::OpenAccount>(record);
    case RecordType::deposit:
      return decode_as<ledger::Deposit>(record);
    case RecordType::set_account_fees:
      return decode_as<fees::SetAccountFees>(record);
    case RecordType::place_order:
      return decode_as<orders::PlaceOrder>(record);
    case RecordType::cancel_order:
      return decode_as<orders::CancelOrder>(record);
    case RecordType::cancel_all:
      return decode_as<orders::CancelAll>(record);
    case RecordType::cancel_replace:
      return decode_as<orders::CancelReplace>(record);
    case RecordType::move_order:
      return decode_as<orders::MoveOrder>(record);
    case RecordType::reduce_order:
      return decode_as<orders::ReduceOrder>(record);
  }
  return core::fail(core::ErrorKind::unsupported, "this type of record is not known", described(record),
                    "use a newer build");
}

}  // namespace engine
