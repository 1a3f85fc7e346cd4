// Makes deterministic order flows, so that the benchmarks need no files: the same name, length and seed give the same
// trace.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/trace.h"

namespace bench {

enum class FlowKind {
  moves,  // one market, 1,000 resting orders over hundreds of levels: 82 % moves, 9 % new orders, 6 % cancels, 3 % IOC
  touch,  // one market, 10,000 resting orders near the best prices: 48 % new orders, 46 % cancels, 6 % that take
  deep,   // as touch, a million resting orders over a wide range of prices
  multi,  // as touch, 100 markets of 1,000 orders, activity by Zipf's law
};
inline constexpr FlowKind kFlows[] = {FlowKind::moves, FlowKind::touch, FlowKind::deep, FlowKind::multi};
inline constexpr std::uint64_t kFlowCommands = 5'000'000;
inline constexpr std::uint64_t kFlowSeed = 42;

[[nodiscard]] std::string_view name(FlowKind kind);
[[nodiscard]] std::optional<FlowKind> flow_named(std::string_view name);

// `commands` are timed, after those that fill the book. The results in the header are those of a plain book of maps and
// lists.
[[nodiscard]] Trace make_flow(FlowKind kind, std::uint64_t commands = kFlowCommands, std::uint64_t seed = kFlowSeed);

}  // namespace bench
