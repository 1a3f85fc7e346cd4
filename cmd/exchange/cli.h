// The command line: words and flags to a call. Exit codes: 0 done, 1 the thing checked is wrong, 2 wrong usage, 3 could
// not run.
#pragma once

#include "pkg/core/error.h"

namespace exchange {

inline constexpr int kExitDone = 0;
inline constexpr int kExitWrong = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitCouldNotRun = 3;

[[nodiscard]] int exit_code(const core::Error& error);
// Prints `exchange: where: what (hint)` as one line on standard error; returns the exit code.
int report(const core::Error& error);

int run(int argc, char** argv);

}  // namespace exchange
