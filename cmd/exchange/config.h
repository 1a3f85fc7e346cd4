// The configuration: defaults, then exchange.toml, then the environment, then flags; read and checked once at start.
//
//   environment = "development"      EXCHANGE_ENVIRONMENT   development or production (refuses deposits and the demo)
//   data = "data"                    EXCHANGE_DATA          the data folder
//   listen = "127.0.0.1:8080"        EXCHANGE_LISTEN        address and port of the REST gateway; port 0: any free one
//   limits = "binance"               EXCHANGE_LIMITS        binance (the published request limits) or open (none)
//   log_level = "info"               EXCHANGE_LOG_LEVEL     debug, info, warning or error
//   [journal]
//   segment_mib = 64                 size of a journal file, 1 to 1024
//   [snapshots]
//   interval_commands = 1000000      a snapshot every so many commands, at least 1000; 0: only on demand
//   [store]
//   keep_days = 0                    what the stores keep of trades, second candles and closed orders, 1 to 36500 days;
//                                    0: everything
//   lag_commands_max = 10000000      the journal waits so many commands for a store that does not come along, at least
//                                    100000; a store further behind is made anew from what the journal still has
//   [demo]                           of the simulated traders, where the demo runs
//   commands_per_s = 25              on average, 0 to 10000; 0: no traders
//   seed = 1                         of what they do
//
// Where the demo runs, the disk is to stay small for as long as it runs: segment_mib is 8, interval_commands 50000, or
// a minute's commands where those are more, and keep_days 2, unless the file says otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "pkg/core/error.h"

namespace exchange {

enum class Environment { development, production };
enum class LimitsProfile { binance, open };

struct Config {
  Environment environment = Environment::development;
  std::string data = "data";
  std::string listen = "127.0.0.1:8080";
  LimitsProfile limits = LimitsProfile::binance;
  std::string log_level = "info";
  std::uint64_t segment_bytes = 64ull << 20;
  std::uint64_t snapshot_interval_commands = 1'000'000;
  std::uint64_t demo_commands_per_s = 25;
  std::uint64_t demo_seed = 1;
  std::uint64_t store_keep_days = 0;
  std::uint64_t store_lag_commands_max = 10'000'000;
};

// What the command line said; unset: not given.
struct ConfigFlags {
  std::optional<std::string> file, data, listen, limits;
  bool demo = false;
};

inline constexpr const char* kDefaultConfigFile = "exchange.toml";

// Value of an environment variable; nothing when it is not set.
using Environ = std::function<std::optional<std::string>(const std::string& name)>;
[[nodiscard]] Environ process_environment();

// Errors name file (or variable, or flag), key, and what is accepted. The file may be missing unless a flag names it.
[[nodiscard]] core::Result<Config> load_config(const ConfigFlags& flags, const Environ& environment);

}  // namespace exchange
