#include "cmd/exchange/start.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cmd/exchange/archive.h"
#include "cmd/exchange/cli.h"
#include "cmd/exchange/control_server.h"
#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/demo.h"
#include "cmd/exchange/demo_traders.h"
#include "cmd/exchange/journal_thread.h"
#include "cmd/exchange/live_streams.h"
#include "cmd/exchange/loop.h"
#include "cmd/exchange/metrics.h"
#include "cmd/exchange/operations.h"
#include "cmd/exchange/progress_bar.h"
#include "cmd/exchange/recovery.h"
#include "cmd/exchange/snapshots.h"
#include "cmd/exchange/stores.h"
#include "gateways/desk/desk.h"
#include "gateways/rest/gateway.h"
#include "pkg/io/asio_network.h"
#include "pkg/io/clock.h"
#include "pkg/io/real_disk.h"
#include "services/instruments/defaults.h"

namespace exchange {
namespace {

using core::Result;

void set_up_logging(const std::string& level) {
  auto logger = spdlog::stderr_color_st("exchange");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

// As many connections as the system lets us have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::unique_ptr<io::FileLock>> lock_data_folder(io::Disk& disk, const std::string& data) {
  std::error_code ignored;
  const bool existed = std::filesystem::exists(data, ignored);
  if (auto made = disk.make_folder(""); !made) {
    return core::fail(core::ErrorKind::denied, made.error().what, made.error().where,
                      "--data must name a folder that is there or can be made");
  }
  // Keys and accounts are nobody else's business; a folder that was there before keeps the mode its owner gave it.
  if (!existed) std::filesystem::permissions(data, std::filesystem::perms::owner_all, ignored);
  auto lock = disk.lock(kLockFile);
  if (!lock && lock.error().kind == core::ErrorKind::busy) {
    return core::fail(core::ErrorKind::busy, "another exchange is running on this data folder", data,
                      "stop it, or choose another folder with --data");
  }
  return lock;
}

// The first record of every start, and the markets of the very first.
Result<void> write_first_records(Exchange& exchange, core::Epoch epoch, bool log_was_empty) {
  const auto one = [&](const engine::Command& command) -> Result<void> {
    const auto events = carry_out(exchange, command);
    if (!events) return std::unexpected(events.error());
    return check_events(*events, "default listing");
  };
  if (auto done = one(engine::Started{epoch}); !done || !log_was_empty) return done;
  for (const auto& asset : instruments::default_assets()) {
    if (auto done = one(asset); !done) return done;
  }
  for (const auto& market : instruments::default_markets()) {
    if (auto done = one(market); !done) return done;
  }
  return {};
}

Result<void> load_keys(const keys::Store& store, auth::KeyRing& ring) {
  const auto active = store.active();
  if (!active) return std::unexpected(active.error());
  for (const keys::ApiKey& key : *active) {
    if (auto added = ring.add(ring_key(key)); !added) {
      core::Error error = added.error();
      error.where = "API key " + key.api_key + " of keys.sqlite";
      return std::unexpected(error);
    }
  }
  return {};
}

host::Options host_options(const Config& config, core::Epoch epoch) {
  host::Options options;
  options.epoch = epoch;
  options.batch_bytes_max = std::min<std::uint64_t>(options.batch_bytes_max, config.segment_bytes / 4);
  return options;
}

void print_recovery(const Recovered& recovered, const Config& config, std::chrono::steady_clock::time_point began) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  for (const core::Error& why : recovered.passed_over_snapshots) spdlog::warn("snapshot passed over: {}", why.text());
  if (const auto& cut = recovered.journal.cut) {
    spdlog::warn("the journal's torn tail was cut: {} at offset {}, {} bytes ({}); nothing acknowledged was in it",
                 cut->file, cut->offset, cut->bytes, cut->reason);
  }
  const std::string from =
      recovered.snapshot.is_none() ? "" : fmt::format(", {} of them from a snapshot", recovered.snapshot.value());
  fmt::print("Recovered {} commands from {}{} in {:.3f} s.\n", recovered.journal.tail.last.value(), config.data, from,
             seconds);
}

void print_serving(const Config& config, const std::string& address, const DemoAccount* demo) {
  fmt::print("Serving http://{} (limits: {}, {}). Stop with Ctrl-C.\n", address,
             config.limits == LimitsProfile::binance ? "binance" : "open",
             config.environment == Environment::production ? "production" : "development");
  if (demo) {
    fmt::print("The market, live: http://{}/ (simulated traders, {} commands a second)\n", address,
               config.demo_commands_per_s);
    fmt::print("Demo account \"{}\":\n  API key  {}\n  secret   {}\n", demo->name, demo->api_key, demo->secret);
  }
  std::fflush(stdout);
}

// Reads the configuration and sets the process up by it.
Result<Config> configure(const StartOptions& options) {
  ConfigFlags flags = options.flags;
  flags.demo = options.demo;
  auto config = load_config(flags, process_environment());
  if (!config) return config;
  if (options.demo && config->environment == Environment::production) {
    return core::fail(core::ErrorKind::invalid_input,
                      "the demo gives money away, and the configuration says production", "environment",
                      "leave --demo away");
  }
  set_up_logging(config->log_level);
  raise_descriptor_limit();
  return config;
}

// Another start is another seed: the market goes on, it does not do the same again.
traders::Options traders_options(const Config& config, core::Epoch epoch) {
  return {.seed = config.demo_seed * 1'000'003 + epoch.value(),
          .commands_per_s = static_cast<std::uint32_t>(config.demo_commands_per_s)};
}

desk::Options desk_options(const Config& config) {
  desk::Options options;
  options.limits = config.limits == LimitsProfile::binance ? limits::binance_profile() : limits::open_profile();
  return options;
}

ProjectorOptions projector_options(const Config& config, bool log_is_new) {
  ProjectorOptions options;
  options.data = config.data;
  options.keep_ns = static_cast<std::int64_t>(config.store_keep_days) * 24 * 3600 * 1'000'000'000;
  options.log_is_new = log_is_new;
  // A few segments, but on a small disk not most of it.
  std::error_code unknown;
  const auto space = std::filesystem::space(config.data, unknown);
  if (!unknown) options.free_bytes_min = std::min<std::uint64_t>(4 * config.segment_bytes, space.capacity / 20);
  return options;
}

// What reads the journal beside the exchange, and those who answer from it, each on a thread of its own.
struct Followers {
  Followers(io::Disk& disk, const Config& config, const Recovered& recovered, const std::function<void()>& wake)
      : stores(disk, projector_options(config, recovered.journal.tail.last.is_none()), config.store_lag_commands_max),
        archive(config.data, stores.gates(), wake),
        snapshots(
            disk, {.folder = kJournalFolder, .segment_bytes = config.segment_bytes}, config.snapshot_interval_commands,
            recovered.snapshot, [this] { return stores.needed(); }, wake) {}
  Stores stores;
  Archive archive;
  Snapshots snapshots;
};

// What clients meet: streams, the desk where requests are carried out, the protocols; and the demo's traders, who are
// clients of the same port. Connections end before the desk and the streams they use.
struct Edges {
  Edges(const Config& config, Exchange& exchange, io::AsioNetwork& network, auth::KeyRing& ring, Archive& archive,
        Metrics& metrics, core::Epoch epoch)
      : streams(exchange),
        desk(desk_options(config), exchange, ring, &archive, &streams.gateway().listen_keys()),
        gateway({}, desk, network,
                [&metrics, this](std::string& out) {
                  metrics.append(out);
                  streams.append_metrics(out);
                }),
        traders(exchange, traders_options(config, epoch)) {
    streams.add_api(desk);
    gateway.set_upgrade(streams.factory());
  }
  LiveStreams streams;
  desk::Desk desk;
  rest::Gateway gateway;
  DemoTraders traders;
};

Loop::Parts loop_parts(Exchange& exchange, io::AsioNetwork& network, Edges& edges, Followers& followers,
                       const io::Clock& clock, bool demo) {
  return {.exchange = exchange,
          .network = network,
          .gateway = edges.gateway,
          .streams = edges.streams,
          .snapshots = followers.snapshots,
          .stores = followers.stores,
          .archive = followers.archive,
          .clock = clock,
          .traders = demo ? &edges.traders : nullptr};
}

json::array describe(const std::vector<StoreFigures>& stores, core::Sequence durable) {
  json::array out;
  for (const StoreFigures& one : stores) {
    json::object store{{"name", one.name},
                       {"state", name_of(one.state)},
                       {"cursor", one.cursor.value()},
                       {"lag_commands", durable.value() - std::min(one.cursor, durable).value()},
                       {"rows_written", one.rows_written},
                       {"rebuilds", one.rebuilds}};
    if (!one.complete_from.is_none()) store["complete_from_sequence"] = one.complete_from.value();
    if (!one.problem.empty()) store["last_problem"] = one.problem;
    out.push_back(std::move(store));
  }
  return out;
}

std::int64_t seconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
}

void remove_control_socket(const std::string& data) {
  std::error_code ignored;
  std::filesystem::remove(control_socket_path(data), ignored);
}

core::Error device_failed(const core::Error& cause) {
  return {cause.kind, "the journal's device failed, nothing more can be acknowledged: " + cause.what, cause.where,
          "check the disk; a new start recovers everything that was acknowledged"};
}

Result<void> serve(const StartOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  StopSignals signals;
  const auto config = configure(options);
  if (!config) return std::unexpected(config.error());

  // The state: locked, recovered, and from here on this process' own.
  const io::RealClock clock;
  io::RealDisk disk(config->data);
  const auto lock = lock_data_folder(disk, config->data);
  if (!lock) return std::unexpected(lock.error());
  const journal::Options journal_options{.folder = kJournalFolder, .segment_bytes = config->segment_bytes};
  const ProgressBar bar("replaying");
  auto recovered = recover(disk, journal_options, bar.callback());
  if (!recovered) return std::unexpected(recovered.error());
  print_recovery(*recovered, *config, began);

  // The write path: journal thread and host.
  io::AsioNetwork network;
  const auto wake = [&network] { network.wake(); };
  auto writer = journal::Writer::open(disk, journal_options, recovered->journal.tail);
  if (!writer) return std::unexpected(writer.error());
  ThreadedSink sink(std::move(*writer), config->segment_bytes, wake);
  Metrics metrics;
  const core::Epoch epoch = recovered->replica->epoch().next();
  Exchange exchange(*recovered->replica, sink, clock, host_options(*config, epoch), &metrics);
  metrics.watch(exchange, sink, network);
  if (auto done = write_first_records(exchange, epoch, recovered->journal.tail.last.is_none()); !done) return done;

  // Keys, operators, clients.
  auto store = keys::Store::open(config->data);
  if (!store) return std::unexpected(store.error());
  auth::KeyRing ring;
  if (auto done = load_keys(*store, ring); !done) return done;
  const auto demo = options.demo ? prepare_demo(config->data, exchange, *store, ring) : Result<DemoAccount>();
  if (!demo) return std::unexpected(demo.error());
  Followers followers(disk, *config, *recovered, wake);
  metrics.watch(followers.stores, followers.archive);
  Edges edges(*config, exchange, network, ring, followers.archive, metrics, epoch);
  std::string url;
  const auto status = [&](json::object& out) {
    out["url"] = url;
    out["pid"] = ::getpid();
    out["epoch"] = epoch.value();
    out["connections_open"] = network.counters().open;
    out["journal_thread_priority"] = sink.priority();
    if (options.demo) edges.traders.describe(out);
    out["stores"] = describe(followers.stores.figures(), exchange.durable());
    out["uptime_s"] = seconds_since(began);
  };
  const auto key_revoked = [&](core::AccountId account) { edges.streams.gateway().listen_keys().end_of(account); };
  Operations operations(exchange, followers.snapshots, *store, ring, config->environment, status, key_revoked);
  ControlServer control(network, operations);
  const auto control_address = network.listen("unix:" + control_socket_path(config->data), control);
  if (!control_address) return std::unexpected(control_address.error());
  const auto address = network.listen(config->listen, edges.gateway);
  if (!address) return std::unexpected(address.error());
  url = "http://" + *address;
  exchange.serve();
  print_serving(*config, *address, options.demo ? &*demo : nullptr);
  Loop loop(loop_parts(exchange, network, edges, followers, clock, options.demo));
  const auto ended = loop.run(signals);
  if (!ended) return std::unexpected(device_failed(ended.error()));
  remove_control_socket(config->data);
  spdlog::info("stopped at sequence {}", exchange.durable().value());
  return {};
}

}  // namespace

int start(const StartOptions& options) {
  const auto served = serve(options);
  return served ? kExitDone : report(served.error());
}

}  // namespace exchange
