// Writes what a command does to one book: reports to accounts, public events with the market's next sequence numbers.
#pragma once

#include "services/matching/book.h"
#include "services/matching/matching.h"
#include "services/matching/planted.h"

namespace matching {

class Announcer {
 public:
  Announcer(Book& book, Output out) : book_(book), out_(out) {}

  // The returned report lacks what only its kind has.
  Report& report(ReportKind kind, const Identity& who) {
    Report& report = out_.reports.emplace_back();
    report.kind = kind;
    report.side = who.side;
    report.market = who.market;
    report.order = who.order;
    report.account = who.account;
    report.account_slot = who.account_slot;
    return report;
  }
  // accepted, rested, moved: where the order is now. No handle: it does not rest (yet).
  void placed(ReportKind kind, const Identity& who, core::Price price, std::int64_t open, Handle handle) {
    Report& report = this->report(kind, who);
    report.price = price;
    report.remaining = core::Quantity{open};
    report.handle = handle;
  }
  Report& ended(const Identity& who, EndReason reason, std::int64_t open) {
    Report& report = this->report(ReportKind::ended, who);
    report.end_reason = reason;
    report.remaining = core::Quantity{PLANTED(ended_says_nothing_left) ? 0 : open};
    return report;
  }
  void reduced(const Identity& who, core::Quantity by, std::int64_t open) {
    Report& report = this->report(ReportKind::reduced, who);
    report.quantity = by;
    report.remaining = core::Quantity{open};
  }
  void reference_price() {
    Report& report = out_.reports.emplace_back();
    report.kind = ReportKind::reference_price;
    report.market = book_.market;
    report.price = book_.reference;
  }

  MarketEvent& event(MarketEventKind kind) {
    MarketEvent& event = out_.events.emplace_back();
    event.kind = kind;
    event.state = book_.state;
    event.market = book_.market;
    event.sequence = ++book_.sequence;
    if (PLANTED(sequence_has_gaps)) ++book_.sequence;
    return event;
  }
  void level_changed(Side side, std::uint64_t key, std::int64_t lots) {
    MarketEvent& event = this->event(MarketEventKind::level_changed);
    event.side = side;
    event.price = price_of(side, key);
    event.quantity = core::Quantity{lots};
  }

 private:
  Book& book_;
  Output out_;
};

}  // namespace matching
