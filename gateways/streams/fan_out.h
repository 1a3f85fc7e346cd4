// From one message to all who read it, and what happens to those who read too slowly.
//
// A message is written once per format that somebody reads (raw or combined, milliseconds or microseconds) into a
// frame that all its readers share. How far behind a reader is, is known by the bytes it has not taken yet:
//
//   up to `soft`         it gets everything;
//   above `soft`         streams of which only the latest state matters (tickers, candles, best prices, partial depth)
//                        pass it over; once it is down to half of that, it gets their state as it is then, and goes on;
//   above `hard`         at the next message of a stream that must not have gaps (depth changes, trades, closed
//                        candles, the account's own events) it is closed: policy_violation, with the reason.
//
// While all readers above `soft` together have more than `total` bytes waiting, `soft` is the limit for all: streams
// hold at most `total` and `soft` for each connection. Nobody waits for anybody. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/spot/context.h"
#include "gateways/spot/json_writer.h"
#include "gateways/streams/stream_name.h"
#include "gateways/websocket/application.h"

namespace streams {

struct SlowReaderLimits {
  std::size_t soft_bytes = 1 << 20, hard_bytes = 4 << 20;
  std::size_t total_bytes = 1 << 30;
};

// Counted since the start; `readers` and `subscriptions` are those there are now.
struct FanOutCounters {
  std::size_t readers = 0, subscriptions = 0;
  std::uint64_t messages_encoded = 0, messages_sent = 0, bytes_sent = 0;
  std::uint64_t messages_skipped = 0;  // that slow readers were passed over with
  std::uint64_t readers_closed_slow = 0;
};

struct Format {
  bool is_combined = false;
  spot::TimeUnit unit = spot::TimeUnit::millisecond;
  static constexpr std::size_t kCount = 4;
  [[nodiscard]] constexpr std::size_t index() const {
    return (is_combined ? 1u : 0u) + (unit == spot::TimeUnit::microsecond ? 2u : 0u);
  }
  [[nodiscard]] static constexpr Format at(std::size_t index) {
    return {(index & 1) != 0, (index & 2) != 0 ? spot::TimeUnit::microsecond : spot::TimeUnit::millisecond};
  }
};

class Reader;

// A reader's place in a stream.
struct Entry {
  static constexpr std::uint64_t kUpToDate = std::numeric_limits<std::uint64_t>::max();
  Reader* reader = nullptr;
  std::uint32_t place = 0;                 // its position among the reader's own
  std::uint64_t behind_since = kUpToDate;  // else the change it was first passed over with; 0: it has just come
};

// A stream that somebody reads.
struct Stream {
  StreamName name;
  std::string text;  // of the name; made when the first reader comes
  std::array<std::vector<Entry>, Format::kCount> readers;
  std::size_t reader_count = 0;
  bool is_listed_behind = false;
};
// Whether only the latest state of such a stream matters.
[[nodiscard]] bool is_conflatable(StreamKind kind);

// One connection, as the streams see it.
class Reader {
 public:
  Reader(websocket::Peer& peer, Format format) : peer_(peer), format_(format) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  [[nodiscard]] Format format() const { return format_; }
  [[nodiscard]] bool is_closing() const { return is_closing_; }
  [[nodiscard]] std::size_t stream_count() const { return places_.size(); }

 private:
  friend class FanOut;
  struct Place {
    Stream* stream = nullptr;
    std::uint32_t entry = 0;  // position in stream->readers[format]
  };
  websocket::Peer& peer_;
  Format format_;
  bool is_closing_ = false;
  websocket::CloseCode close_code_ = websocket::CloseCode::normal;
  std::string_view close_reason_;
  std::size_t unsent_bytes_ = 0;  // at most: as last asked for, and all sent since
  std::size_t slow_bytes_ = 0;    // of them, what is counted in the total of slow readers
  std::size_t position_ = 0;      // among all readers
  std::vector<Place> places_;
};

class FanOut {
 public:
  explicit FanOut(SlowReaderLimits limits) : limits_(limits) {}

  void join(Reader& reader);
  // From all its streams; `left(stream)` for each that nobody reads any more.
  template <class Left>
  void leave(Reader& reader, Left left) {
    while (!reader.places_.empty()) {
      Stream& stream = *reader.places_.back().stream;
      remove(reader, stream);
      if (stream.reader_count == 0) left(stream);
    }
    forget(reader);
  }
  // Asks again those that were far behind: what they have taken since counts for nobody. Ten times a second.
  void measure_slow();

  // REQUIRES that it does not read the stream.
  void add(Reader& reader, Stream& stream, std::uint64_t behind_since);
  // False: it does not read it.
  bool remove(Reader& reader, Stream& stream);
  [[nodiscard]] static bool reads(const Reader& reader, const Stream& stream);
  // In the order of subscription, as long as none was given up.
  template <class Visit>
  static void visit_streams(const Reader& reader, Visit visit) {
    for (const Reader::Place& place : reader.places_) visit(*place.stream);
  }
  void set_combined(Reader& reader, bool is_combined);

  // One message to all readers of the stream; `write(json, unit)` writes it. `change` numbers what it tells of.
  // `is_final`: no reader may be passed over, whatever the stream.
  template <class Write>
  void publish(Stream& stream, std::uint64_t change, bool is_final, Write write) {
    if (stream.reader_count == 0) return;
    bool has_payload[2] = {};
    for (std::size_t i = 0; i < Format::kCount; ++i) {
      if (stream.readers[i].empty()) continue;
      const Format format = Format::at(i);
      std::string& payload = payload_of(format.unit, has_payload, write);
      deliver(stream, stream.readers[i], make_frame(stream, format, payload), change, is_final);
    }
  }

  // Streams with readers that were passed over, or have just come.
  [[nodiscard]] std::vector<Stream*> take_behind();
  // The state of the stream to those of them who can take it; `write` as above, or nothing when there is no state.
  template <class Write>
  void catch_up(Stream& stream, Write write) {
    bool has_payload[2] = {};
    for (std::size_t i = 0; i < Format::kCount; ++i) {
      websocket::Frame frame;
      for (Entry& entry : stream.readers[i]) {
        if (!may_catch_up(stream, entry)) continue;
        const std::string& payload = payload_of(Format::at(i).unit, has_payload, write);
        if (payload.empty()) continue;
        if (!frame) frame = make_frame(stream, Format::at(i), payload);
        send(*entry.reader, frame);
      }
    }
  }
  // The same where each reader has missed something else: `write_each(since, format, send)` gives `send` each payload.
  template <class WriteEach>
  void catch_up_each(Stream& stream, WriteEach write_each) {
    for (std::size_t i = 0; i < Format::kCount; ++i) {
      for (Entry& entry : stream.readers[i]) {
        const std::uint64_t since = entry.behind_since;
        if (!may_catch_up(stream, entry)) continue;
        write_each(since, Format::at(i).unit,
                   [&](std::string_view payload) { send(*entry.reader, make_frame(stream, Format::at(i), payload)); });
      }
    }
  }

  // One message to everybody, whatever they read; `stream` is what it is called when combined.
  template <class Write>
  void broadcast(std::string_view stream, Write write) {
    bool has_payload[2] = {};
    std::array<websocket::Frame, Format::kCount> frames;
    for (Reader* const reader : readers_) {
      websocket::Frame& frame = frames[reader->format().index()];
      if (!frame) frame = make_frame(stream, reader->format(), payload_of(reader->format().unit, has_payload, write));
      send(*reader, frame);
    }
  }
  // One message that must not get lost, to one reader; `stream` is what it is called when combined.
  void send_final(Reader& reader, std::string_view stream, std::string_view payload);
  void send(Reader& reader, const websocket::Frame& frame);
  // What the connection itself asked for, as it is.
  void send_answer(Reader& reader, std::string_view text);
  // Closes it with the next close_doomed(). Nothing is sent to it any more. `reason` is a constant.
  void doom(Reader& reader, websocket::CloseCode code, std::string_view reason);
  void close_doomed();

  [[nodiscard]] const FanOutCounters& counters() const { return counters_; }

 private:
  template <class Write>
  std::string& payload_of(spot::TimeUnit unit, bool (&has_payload)[2], Write& write) {
    const std::size_t at = unit == spot::TimeUnit::millisecond ? 0 : 1;
    std::string& payload = payloads_[at];
    if (!has_payload[at]) {
      payload.clear();
      spot::JsonWriter json(payload);
      write(json, unit);
      has_payload[at] = true;
    }
    return payload;
  }
  [[nodiscard]] websocket::Frame make_frame(const Stream& stream, Format format, std::string_view payload);
  [[nodiscard]] websocket::Frame make_frame(std::string_view stream, Format format, std::string_view payload);
  void deliver(Stream& stream, std::vector<Entry>& entries, const websocket::Frame& frame, std::uint64_t change,
               bool is_final);
  [[nodiscard]] bool may_catch_up(Stream& stream, Entry& entry);
  [[nodiscard]] bool is_above(Reader& reader, std::size_t bytes);
  [[nodiscard]] bool is_too_slow(Reader& reader);
  void measure(Reader& reader);
  void close_slow(Reader& reader);
  void list_behind(Stream& stream);
  void forget(Reader& reader);
  static void fill_gap(std::vector<Entry>& entries, std::size_t at);

  const SlowReaderLimits limits_;
  std::vector<Reader*> readers_;
  std::vector<Reader*> doomed_;
  std::vector<Stream*> behind_;
  std::size_t slow_bytes_ = 0;  // of all readers above `soft`, as last measured
  std::array<std::string, 2> payloads_;
  std::string combined_;
  FanOutCounters counters_;
};

}  // namespace streams
