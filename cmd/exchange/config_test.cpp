#include "cmd/exchange/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "cmd/exchange/temporary_folder.h"

namespace exchange {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = TemporaryFolder::make(std::filesystem::temp_directory_path());
    ASSERT_TRUE(made);
    folder.emplace(std::move(*made));
    file = folder->path() + "/exchange.toml";
  }
  core::Result<Config> load(const std::string& content, std::map<std::string, std::string> variables = {},
                            ConfigFlags flags = {}) {
    std::ofstream(file) << content;
    flags.file = file;
    return load_config(flags, [variables](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
  }
  std::optional<TemporaryFolder> folder;
  std::string file;
};

TEST_F(ConfigTest, DefaultsWithoutAnything) {
  const auto config = load("");
  ASSERT_TRUE(config) << config.error().text();
  EXPECT_EQ(config->data, "data");
  EXPECT_EQ(config->listen, "127.0.0.1:8080");
  EXPECT_EQ(config->environment, Environment::development);
  EXPECT_EQ(config->limits, LimitsProfile::binance);
  EXPECT_EQ(config->segment_bytes, 64u << 20);
  EXPECT_EQ(config->snapshot_interval_commands, 1'000'000u);
}

TEST_F(ConfigTest, FlagsWinOverVariablesWinOverTheFile) {
  const std::string content =
      "environment = \"production\"\ndata = \"from-file/\"\nlisten = \"127.0.0.1:1\"\nlimits = \"open\"\n"
      "[journal]\nsegment_mib = 8\n[snapshots]\ninterval_commands = 5000\n"
      "[store]\nkeep_days = 30\nlag_commands_max = 200000\n";
  const auto from_file = load(content);
  ASSERT_TRUE(from_file) << from_file.error().text();
  EXPECT_EQ(from_file->data, "from-file");
  EXPECT_EQ(from_file->environment, Environment::production);
  EXPECT_EQ(from_file->segment_bytes, 8u << 20);
  EXPECT_EQ(from_file->snapshot_interval_commands, 5000u);
  EXPECT_EQ(from_file->store_keep_days, 30u);
  EXPECT_EQ(from_file->store_lag_commands_max, 200'000u);
  const auto from_variables = load(content, {{"EXCHANGE_LISTEN", "127.0.0.1:2"}, {"EXCHANGE_DATA", "from-variable"}});
  ASSERT_TRUE(from_variables);
  EXPECT_EQ(from_variables->listen, "127.0.0.1:2");
  EXPECT_EQ(from_variables->data, "from-variable");
  EXPECT_EQ(from_variables->limits, LimitsProfile::open);
  ConfigFlags flags;
  flags.listen = "127.0.0.1:3";
  const auto from_flags = load(content, {{"EXCHANGE_LISTEN", "127.0.0.1:2"}}, flags);
  ASSERT_TRUE(from_flags);
  EXPECT_EQ(from_flags->listen, "127.0.0.1:3");
}

TEST_F(ConfigTest, TheDemoKeepsItsJournalSmall) {
  ConfigFlags demo;
  demo.demo = true;
  const auto usual = load("", {}, demo);
  ASSERT_TRUE(usual) << usual.error().text();
  EXPECT_EQ(usual->demo_commands_per_s, 25u);
  EXPECT_EQ(usual->demo_seed, 1u);
  EXPECT_EQ(usual->store_keep_days, 2u);
  EXPECT_EQ(load("[store]\nkeep_days = 0\n", {}, demo)->store_keep_days, 0u);
  EXPECT_EQ(usual->segment_bytes, 8u << 20);
  EXPECT_EQ(usual->snapshot_interval_commands, 50'000u);
  const auto fast = load("[demo]\ncommands_per_s = 10000\nseed = 9\n", {}, demo);
  ASSERT_TRUE(fast) << fast.error().text();
  EXPECT_EQ(fast->demo_commands_per_s, 10'000u);
  EXPECT_EQ(fast->demo_seed, 9u);
  EXPECT_EQ(fast->snapshot_interval_commands, 600'000u);
  const auto said =
      load("[demo]\ncommands_per_s = 0\n[snapshots]\ninterval_commands = 0\n[journal]\nsegment_mib = 2\n", {}, demo);
  ASSERT_TRUE(said) << said.error().text();
  EXPECT_EQ(said->demo_commands_per_s, 0u);
  EXPECT_EQ(said->snapshot_interval_commands, 0u);
  EXPECT_EQ(said->segment_bytes, 2u << 20);
  const auto without = load("[demo]\ncommands_per_s = 50\n");
  ASSERT_TRUE(without) << without.error().text();
  EXPECT_EQ(without->snapshot_interval_commands, 1'000'000u);
}

TEST_F(ConfigTest, ErrorsNameWhereWhatAndWhatIsAccepted) {
  struct Row {
    std::string content;
    std::map<std::string, std::string> variables;
    std::string where, accepted;
  };
  const Row rows[] = {
      {"\n\nlimits = \"none\"\n", {}, "line 3, limits", "binance, open"},
      {"environment = \"test\"", {}, "line 1, environment", "development, production"},
      {"log_level = 3", {}, "line 1, log_level", "log_level = "},
      {"listen = \"8080\"", {}, "line 1, listen", "127.0.0.1:8080"},
      {"lisen = \"127.0.0.1:1\"", {}, "line 1, lisen", "listen"},
      {"[journal]\nsegment_mib = 0", {}, "line 2, journal.segment_mib", "1 to 1024"},
      {"[journal]\nsegment_mib = -1", {}, "line 2, journal.segment_mib", "1 to 1024"},
      {"[journal]\nsegment_mib = 2.5", {}, "line 2, journal.segment_mib", "1 to 1024"},
      {"[journal]\nsegment_mib = 4096", {}, "line 2, journal.segment_mib", "1 to 1024"},
      {"[snapshots]\ninterval_commands = 10", {}, "line 2, snapshots.interval_commands", "or 0"},
      {"[demo]\ncommands_per_s = 10001", {}, "line 2, demo.commands_per_s", "1 to 10000, or 0"},
      {"[demo]\ncommands_per_s = \"many\"", {}, "line 2, demo.commands_per_s", "1 to 10000, or 0"},
      {"[demo]\nseed = -1", {}, "line 2, demo.seed", "or 0"},
      {"[demo]\nspeed = 1", {}, "line 2, demo.speed", "demo.seed"},
      {"[store]\nkeep_days = 36501", {}, "line 2, store.keep_days", "1 to 36500, or 0"},
      {"[store]\nkeep_days = \"all\"", {}, "line 2, store.keep_days", "1 to 36500"},
      {"[store]\nlag_commands_max = 0", {}, "line 2, store.lag_commands_max", "100000"},
      {"[store]\nkind = \"x\"", {}, "line 2, store.kind", "store.keep_days"},
      {"[journal]\nfolder = \"x\"", {}, "line 2, journal.folder", "journal.segment_mib"},
      {"[other]\na = 1", {}, "other", "known"},
      {"journal = 3", {}, "line 1, journal", "known"},
      {"listen = ", {}, "line 1", "not TOML"},
      {"", {{"EXCHANGE_LIMITS", "x"}}, "EXCHANGE_LIMITS", "binance, open"},
      {"", {{"EXCHANGE_DATA", ""}}, "EXCHANGE_DATA", "folder"},
  };
  for (const Row& row : rows) {
    const auto config = load(row.content, row.variables);
    ASSERT_FALSE(config) << row.content;
    EXPECT_EQ(config.error().kind, core::ErrorKind::invalid_input);
    EXPECT_NE(config.error().text().find(row.where), std::string::npos) << config.error().text();
    EXPECT_NE(config.error().text().find(row.accepted), std::string::npos) << config.error().text();
    if (row.variables.empty()) {
      EXPECT_NE(config.error().text().find(file), std::string::npos) << config.error().text();
    }
  }
}

TEST_F(ConfigTest, AFileThatAFlagNamesMustBeThere) {
  ConfigFlags flags;
  flags.file = folder->path() + "/missing.toml";
  const auto config = load_config(flags, [](const std::string&) { return std::nullopt; });
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().kind, core::ErrorKind::not_found);
  flags.file.reset();
  flags.limits = "some";
  const auto refused = load_config(flags, [](const std::string&) { return std::nullopt; });
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("--limits"), std::string::npos);
}

}  // namespace
}  // namespace exchange
