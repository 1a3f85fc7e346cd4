// One end of the ordered, deduplicated conversation between two folds: what makes their messages safe to send twice,
// and to send over anything. Both counters are part of the fold's state, so a replay numbers its messages the same
// again.
#pragma once

#include "pkg/core/bytes.h"
#include "pkg/core/hash.h"
#include "pkg/core/ids.h"

namespace engine {

inline constexpr core::SenderId kAccountsSender{1};
inline constexpr core::SenderId kMatchingSender{2};

// On every message between folds.
struct Envelope {
  core::SenderId sender;
  core::Sequence sequence;
};

class Link {
 public:
  Link(core::SenderId self, core::SenderId peer) : self_(self), peer_(peer) {}

  // The envelope of the next message out.
  [[nodiscard]] Envelope stamp() {
    sent_ = sent_.next();
    return {self_, sent_};
  }
  // Whether a message is the next one of the peer's. One at or below the last was applied before and is dropped; one
  // above it came too early and has to be sent again after those that are missing. Neither changes anything.
  [[nodiscard]] bool accept(const Envelope& envelope) {
    if (envelope.sender != peer_ || envelope.sequence != received_.next()) return false;
    received_ = envelope.sequence;
    return true;
  }
  [[nodiscard]] core::Sequence sent() const { return sent_; }
  [[nodiscard]] core::Sequence received() const { return received_; }

  void hash(core::Digest& digest) const { digest.add(sent_).add(received_); }
  void save(core::ByteWriter& out) const {
    out.put(sent_);
    out.put(received_);
  }
  void load(core::ByteReader& in) {
    in.get(sent_);
    in.get(received_);
  }

 private:
  core::SenderId self_, peer_;
  core::Sequence sent_, received_;
};

}  // namespace engine
