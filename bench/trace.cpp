#include "bench/trace.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace bench {
namespace {

constexpr char kMagic[9] = "FLOWTRC1";

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

std::unexpected<core::Error> corrupt(const char* what, const std::string& path) {
  return core::fail(core::ErrorKind::corrupt, what, path, "give a file in the format of bench/trace.h");
}

bool within(const TraceHeader& header, const TraceCommand& command) {
  return command.symbol < header.symbol_count && command.order_id <= header.order_id_max && command.side <= 1 &&
         command.kind <= TraceKind::reduce;
}

}  // namespace

core::Result<Trace> read_trace(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    return core::fail(errno == ENOENT ? core::ErrorKind::not_found : core::ErrorKind::io, std::strerror(errno), path);
  }
  Trace trace;
  if (std::fread(&trace.header, sizeof trace.header, 1, file.get()) != 1 ||
      std::memcmp(trace.header.magic, kMagic, sizeof trace.header.magic) != 0) {
    return corrupt("not a trace", path);
  }
  std::fseek(file.get(), 0, SEEK_END);
  const auto bytes = static_cast<std::uint64_t>(std::ftell(file.get()));
  std::fseek(file.get(), sizeof trace.header, SEEK_SET);
  const std::uint64_t there = (bytes - sizeof trace.header) / sizeof(TraceCommand);
  if (trace.header.command_count > there || trace.header.prefill_count > trace.header.command_count) {
    return corrupt("cut short", path);
  }
  if (trace.header.order_id_max > trace.header.command_count) return corrupt("more orders than commands", path);
  trace.commands.resize(trace.header.command_count);
  if (std::fread(trace.commands.data(), sizeof(TraceCommand), trace.commands.size(), file.get()) !=
      trace.commands.size()) {
    return corrupt("cut short", path);
  }
  for (const TraceCommand& command : trace.commands) {
    if (!within(trace.header, command)) return corrupt("a command names what its header does not have", path);
  }
  return trace;
}

core::Result<void> write_trace(const Trace& trace, const std::string& path) {
  File file(std::fopen(path.c_str(), "wb"));
  const bool written = file && std::fwrite(&trace.header, sizeof trace.header, 1, file.get()) == 1 &&
                       std::fwrite(trace.commands.data(), sizeof(TraceCommand), trace.commands.size(), file.get()) ==
                           trace.commands.size() &&
                       std::fclose(file.release()) == 0;
  if (!written) return core::fail(core::ErrorKind::io, std::strerror(errno), path);
  return {};
}

}  // namespace bench
