// CHECK: an invariant of the program itself, tested in every build. A failed CHECK is a bug, never a client's doing: it
// prints where and what, and ends the process, which then recovers by replay.
#pragma once

namespace core {

// Prints `file:line: CHECK failed: condition (detail)` to standard error and aborts.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const char* detail = nullptr) noexcept;

}  // namespace core

#define CHECK(condition)                                    \
  do {                                                      \
    if (!(condition)) [[unlikely]]                          \
      ::core::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)

// CHECK with a constant explanation for whoever reads the crash.
#define CHECK_MSG(condition, message)                                \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::core::check_failed(__FILE__, __LINE__, #condition, message); \
  } while (false)
