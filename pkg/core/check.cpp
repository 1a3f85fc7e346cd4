#include "pkg/core/check.h"

#include <cstdio>
#include <cstdlib>

namespace core {

void check_failed(const char* file, int line, const char* condition, const char* detail) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s%s%s%s\n", file, line, condition, detail ? " (" : "",
               detail ? detail : "", detail ? ")" : "");
  std::fflush(stderr);
  std::abort();
}

}  // namespace core
