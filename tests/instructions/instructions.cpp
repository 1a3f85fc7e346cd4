// What dev/instructions runs: makes a flow's trace, and replays it so that callgrind counts the timed commands alone,
// without the filling of the book before them.
//
//   instructions make FLOW COMMANDS FILE
//   instructions count FILE                  under valgrind --tool=callgrind --instr-atstart=no
#include <valgrind/callgrind.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bench/flow.h"
#include "bench/matching_replay.h"

namespace {

int make(std::string_view flow, const char* commands, const std::string& file) {
  const auto kind = bench::flow_named(flow);
  if (!kind) return 2;
  return bench::write_trace(bench::make_flow(*kind, std::strtoull(commands, nullptr, 10)), file) ? 0 : 3;
}

int count(const std::string& file) {
  const auto trace = bench::read_trace(file);
  if (!trace) return 3;
  bench::MatchingReplay replay(trace->header);
  std::size_t i = replay.prefill(*trace);
  CALLGRIND_START_INSTRUMENTATION;
  for (; i < trace->commands.size(); ++i) replay.apply(trace->commands[i]);
  CALLGRIND_STOP_INSTRUMENTATION;
  return replay.agrees(trace->header) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "make" && argc == 5) return make(argv[2], argv[3], argv[4]);
  if (what == "count" && argc == 3) return count(argv[2]);
  std::fputs("usage: instructions make FLOW COMMANDS FILE | count FILE\n", stderr);
  return 2;
}
