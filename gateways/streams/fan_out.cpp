#include "gateways/streams/fan_out.h"

#include <algorithm>
#include <utility>

#include "gateways/websocket/frame.h"
#include "pkg/core/check.h"

namespace streams {
namespace {

constexpr std::string_view kTooSlow = "Too slow: too many unread messages.";

}  // namespace

bool is_conflatable(StreamKind kind) {
  switch (kind) {
    case StreamKind::trade:
    case StreamKind::aggregate_trade:
    case StreamKind::depth:
      return false;
    default:
      return true;
  }
}

// ---- who reads what ----

void FanOut::join(Reader& reader) {
  reader.position_ = readers_.size();
  readers_.push_back(&reader);
  ++counters_.readers;
}

void FanOut::forget(Reader& reader) {
  readers_.back()->position_ = reader.position_;
  std::swap(readers_[reader.position_], readers_.back());
  readers_.pop_back();
  --counters_.readers;
  std::erase(doomed_, &reader);
  slow_bytes_ -= reader.slow_bytes_;
}

void FanOut::add(Reader& reader, Stream& stream, std::uint64_t behind_since) {
  std::vector<Entry>& entries = stream.readers[reader.format_.index()];
  const auto place = static_cast<std::uint32_t>(reader.places_.size());
  reader.places_.push_back({&stream, static_cast<std::uint32_t>(entries.size())});
  entries.push_back({&reader, place, behind_since});
  ++stream.reader_count;
  ++counters_.subscriptions;
  if (behind_since != Entry::kUpToDate) list_behind(stream);
}

bool FanOut::reads(const Reader& reader, const Stream& stream) {
  return std::ranges::find(reader.places_, &stream, &Reader::Place::stream) != reader.places_.end();
}

// The last entry takes the place of the one that goes.
void FanOut::fill_gap(std::vector<Entry>& entries, std::size_t at) {
  if (at + 1 != entries.size()) {
    entries[at] = entries.back();
    entries[at].reader->places_[entries[at].place].entry = static_cast<std::uint32_t>(at);
  }
  entries.pop_back();
}

bool FanOut::remove(Reader& reader, Stream& stream) {
  const auto found = std::ranges::find(reader.places_, &stream, &Reader::Place::stream);
  if (found == reader.places_.end()) return false;
  fill_gap(stream.readers[reader.format_.index()], found->entry);
  const auto from = static_cast<std::size_t>(found - reader.places_.begin());
  reader.places_.erase(found);
  for (std::size_t i = from; i < reader.places_.size(); ++i) {
    const Reader::Place& moved = reader.places_[i];
    moved.stream->readers[reader.format_.index()][moved.entry].place = static_cast<std::uint32_t>(i);
  }
  --stream.reader_count;
  --counters_.subscriptions;
  if (stream.reader_count == 0 && stream.is_listed_behind) {
    std::erase(behind_, &stream);
    stream.is_listed_behind = false;
  }
  return true;
}

void FanOut::set_combined(Reader& reader, bool is_combined) {
  if (reader.format_.is_combined == is_combined) return;
  const std::size_t from = reader.format_.index();
  reader.format_.is_combined = is_combined;
  for (Reader::Place& place : reader.places_) {
    Stream& stream = *place.stream;
    const Entry entry = stream.readers[from][place.entry];
    fill_gap(stream.readers[from], place.entry);
    std::vector<Entry>& to = stream.readers[reader.format_.index()];
    place.entry = static_cast<std::uint32_t>(to.size());
    to.push_back(entry);
  }
}

void FanOut::list_behind(Stream& stream) {
  if (std::exchange(stream.is_listed_behind, true)) return;
  behind_.push_back(&stream);
}

std::vector<Stream*> FanOut::take_behind() {
  for (Stream* const stream : behind_) stream->is_listed_behind = false;
  return std::exchange(behind_, {});
}

// ---- messages ----

websocket::Frame FanOut::make_frame(const Stream& stream, Format format, std::string_view payload) {
  return make_frame(stream.text, format, payload);
}

websocket::Frame FanOut::make_frame(std::string_view stream, Format format, std::string_view payload) {
  ++counters_.messages_encoded;
  if (!format.is_combined) return websocket::make_text_frame(payload);
  combined_.clear();
  spot::JsonWriter(combined_).begin_object().field("stream", stream).key("data").raw(payload).end_object();
  return websocket::make_text_frame(combined_);
}

void FanOut::deliver(Stream& stream, std::vector<Entry>& entries, const websocket::Frame& frame, std::uint64_t change,
                     bool is_final) {
  const bool may_skip = !is_final && is_conflatable(stream.name.kind);
  for (Entry& entry : entries) {
    Reader& reader = *entry.reader;
    if (!may_skip) {
      if (is_too_slow(reader)) close_slow(reader);
    } else if (entry.behind_since != Entry::kUpToDate) {
      ++counters_.messages_skipped;
      continue;
    } else if (is_above(reader, limits_.soft_bytes)) {
      entry.behind_since = change;
      list_behind(stream);
      ++counters_.messages_skipped;
      continue;
    }
    send(reader, frame);
  }
}

// Whether the entry's reader is behind and can take more; then it counts as up to date.
bool FanOut::may_catch_up(Stream& stream, Entry& entry) {
  if (entry.behind_since == Entry::kUpToDate) return false;
  if (is_above(*entry.reader, limits_.soft_bytes / 2)) {
    list_behind(stream);
    return false;
  }
  entry.behind_since = Entry::kUpToDate;
  return true;
}

void FanOut::send_final(Reader& reader, std::string_view stream, std::string_view payload) {
  if (is_too_slow(reader)) close_slow(reader);
  if (!reader.is_closing_) send(reader, make_frame(stream, reader.format_, payload));
}

void FanOut::send_answer(Reader& reader, std::string_view text) {
  // Whoever asks without reading the answers is closed like everybody else.
  if (is_too_slow(reader)) close_slow(reader);
  if (!reader.is_closing_) send(reader, websocket::make_text_frame(text));
}

void FanOut::send(Reader& reader, const websocket::Frame& frame) {
  if (reader.is_closing_) return;
  reader.unsent_bytes_ += frame->size();
  ++counters_.messages_sent;
  counters_.bytes_sent += frame->size();
  reader.peer_.send(frame);
}

// ---- slow readers ----

// The peer is asked only when what it was sent since the last time could have taken it above the bound.
bool FanOut::is_above(Reader& reader, std::size_t bytes) {
  if (reader.unsent_bytes_ <= bytes) return false;
  measure(reader);
  return reader.unsent_bytes_ > bytes;
}

void FanOut::measure(Reader& reader) {
  reader.unsent_bytes_ = reader.peer_.unsent_bytes();
  slow_bytes_ -= reader.slow_bytes_;
  reader.slow_bytes_ = reader.unsent_bytes_ > limits_.soft_bytes ? reader.unsent_bytes_ : 0;
  slow_bytes_ += reader.slow_bytes_;
}

void FanOut::measure_slow() {
  if (slow_bytes_ == 0) return;
  for (Reader* const reader : readers_) {
    if (reader->slow_bytes_ > 0) measure(*reader);
  }
}

bool FanOut::is_too_slow(Reader& reader) {
  if (!is_above(reader, limits_.soft_bytes)) return false;
  return reader.unsent_bytes_ > limits_.hard_bytes || slow_bytes_ > limits_.total_bytes;
}

void FanOut::close_slow(Reader& reader) {
  if (reader.is_closing_) return;
  ++counters_.readers_closed_slow;
  doom(reader, websocket::CloseCode::policy_violation, kTooSlow);
}

void FanOut::doom(Reader& reader, websocket::CloseCode code, std::string_view reason) {
  if (std::exchange(reader.is_closing_, true)) return;
  reader.close_code_ = code;
  reader.close_reason_ = reason;
  doomed_.push_back(&reader);
}

// One at a time: closing may end the reader, and through it others.
void FanOut::close_doomed() {
  while (!doomed_.empty()) {
    Reader& reader = *doomed_.back();
    doomed_.pop_back();
    reader.peer_.close(reader.close_code_, reader.close_reason_);
  }
}

}  // namespace streams
