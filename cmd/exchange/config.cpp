#include "cmd/exchange/config.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "services/traders/types.h"

namespace exchange {
namespace {

using core::ErrorKind;
using core::Result;

constexpr std::uint64_t kDemoSegmentBytes = 8ull << 20, kDemoSnapshotInterval = 50'000, kDemoKeepDays = 2;
constexpr std::uint64_t kSetLater = UINT64_MAX;  // no number that the file may give

// One text setting, wherever it comes from. `where` says so in errors.
Result<void> set_text(Config& config, std::string_view key, const std::string& value, const std::string& where) {
  const auto refuse = [&](const std::string& accepted) {
    return core::fail(ErrorKind::invalid_input, "\"" + value + "\" is not accepted", where, "accepted: " + accepted);
  };
  if (key == "environment") {
    if (value == "development")
      config.environment = Environment::development;
    else if (value == "production")
      config.environment = Environment::production;
    else
      return refuse("development, production");
  } else if (key == "limits") {
    if (value == "binance")
      config.limits = LimitsProfile::binance;
    else if (value == "open")
      config.limits = LimitsProfile::open;
    else
      return refuse("binance, open");
  } else if (key == "log_level") {
    constexpr std::array<std::string_view, 4> kLevels{"debug", "info", "warning", "error"};
    if (std::find(kLevels.begin(), kLevels.end(), value) == kLevels.end()) return refuse("debug, info, warning, error");
    config.log_level = value;
  } else if (key == "data") {
    if (value.empty()) return refuse("the path of a folder");
    config.data = value;
  } else if (key == "listen") {
    if (value.find(':') == std::string::npos) return refuse("an address with its port, as 127.0.0.1:8080");
    config.listen = value;
  }
  return {};
}

Result<void> set_number(std::uint64_t& into, const toml::node& node, std::uint64_t scale, std::uint64_t min,
                        std::uint64_t max, bool zero_allowed, const std::string& where) {
  const auto value = node.value_exact<std::int64_t>();
  const auto number = static_cast<std::uint64_t>(value.value_or(-1));
  const bool fits = value && *value >= 0 && ((number >= min && number <= max) || (zero_allowed && number == 0));
  if (!fits) {
    return core::fail(ErrorKind::invalid_input, "not an accepted number", where,
                      "accepted: a whole number from " + std::to_string(min) + " to " + std::to_string(max) +
                          (zero_allowed ? ", or 0" : ""));
  }
  into = number * scale;
  return {};
}

class FileReader {
 public:
  FileReader(Config& config, std::string file) : config_(config), file_(std::move(file)) {}

  Result<void> read() {
    const toml::parse_result parsed = toml::parse_file(file_);
    if (!parsed) {
      const auto& error = parsed.error();
      return core::fail(ErrorKind::invalid_input, "not TOML: " + std::string(error.description()),
                        file_ + " line " + std::to_string(error.source().begin.line));
    }
    return table(parsed.table(), "");
  }

 private:
  Result<void> table(const toml::table& values, const std::string& prefix) {
    for (const auto& [key, node] : values) {
      const std::string name = prefix + std::string(key.str());
      Result<void> done;
      constexpr std::array<std::string_view, 4> kTables{"journal", "snapshots", "demo", "store"};
      if (node.is_table() && prefix.empty() && std::ranges::find(kTables, name) != kTables.end())
        done = table(*node.as_table(), name + ".");
      else
        done = one(name, node);
      if (!done) return done;
    }
    return {};
  }

  Result<void> one(const std::string& name, const toml::node& node) {
    const std::string where = file_ + " line " + std::to_string(node.source().begin.line) + ", " + name;
    if (name == "journal.segment_mib") return set_number(config_.segment_bytes, node, 1 << 20, 1, 1024, false, where);
    if (name == "snapshots.interval_commands") {
      return set_number(config_.snapshot_interval_commands, node, 1, 1000, 1'000'000'000'000, true, where);
    }
    if (name == "demo.commands_per_s") {
      return set_number(config_.demo_commands_per_s, node, 1, 1, traders::kCommandsPerSecondMax, true, where);
    }
    if (name == "demo.seed") return set_number(config_.demo_seed, node, 1, 1, INT64_MAX, true, where);
    if (name == "store.keep_days") return set_number(config_.store_keep_days, node, 1, 1, 36'500, true, where);
    if (name == "store.lag_commands_max") {
      return set_number(config_.store_lag_commands_max, node, 1, 100'000, 1'000'000'000'000, false, where);
    }
    constexpr std::array<std::string_view, 5> kTexts{"environment", "data", "listen", "limits", "log_level"};
    if (std::find(kTexts.begin(), kTexts.end(), name) == kTexts.end()) {
      return core::fail(ErrorKind::invalid_input, "unknown key", where,
                        "known: environment, data, listen, limits, log_level, journal.segment_mib, "
                        "snapshots.interval_commands, demo.commands_per_s, demo.seed, store.keep_days, "
                        "store.lag_commands_max");
    }
    const auto text = node.value_exact<std::string>();
    if (!text) return core::fail(ErrorKind::invalid_input, "must be a string", where, "write " + name + " = \"...\"");
    return set_text(config_, name, *text, where);
  }

  Config& config_;
  const std::string file_;
};

}  // namespace

Environ process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
}

Result<Config> load_config(const ConfigFlags& flags, const Environ& environment) {
  Config config;
  std::uint64_t& interval = config.snapshot_interval_commands;
  if (flags.demo) {
    config.segment_bytes = kDemoSegmentBytes;
    config.store_keep_days = kDemoKeepDays;
    interval = kSetLater;
  }
  const std::string file = flags.file.value_or(kDefaultConfigFile);
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) {
    if (auto read = FileReader(config, file).read(); !read) return std::unexpected(read.error());
  } else if (flags.file) {
    return core::fail(ErrorKind::not_found, "no such file", file, "--config names the configuration file");
  }
  constexpr std::array<std::pair<const char*, const char*>, 5> kVariables{{{"EXCHANGE_ENVIRONMENT", "environment"},
                                                                           {"EXCHANGE_DATA", "data"},
                                                                           {"EXCHANGE_LISTEN", "listen"},
                                                                           {"EXCHANGE_LIMITS", "limits"},
                                                                           {"EXCHANGE_LOG_LEVEL", "log_level"}}};
  for (const auto& [variable, key] : kVariables) {
    const auto value = environment(variable);
    if (!value) continue;
    if (auto set = set_text(config, key, *value, std::string("environment variable ") + variable); !set)
      return std::unexpected(set.error());
  }
  const std::array<std::pair<const std::optional<std::string>*, const char*>, 3> given{
      {{&flags.data, "data"}, {&flags.listen, "listen"}, {&flags.limits, "limits"}}};
  for (const auto& [value, key] : given) {
    if (!*value) continue;
    if (auto set = set_text(config, key, **value, std::string("--") + key); !set) return std::unexpected(set.error());
  }
  if (interval == kSetLater) interval = std::max(kDemoSnapshotInterval, 60 * config.demo_commands_per_s);
  while (config.data.size() > 1 && config.data.back() == '/') config.data.pop_back();
  return config;
}

}  // namespace exchange
