// The header in front of every command and every message that is logged or sent between machines. Written down, with
// the numbers of all record types, in docs/formats/records.md.
#pragma once

#include <cstdint>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/ids.h"

namespace core {

// Encoded in this order, little-endian, kRecordHeaderBytes in all; the body follows.
struct RecordHeader {
  std::uint32_t length_bytes = 0;  // header and body
  std::uint16_t type = 0;          // numbers are never reused
  std::uint8_t version = 1;        // of the body's layout
  std::uint8_t flags = 0;          // reserved, zero
  SenderId sender;                 // who sequenced it: gateways, folds
  Epoch epoch;                     // the sender's start
  Sequence sequence;               // in this log, gap-free
  Time time;                       // the fold's time: never falls within a log
  std::uint64_t causation = 0;     // the sender's own number for what caused it; 0: none
  std::int64_t received_at_ns =
      0;                  // when the gateway had the last byte of the request; for latency only, folds ignore it
  std::uint32_t crc = 0;  // CRC-32C of all the other bytes of the record, header first
};

inline constexpr std::size_t kRecordHeaderBytes = 4 + 2 + 1 + 1 + 4 + 4 + 8 + 8 + 8 + 8 + 4;
inline constexpr std::size_t kRecordBytesMax = 64 * 1024;

struct Record {
  RecordHeader header;
  BytesView body;  // points into the bytes it was decoded from
};

// Starts a record in `out`; `finish_record` completes length and CRC once the body has been appended.
// Returns where the record starts.
std::size_t start_record(const RecordHeader& header, Bytes& out);
void finish_record(std::size_t start, Bytes& out);

// Takes the first record off `bytes`. Errors: corrupt (length out of range, CRC) — never reads outside `bytes`.
Result<Record> take_record(BytesView& bytes);

}  // namespace core
