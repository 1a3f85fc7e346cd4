// `exchange start`: everything wired together, from the configuration to the loop.
#pragma once

#include "cmd/exchange/config.h"

namespace exchange {

struct StartOptions {
  ConfigFlags flags;
  bool demo = false;
  bool json = false;
};

// Serves until SIGTERM or SIGINT; returns the exit code.
[[nodiscard]] int start(const StartOptions& options);

}  // namespace exchange
