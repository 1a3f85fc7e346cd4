#include "services/engine/replica.h"

#include <string>

namespace engine {
namespace {

std::string place(const core::Record& record) { return "record " + std::to_string(record.header.sequence.value()); }

std::string hexadecimal(std::uint64_t value) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
  return out;
}

}  // namespace

void Views::apply(const orders::AccountEvent& event) {
  accounts.apply(event);
  if (const auto* asset = std::get_if<orders::AssetListed>(&event.body)) instruments.put(asset->asset);
  if (const auto* market = std::get_if<orders::MarketListed>(&event.body)) instruments.put(market->market);
}

core::Result<void> Replica::apply(const core::Record& record) {
  if (auto folded = fold(record); !folded) return folded;
  for (const orders::AccountEvent& event : output_.account_events) views.apply(event);
  for (const matching::MarketEvent& event : output_.market_events) views.apply(event, time_);
  return {};
}

core::Result<void> Replica::fold(const core::Record& record) {
  const core::RecordHeader& header = record.header;
  if (header.sequence != applied_.next()) {
    return core::fail(core::ErrorKind::corrupt,
                      "the sequence is not the next one after " + std::to_string(applied_.value()), place(record));
  }
  if (header.time < time_) {
    return core::fail(core::ErrorKind::corrupt, "the time of the log falls", place(record));
  }
  const core::Result<Command> command = decode(record);
  if (!command) return std::unexpected(command.error());
  if (const auto* checkpoint = std::get_if<Checkpoint>(&*command);
      checkpoint && checkpoint->output_digest != engine.output_digest()) {
    return core::fail(core::ErrorKind::corrupt,
                      "replay diverged: the checkpoint has digest " + hexadecimal(checkpoint->output_digest) +
                          ", replay reached " + hexadecimal(engine.output_digest()),
                      place(record),
                      "keep the data folder for analysis; restore from a snapshot written by the same build");
  }
  if (const auto* started = std::get_if<Started>(&*command)) epoch_ = started->epoch;

  output_.clear();
  engine.apply(header, *command, output_);
  applied_ = header.sequence;
  time_ = header.time;
  return {};
}

void Replica::save(core::ByteWriter& out) const {
  out.put(applied_);
  out.put(time_);
  out.put(epoch_);
  engine.save(out);
  views.instruments.save(out);
  views.accounts.save(out);
  views.markets.save(out);
}

core::Result<void> Replica::load(core::ByteReader& in) {
  in.get(applied_);
  in.get(time_);
  in.get(epoch_);
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the saved state is cut short");
  if (auto loaded = engine.load(in); !loaded) return loaded;
  if (auto loaded = views.instruments.load(in); !loaded) return loaded;
  if (auto loaded = views.accounts.load(in); !loaded) return loaded;
  return views.markets.load(in);
}

}  // namespace engine
