#include "services/ledger/references.h"

namespace ledger {

namespace {
std::uint64_t hash_text(std::string_view text) { return core::Digest{}.add(text).value(); }
}  // namespace

std::uint64_t References::hash_of(std::uint32_t slot) const { return hash_text(ring_[slot - 1].view()); }

bool References::contains(std::string_view reference) const {
  return index_.find(hash_text(reference), [&](std::uint32_t slot) { return ring_[slot - 1].view() == reference; }) !=
         0;
}

void References::add(const Reference& reference) {
  CHECK(!reference.empty());
  const auto hash_of_slot = [this](std::uint32_t slot) { return hash_of(slot); };
  std::uint32_t position = static_cast<std::uint32_t>(ring_.size());
  if (ring_.size() < kept_) {
    ring_.push_back(reference);
  } else {
    position = oldest_;
    index_.erase(hash_of(position + 1), position + 1, hash_of_slot);
    ring_[position] = reference;
    oldest_ = (oldest_ + 1) % kept_;
  }
  index_.insert(hash_text(reference.view()), position + 1, hash_of_slot);
}

void References::hash(core::Digest& digest) const {
  digest.add(ring_.size());
  for (std::size_t i = 0; i < ring_.size(); ++i) digest.add(ring_[(oldest_ + i) % ring_.size()].view());
}

void References::save(core::ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(ring_.size()));
  for (std::size_t i = 0; i < ring_.size(); ++i) out.put_text(ring_[(oldest_ + i) % ring_.size()].view());
}

core::Result<void> References::load(core::ByteReader& in) {
  const auto count = in.get<std::uint32_t>();
  if (count > kept_) in.fail();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::string_view text = in.get_text();
    if (text.empty() || text.size() > Reference::capacity || contains(text)) {
      return core::fail(core::ErrorKind::corrupt, "a deposit reference in the snapshot is not one");
    }
    add(Reference{text});
  }
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the snapshot's deposit references are cut short");
  return {};
}

}  // namespace ledger
