// Symbol to position in the list it was built over: open addressing, so that a lookup per request costs one probe and a
// comparison. Listing is rare and done by operators, so nobody can choose symbols to make the probes long.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/core/hash.h"

namespace instruments {

class SymbolIndex {
 public:
  // The entry of `entries` with that symbol, null when there is none.
  template <class Entry>
  [[nodiscard]] const Entry* find(const std::vector<Entry>& entries, std::string_view symbol) const {
    if (places_.empty()) return nullptr;
    for (std::size_t at = home(symbol); places_[at] != 0; at = (at + 1) & (places_.size() - 1)) {
      const Entry& entry = entries[places_[at] - 1];
      if (entry.symbol.view() == symbol) return &entry;
    }
    return nullptr;
  }

  // Takes up the last of `entries`. REQUIRES that its symbol is not known, and that all others were added before.
  template <class Entry>
  void add_last(const std::vector<Entry>& entries) {
    if (entries.size() * 2 > places_.size()) {
      places_.assign(places_.empty() ? 16 : places_.size() * 2, 0);
      for (std::size_t i = 0; i + 1 < entries.size(); ++i) occupy(entries[i].symbol.view(), i);
    }
    occupy(entries.back().symbol.view(), entries.size() - 1);
  }

 private:
  [[nodiscard]] std::size_t home(std::string_view symbol) const {
    return core::Digest().add(symbol).value() & (places_.size() - 1);
  }
  void occupy(std::string_view symbol, std::size_t position) {
    std::size_t at = home(symbol);
    while (places_[at] != 0) at = (at + 1) & (places_.size() - 1);
    places_[at] = static_cast<std::uint32_t>(position + 1);
  }

  std::vector<std::uint32_t> places_;  // position + 1; 0: free. A power of two, at most half full.
};

}  // namespace instruments
