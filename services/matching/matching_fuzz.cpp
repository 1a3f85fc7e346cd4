// Bytes become commands (random_commands.h), which go to the fast fold and the naive one; whatever differs is a crash.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "services/matching/differential.h"

namespace {

// Choices read off the fuzzer's bytes; all zero when they are used up.
class ByteChoices {
 public:
  ByteChoices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t value = 0;
    for (std::uint64_t rest = bound - 1; rest != 0; rest >>= 8) value = value << 8 | take();
    return value % bound;
  }
  [[nodiscard]] bool empty() const { return at_ >= size_; }

 private:
  std::uint8_t take() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

void require_same(const std::string& difference) {
  if (difference.empty()) return;
  std::fprintf(stderr, "%s\n", difference.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteChoices choices(data, size);
  matching::CommandMaker<ByteChoices> maker(choices, 20, 10);
  matching::Differential both;
  for (const auto& command : maker.listings()) require_same(both.apply(command));
  while (!choices.empty()) {
    require_same(both.apply(maker.next(both.resting(), both.waiting())));
    maker.learn(both.reports());
    require_same(both.compare_state());
  }
  require_same(both.save_and_load());
  require_same(both.compare_state());
  return 0;
}
