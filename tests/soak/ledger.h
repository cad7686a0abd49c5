// A Ledger compares what a subscriber received with what was delivered. It is
// pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "linktor/instagram/v1/event.pb.h"
#include "server/base/v1.h"
#include "tests/soak/catalogue.h"

namespace linktor::testing {

// What a cursor's sequence is; -1 for what is no cursor. Clients must not look
// inside: this is a test of the server (see server/events/cursor.h).
std::int64_t SequenceOf(const std::string& cursor);

// A Ledger is of one subscriber. It is not thread-safe.
class Ledger {
 public:
  // Borrowed: what the events should be of.
  explicit Ledger(const Catalogue& catalogue)
      : catalogue_(catalogue), times_(catalogue.size()) {}

  // Takes the next event of the stream.
  void Take(const v1::Event& event);

  struct Verdict {
    // This counts the events of an item after its first one.
    std::uint64_t duplicates = 0;
    // This counts the items without an event.
    std::uint64_t missing = 0;
    // This counts the events that belong to no item, differ from their item, or
    // come out of order.
    std::uint64_t wrong = 0;
    // The first few of all these, by name.
    std::string report;
  };
  // Judges a stream from the log's beginning to its end.
  Verdict Judge() const;

  std::uint64_t events() const { return events_; }
  // Returns a hash of the order of all events: it is equal for subscribers that
  // received the same.
  std::uint64_t order_hash() const { return order_hash_; }

 private:
  void CheckContent(const v1::Event& event, std::uint32_t number);
  void Wrong(const v1::Event& event, std::string_view why);

  const Catalogue& catalogue_;
  // How often the event of each item came.
  std::vector<std::uint8_t> times_;
  std::uint64_t events_ = 0;
  std::uint64_t wrong_ = 0;
  std::int64_t last_sequence_ = 0;
  std::uint64_t order_hash_ = 0;
  std::vector<std::string> notes_;
};

}  // namespace linktor::testing
