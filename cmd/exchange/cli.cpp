#include "cmd/exchange/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>

#include "cmd/exchange/bench_command.h"
#include "cmd/exchange/config.h"
#include "cmd/exchange/control_client.h"
#include "cmd/exchange/load_command.h"
#include "cmd/exchange/output.h"
#include "cmd/exchange/public_key_file.h"
#include "cmd/exchange/start.h"
#include "cmd/exchange/tools.h"

namespace exchange {
namespace {

// Sequences and ids: CLI11 by itself would read "-1" as a very large number.
CLI::Range whole_number() { return CLI::Range(std::int64_t{0}, INT64_MAX); }

// Values that flags are read into; they live as long as the parser.
struct Arguments {
  StartOptions start;
  bool no_demo = false, json = false;
  std::string data = "data";
  std::string account, asset, amount, reference, permissions = "read,trade", key_type = "hmac", public_key_file,
                                                 api_key, symbol, value;
  json::object market, settings;
  InspectOptions inspect;
  std::optional<std::uint64_t> until;
  BenchOptions bench;
  LoadCommandOptions load;
};

class CommandLine {
 public:
  CommandLine() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "exchange 0.1.0");
    app_.get_formatter()->column_width(34);
    add_start();
    add_demo();
    add_keys();
    add_deposit();
    add_markets();
    add_tools();
    add_bench();
    add_load();
  }

  int run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
      fmt::print("{}", app_.help("", CLI::AppFormatMode::Normal));
      return kExitDone;
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);
      fmt::print(stderr, "exchange: {} (see --help)\n", error.what());
      return kExitUsage;
    }
    return action_();
  }

 private:
  CLI::App* command(CLI::App& parent, const std::string& name, const std::string& what, const std::string& example,
                    std::function<int()> action) {
    CLI::App* added = parent.add_subcommand(name, what);
    added->footer("Example:\n  " + example);
    added->add_flag("--json", arguments_.json, "Print one JSON object");
    added->final_callback([this, action = std::move(action)] { action_ = action; });
    return added;
  }
  void add_data(CLI::App* to) {
    to->add_option("--data", arguments_.data, "Data folder")->envname("EXCHANGE_DATA")->capture_default_str();
  }

  // Asks the running exchange and prints its result.
  int ask(const json::object& request) {
    const auto result = ask_exchange(arguments_.data, request);
    if (!result) return report(result.error());
    print_object(*result, arguments_.json);
    return kExitDone;
  }
  int ask_for_list(const json::object& request, const char* list, const std::vector<std::string>& columns) {
    const auto result = ask_exchange(arguments_.data, request);
    if (!result) return report(result.error());
    print_table(*result, list, columns, arguments_.json);
    return kExitDone;
  }

  void add_start();
  void add_demo();
  void add_start_options(CLI::App& to);
  void add_keys();
  int create_key();
  void add_deposit();
  void add_markets();
  int ask_about_market(const std::string& name, json::object request) {
    request["command"] = "markets_" + name;
    request["symbol"] = arguments_.symbol;
    return ask(request);
  }
  void add_market_add(CLI::App& markets);
  void add_market_settings(CLI::App& markets);
  void add_tools();
  void add_bench();
  void add_load();

  CLI::App app_{
      "A cryptocurrency exchange: order matching, accounts, Binance-compatible REST, streams and WebSocket API.",
      "exchange"};
  Arguments arguments_;
  std::function<int()> action_;
};

void CommandLine::add_start() {
  CLI::App* start = command(app_, "start", "Run the exchange", "exchange start --demo --listen 127.0.0.1:8080",
                            [this] { return exchange::start(arguments_.start); });
  add_start_options(*start);
  CLI::Option* demo = start->add_flag("--demo", arguments_.start.demo,
                                      "With simulated traders, and a funded account \"demo\" whose API key is printed");
  start->add_flag("--no-demo", arguments_.no_demo, "Without them (default)")->excludes(demo);
}

// The same as `start --demo`.
void CommandLine::add_demo() {
  CLI::App* demo =
      command(app_, "demo", "Run the exchange with a market that lives: simulated traders, a funded API key",
              "exchange demo --listen 127.0.0.1:8080", [this] {
                arguments_.start.demo = true;
                return exchange::start(arguments_.start);
              });
  add_start_options(*demo);
}

void CommandLine::add_start_options(CLI::App& to) {
  ConfigFlags& flags = arguments_.start.flags;
  to.add_option("--data", flags.data, "Data folder [data]");
  to.add_option("--listen", flags.listen,
                "Address for clients, REST and WebSocket [127.0.0.1:8080]; port 0: any free one");
  to.add_option("--config", flags.file, "Configuration file [exchange.toml, when there is one]");
  to.add_option("--limits", flags.limits, "Request limits: binance or open [binance]");
}

int CommandLine::create_key() {
  const Arguments& given = arguments_;
  json::object request{{"command", "keys_create"},
                       {"account", given.account},
                       {"permissions", given.permissions},
                       {"type", given.key_type}};
  if (given.key_type == "hmac" && !given.public_key_file.empty()) {
    return report({core::ErrorKind::invalid_input, "an HMAC key has no public key", "--public-key",
                   "say --type rsa or --type ed25519"});
  }
  if (given.key_type != "hmac") {
    if (given.public_key_file.empty())
      return report({core::ErrorKind::invalid_input, "a key of type " + given.key_type + " needs --public-key FILE",
                     "--type", "see --help"});
    auto pem = read_public_key(given.public_key_file, given.key_type);
    if (!pem) return report(pem.error());
    request["public_key"] = *pem;
  }
  return ask(request);
}

void CommandLine::add_keys() {
  CLI::App* keys = app_.add_subcommand("keys", "API keys of a running exchange");
  keys->require_subcommand(1);
  CLI::App* create =
      command(*keys, "create",
              "Make a key, and the account if it is missing; prints API key and secret, once. With a public key there "
              "is no secret: the client signs with its private key",
              "exchange keys create --account alice --permissions read,trade\n"
              "  exchange keys create --account alice --type ed25519 --public-key alice.pub.pem",
              [this] { return create_key(); });
  create->add_option("--account", arguments_.account, "Name of the account")->required();
  create->add_option("--permissions", arguments_.permissions, "Any of read,trade,withdraw")->capture_default_str();
  create->add_option("--type", arguments_.key_type, "Kind of key: hmac, rsa (2048 to 4096 bits) or ed25519")
      ->check(CLI::IsMember({"hmac", "rsa", "ed25519"}))
      ->capture_default_str();
  create->add_option("--public-key", arguments_.public_key_file,
                     "The client's public key for rsa and ed25519: a PEM file, as openssl pkey -pubout writes it");
  add_data(create);
  add_data(command(*keys, "list", "All keys, without secrets", "exchange keys list", [this] {
    return ask_for_list({{"command", "keys_list"}}, "keys",
                        {"api_key", "account", "permissions", "type", "created_ms", "revoked_ms"});
  }));
  CLI::App* revoke = command(*keys, "revoke", "Take a key out of force, at once", "exchange keys revoke KEY",
                             [this] { return ask({{"command", "keys_revoke"}, {"api_key", arguments_.api_key}}); });
  revoke->add_option("key", arguments_.api_key, "The API key")->required();
  add_data(revoke);
}

void CommandLine::add_deposit() {
  CLI::App* deposit = command(app_, "deposit", "Give an account money (development only)",
                              "exchange deposit --account alice --asset BTC --amount 1.5", [this] {
                                return ask({{"command", "deposit"},
                                            {"account", arguments_.account},
                                            {"asset", arguments_.asset},
                                            {"amount", arguments_.amount},
                                            {"reference", arguments_.reference}});
                              });
  deposit->add_option("--account", arguments_.account, "Name of the account")->required();
  deposit->add_option("--asset", arguments_.asset, "Symbol of the asset")->required();
  deposit->add_option("--amount", arguments_.amount, "Decimal amount")->required();
  deposit->add_option("--reference", arguments_.reference,
                      "Of the outside movement; a second deposit with the same one is refused");
  add_data(deposit);
}

void CommandLine::add_markets() {
  CLI::App* markets = app_.add_subcommand("markets", "Markets of a running exchange");
  markets->require_subcommand(1);
  add_data(command(*markets, "list", "All markets", "exchange markets list", [this] {
    return ask_for_list({{"command", "markets_list"}}, "markets",
                        {"symbol", "state", "base", "quote", "tick", "lot", "notional_min", "maker_fee", "taker_fee"});
  }));
  add_market_add(*markets);
  add_market_settings(*markets);
  for (const auto& [name, what] :
       {std::pair{"halt", "Stop trading: orders are refused, cancels are taken"}, {"resume", "Trade again"}}) {
    CLI::App* one = command(*markets, name, what, std::string("exchange markets ") + name + " BTCUSDT",
                            [this, name = std::string(name)] { return ask_about_market(name, {}); });
    one->add_option("symbol", arguments_.symbol, "Symbol of the market")->required();
    add_data(one);
  }
  for (const auto& [name, argument, example, what] :
       {std::array{"state", "state", "auction",
                   "Change the state: trading, halted, pre_open, auction, auction_frozen, cancel_only, post_only, "
                   "limit_only, closed"},
        std::array{"auctions", "resumes", "on", "Whether trading begins with an auction after a halt: on, off"}}) {
    CLI::App* one = command(*markets, name, what, std::string("exchange markets ") + name + " BTCUSDT " + example,
                            [this, name = std::string(name), argument = std::string(argument)] {
                              return ask_about_market(name, {{argument, arguments_.value}});
                            });
    one->add_option("symbol", arguments_.symbol, "Symbol of the market")->required();
    one->add_option(argument, arguments_.value, "What it shall be")->required();
    add_data(one);
  }
}

// Settings of a market that are options of one command each.
void CommandLine::add_market_settings(CLI::App& markets) {
  struct Field {
    const char *flag, *key, *what;
  };
  struct Setting {
    const char *name, *what, *example;
    std::vector<Field> fields;
  };
  const Setting settings[] = {
      {"ranges",
       "How far trades may be from the last auction's and the last trade's price",
       "BTCUSDT --static-bp 1000 --dynamic-bp 200 --outcome auction --reference 50000",
       {{"--static-bp", "static_bp", "Around the last auction's price, in basis points; 0: off"},
        {"--dynamic-bp", "dynamic_bp", "Around the last trade's price, in basis points; 0: off"},
        {"--outcome", "outcome", "Of an order that gets there: expire (what is left of it), auction (the market)"},
        {"--reference", "reference", "Price that the static range is around until the next auction"}}},
      {"allocation",
       "How a part of a price level is shared out among the orders there",
       "BTCUSDT pro_rata --top-first on --share-min 0.001",
       {{"allocation", "allocation", "price_time, pro_rata"},
        {"--top-first", "top_first", "Whether the oldest order fills before the others share: on, off"},
        {"--share-min", "share_min", "A share below this quantity is none"}}}};
  for (const Setting& setting : settings) {
    CLI::App* one = command(
        markets, setting.name, setting.what, std::string("exchange markets ") + setting.name + " " + setting.example,
        [this, name = std::string(setting.name)] { return ask_about_market(name, arguments_.settings); });
    one->add_option("symbol", arguments_.symbol, "Symbol of the market")->required();
    for (const Field& field : setting.fields) {
      one->add_option_function<std::string>(
          field.flag, [this, key = field.key](const std::string& value) { arguments_.settings[key] = value; },
          field.what);
    }
    add_data(one);
  }
}

void CommandLine::add_market_add(CLI::App& markets) {
  // Flag, key of the request, default (none: required), what it is.
  struct Field {
    const char *key, *fallback, *what;
  };
  static constexpr Field kFields[] = {
      {"base", nullptr, "Base asset; listed with 8 decimals when it is new"},
      {"quote", nullptr, "Quote asset; listed with 8 decimals when it is new"},
      {"tick", "0.01", "Price step"},
      {"lot", "0.00001", "Quantity step"},
      {"price_min", "0.01", "Lowest price"},
      {"price_max", "1000000", "Highest price"},
      {"quantity_min", "0.00001", "Smallest quantity"},
      {"quantity_max", "9000", "Largest quantity"},
      {"notional_min", "5", "Smallest price × quantity"},
      {"notional_max", "9000000", "Largest price × quantity"},
      {"maker_fee", "0.001", "Fraction taken from the maker"},
      {"taker_fee", "0.001", "Fraction taken from the taker"},
  };
  CLI::App* add =
      command(markets, "add", "List a new market",
              "exchange markets add XRPUSDT --base XRP --quote USDT --tick 0.0001 --lot 0.1 --price-min 0.0001",
              [this] { return ask_about_market("add", arguments_.market); });
  add->add_option("symbol", arguments_.symbol, "Symbol of the market")->required();
  for (const Field& field : kFields) {
    std::string flag = std::string("--") + field.key;
    std::replace(flag.begin(), flag.end(), '_', '-');
    std::string what = field.what;
    if (field.fallback) {
      arguments_.market[field.key] = field.fallback;
      what += std::string(" [") + field.fallback + "]";
    }
    CLI::Option* option = add->add_option_function<std::string>(
        flag, [this, key = field.key](const std::string& value) { arguments_.market[key] = value; }, what);
    if (!field.fallback) option->required();
  }
  add_data(add);
}

void CommandLine::add_tools() {
  add_data(command(app_, "verify",
                   "Check all that is stored: checksums, chain, replay, snapshots, money; exit 1 and the first bad "
                   "place when something is wrong",
                   "exchange verify --data data", [this] {
                     const json::object result = verify(arguments_.data);
                     print_object(result, arguments_.json);
                     if (result.contains("could_not_run") && result.at("could_not_run").as_bool())
                       return kExitCouldNotRun;
                     return result.at("ok").as_bool() ? kExitDone : kExitWrong;
                   }));
  CLI::App* inspect = command(app_, "inspect", "Print records of the journal, one a line",
                              "exchange inspect --from 100 --to 120 --events", [this] {
                                arguments_.inspect.data = arguments_.data;
                                arguments_.inspect.json = arguments_.json;
                                const auto done = exchange::inspect(arguments_.inspect);
                                return done ? kExitDone : report(done.error());
                              });
  inspect->add_option("--from", arguments_.inspect.from, "First sequence [1]")->check(whole_number());
  inspect->add_option("--to", arguments_.inspect.to, "Last sequence [the end]")->check(whole_number());
  inspect->add_option("--account", arguments_.inspect.account, "Only what concerns this account id")
      ->check(whole_number());
  inspect->add_option("--order", arguments_.inspect.order, "Only what concerns this order id")->check(whole_number());
  inspect->add_flag("--events", arguments_.inspect.events, "Also the events, made again by replay");
  add_data(inspect);
  CLI::App* replay =
      command(app_, "replay", "Replay the journal and print the state's hash", "exchange replay --until 1000", [this] {
        const auto result = replay_log(arguments_.data, arguments_.until);
        if (!result) return report(result.error());
        print_object(*result, arguments_.json);
        return kExitDone;
      });
  replay->add_option("--until", arguments_.until, "Last sequence [the end]")->check(whole_number());
  add_data(replay);
  add_data(command(app_, "snapshot", "Take a snapshot now, whether the exchange runs or not",
                   "exchange snapshot --data data", [this] {
                     const auto result = take_snapshot(arguments_.data);
                     if (!result) return report(result.error());
                     print_object(*result, arguments_.json);
                     return kExitDone;
                   }));
  add_data(command(app_, "status", "Figures of the running exchange", "exchange status",
                   [this] { return ask({{"command", "status"}}); }));
}

void add_fold_options(CLI::App& bench, bool is_shapes, BenchOptions& options) {
  if (is_shapes) {
    bench.add_option("--orders", options.orders, "Resting orders, of one shape alone; else all shapes");
    bench.add_option("--markets", options.markets, "Markets they are in, with --orders")
        ->capture_default_str()
        ->check(CLI::Range(1, 1'000'000));
  } else {
    bench.add_option("--trace", options.trace, "A trace file; else the four built-in flows");
    bench.add_option("--commands", options.commands, "Commands of each built-in flow")->capture_default_str();
  }
  bench.add_option("--runs", options.runs, "Runs; the median counts")->capture_default_str()->check(CLI::Range(1, 101));
}

void CommandLine::add_bench() {
  CLI::App* bench = app_.add_subcommand("bench", "Measure this machine");
  bench->require_subcommand(1);
  BenchOptions& options = arguments_.bench;
  struct Part {
    const char *name, *what;
    int (*run)(const BenchOptions&);
  };
  for (const Part& part :
       {Part{"matching", "The matching fold alone, on order flows", bench_matching_command},
        Part{"shapes", "The matching fold by kind of command, in books of many depths and in many markets",
             bench_shapes_command},
        Part{"core", "Accounts, ledger, fees and matching, on order flows", bench_core_command},
        Part{"journal", "Commits of the journal: latency and throughput", bench_journal_command},
        Part{"pipeline", "Sequence, journal, commit, fold, release: throughput, and latency at a fixed rate",
             bench_pipeline_command},
        Part{"rest", "Signed REST orders from 64 connections, against a child process", bench_rest_command},
        Part{"websocket",
             "Against a child process: orders over the WebSocket API, signed and logged on; streams to 100 readers; "
             "memory of idle connections",
             bench_websocket_command}}) {
    CLI::App* one = command(*bench, part.name, part.what, std::string("exchange bench ") + part.name + " --json",
                            [this, run = part.run] {
                              arguments_.bench.json = arguments_.json;
                              return run(arguments_.bench);
                            });
    const std::string_view name = part.name;
    if (name == "matching" || name == "core" || name == "shapes") {
      add_fold_options(*one, name == "shapes", options);
    } else {
      one->add_option("--data", options.folder,
                      "Where to make the temporary folder: it decides which disk is measured [.]");
      one->add_option("--seconds", options.seconds, "Length of each measurement")
          ->capture_default_str()
          ->check(CLI::Range(1, 600));
    }
    if (name == "rest" || name == "websocket")
      one->add_option("--connections", options.connections, "Connections")
          ->capture_default_str()
          ->check(CLI::Range(1, 4096));
    if (name == "websocket") {
      one->add_option("--readers", options.readers, "Readers of streams")
          ->capture_default_str()
          ->check(CLI::Range(1, 4096));
      one->add_option("--idle", options.idle, "Idle connections")
          ->capture_default_str()
          ->check(CLI::Range(1, 1'000'000));
    }
    if (name == "pipeline" || name == "rest" || name == "websocket")
      one->add_option("--rate", options.rate,
                      "Commands per second of the latency measurement; 0: pipeline 10000, rest and websocket 5000, "
                      "orders behind the streams 10000");
  }
}

void CommandLine::add_load() {
  CLI::App* load = app_.add_subcommand("load", "Signed orders against any running exchange, with latencies");
  load->require_subcommand(1);
  LoadCommandOptions& options = arguments_.load;
  for (const auto& [name, what] :
       {std::pair{"rest", "Over the REST API"},
        {"websocket", "Over the WebSocket API; with an Ed25519 key each connection logs on and then signs nothing"}}) {
    CLI::App* one = command(*load, name, what,
                            std::string("exchange load ") + name + " --key-file key.json --rate 10000 --seconds 30",
                            [this, name = std::string(name)] {
                              arguments_.load.protocol = name;
                              arguments_.load.json = arguments_.json;
                              return load_command(arguments_.load);
                            });
    one->add_option("--url", options.url, "The exchange")->capture_default_str();
    one->add_option("--key-file", options.key_files,
                    "What `keys create --json` printed; several: connections take them in turn");
    one->add_option("--api-key", options.api_key, "A key by itself, with --secret or --private-key");
    one->add_option("--secret", options.secret, "Its secret (HMAC)");
    one->add_option("--private-key", options.private_key, "Its private key (Ed25519, a PEM file)");
    one->add_option("--connections", options.connections, "Connections")
        ->capture_default_str()
        ->check(CLI::Range(1, 16'000));
    one->add_option("--pipelined", options.pipelined, "Requests under way on a connection at most")
        ->capture_default_str()
        ->check(CLI::Range(1, 128));
    one->add_option("--rate", options.rate,
                    "Requests per second over all connections, due at fixed times; latency counts from when one was "
                    "due. 0: each connection sends when it has an answer")
        ->capture_default_str()
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{10'000'000}));
    one->add_option("--seconds", options.seconds, "Length of the measurement, after a warm-up of half a second")
        ->capture_default_str()
        ->check(CLI::Range(1, 86'400));
    one->add_option("--pattern", options.pattern,
                    "cancel: a buy order that rests, then its cancel; trade: buys and sells in turn at one price")
        ->capture_default_str()
        ->check(CLI::IsMember({"cancel", "trade"}));
    one->add_option("--symbol", options.symbol, "Market")->capture_default_str();
    one->add_option("--price", options.price, "Price of the orders")->capture_default_str();
    one->add_option("--quantity", options.quantity, "Quantity of each")->capture_default_str();
    if (std::string_view(name) == "websocket")
      one->add_flag("--no-logon", options.no_logon, "Sign every request, with an Ed25519 key too");
  }
}

}  // namespace

int exit_code(const core::Error& error) {
  return error.kind == core::ErrorKind::invalid_input ? kExitUsage : kExitCouldNotRun;
}

int report(const core::Error& error) {
  std::fflush(stdout);
  fmt::print(stderr, "exchange: {}\n", error.text());
  return exit_code(error);
}

int run(int argc, char** argv) { return CommandLine().run(argc, argv); }

}  // namespace exchange
