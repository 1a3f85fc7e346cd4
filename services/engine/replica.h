// Folds and read models together, fed from a journal: what recovery, the snapshot follower, `verify` and `replay` are
// made of. Its saved form is a snapshot's content.
#pragma once

#include "services/engine/engine.h"
#include "services/history/accounts.h"
#include "services/instruments/registry.h"
#include "services/market_data/markets.h"

namespace engine {

// Of what a replica saves. Raised with every change of any part's saved form: snapshots of another version are not
// read, the journal gives the same state (docs/formats/snapshot.md).
inline constexpr std::uint16_t kSavedVersion = 4;

// The read models of one exchange, updated together from released events.
struct Views {
  history::Accounts accounts;
  market_data::Markets markets;
  instruments::Registry instruments;  // from AssetListed and MarketListed events

  void apply(const orders::AccountEvent& event);
  void apply(const matching::MarketEvent& event, core::Time time) { markets.apply(event, time); }
};

class Replica {
 public:
  Engine engine;
  Views views;

  // Decodes, checks order and checkpoints, folds, updates the views. Errors: corrupt (does not decode, sequence is not
  // the next one, a checkpoint's digest differs: "replay diverged").
  [[nodiscard]] core::Result<void> apply(const core::Record& record);
  // The same without the views, which from then on are nobody's: for those who want the events alone. They lie in
  // output() until the next call.
  [[nodiscard]] core::Result<void> fold(const core::Record& record);
  [[nodiscard]] const Output& output() const { return output_; }
  [[nodiscard]] core::Sequence applied() const { return applied_; }
  [[nodiscard]] core::Time time() const { return time_; }
  [[nodiscard]] core::Epoch epoch() const { return epoch_; }  // of the latest Started

  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  core::Sequence applied_;
  core::Time time_;
  core::Epoch epoch_;
  Output output_;  // scratch, kept for its capacity
};

}  // namespace engine
