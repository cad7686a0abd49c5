// The catalogue says what the soak test delivers. An item is made from the seed
// and its number alone, so that a million items take no memory. The functions
// are pure.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linktor::testing {

enum class SoakKind : std::uint8_t {
  kText,
  kTextWithoutMid,
  kQuickReply,
  kEcho,
  kPostback,
  kPostbackWithoutMid,
  kReaction,
  kRead,
  // A key that nobody knows.
  kNewKind,
  // The message has a number as its text. It becomes an event of unknown
  // content.
  kMisfit,
  // The item is an edit with the number 0. It is counted as ignored.
  kIgnored,
  // The item is for an account that no channel has: it is counted as an issue.
  kStranger,
};

// A random-looking number that depends on both.
std::uint64_t Mix(std::uint64_t seed, std::uint64_t number);

// A Catalogue has the items 0 to size - 1. They resemble each other on purpose.
// An item without a mid says the same as other items of its kind, to the same
// few users, so only its time makes it another item. Each mid occurs once in
// each kind, so a mid alone does not tell which item it is.
class Catalogue {
 public:
  // `base_ms` is the time of item 0. Each item is one millisecond later than
  // the item before it.
  Catalogue(std::uint64_t seed, std::int64_t base_ms, std::uint32_t size)
      : seed_(seed), base_ms_(base_ms), size_(size) {}

  std::uint32_t size() const { return size_; }
  std::int64_t base_ms() const { return base_ms_; }

  SoakKind KindOf(std::uint32_t number) const;
  std::string UserOf(std::uint32_t number) const;
  std::int64_t TimeOf(std::uint32_t number) const { return base_ms_ + number; }
  // Returns the mid of the item itself, or of the message that it names; empty
  // when it has none.
  std::string MidOf(std::uint32_t number) const;
  // The type of its event; empty when there is to be none.
  std::string_view EventTypeOf(std::uint32_t number) const;

  // Which item was at that time.
  std::optional<std::uint32_t> NumberAt(std::int64_t time_ms) const;

  // As it is delivered. `variant` is the order of the keys, which says nothing.
  std::string Json(std::uint32_t number, std::uint64_t variant) const;

  // For reports: "item 17 (message.echoed, mid soak.16, user 610…)".
  std::string NameOf(std::uint32_t number) const;

 private:
  std::string ContentOf(std::uint32_t number, bool reversed) const;

  const std::uint64_t seed_;
  const std::int64_t base_ms_;
  const std::uint32_t size_;
};

}  // namespace linktor::testing
