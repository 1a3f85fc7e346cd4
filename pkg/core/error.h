// Operating errors: I/O that failed, bytes that do not parse, a configuration that cannot be. They are values
// (`Result<T>`), never exceptions; what a client asked for and cannot have is a Rejection (rejection.h), a bug is a
// CHECK.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace core {

// What a caller may want to tell apart; everything else is in the text.
enum class ErrorKind {
  invalid_input,  // bytes or values that are not of the accepted form
  not_found,      // a file, a folder, a name
  already_exists,
  no_space,     // ENOSPC, EDQUOT: may pass when space returns
  io,           // EIO and every other failure of a device: the file's content is unknown
  busy,         // locked by another process, port taken
  denied,       // permissions
  corrupt,      // stored bytes contradict their checksums or each other
  unsupported,  // a format version or a feature this build does not know
  outdated,     // stored by an earlier version, in a form that this build no longer reads
  unavailable,  // the other end is not there (yet)
};

// One failure, told so that a person can act: what went wrong, where, and what to do about it.
struct Error {
  ErrorKind kind = ErrorKind::io;
  std::string what;   // "checksum mismatch"
  std::string where;  // "data/journal/000000000001.log at offset 4096"; may be empty
  std::string hint;   // "restore the file from a backup"; may be empty

  // "where: what (hint)", the parts that are there.
  [[nodiscard]] std::string text() const {
    std::string out = where.empty() ? what : where + ": " + what;
    if (!hint.empty()) out += " (" + hint + ")";
    return out;
  }
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorKind kind, std::string what, std::string where = {},
                                                 std::string hint = {}) {
  return std::unexpected(Error{kind, std::move(what), std::move(where), std::move(hint)});
}

}  // namespace core
