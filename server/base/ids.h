// Says how ids look and which strings are ids. To callers ids are plain strings
// (docs/adr/0004), which they store and compare, nothing more.
// Validation, records and views use it, from any thread; only NewRawId and
// NewTimedId are not pure.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace linktor {

// These are the 16 bytes behind an id of our own; records and tables hold them
// in this form. An empty one stands for no id.
using RawId = std::string;

// Returns a random id, for what begins here: deliveries, the uid of a channel,
// and channels whose creator names no id.
RawId NewRawId();
// Returns an id that begins with the time, in ms since the epoch, and has 10
// random bytes behind it; it is for sends and their request ids. Ids of one
// time lie side by side in an index, so that a commit of many sends writes few
// of its pages. Nothing may rely on the order: a clock may be set back.
RawId NewTimedId(std::int64_t time_ms);
// Returns the first 16 bytes of SHA-256 over the parts, each preceded by its
// length in four bytes, so that different parts never give the same input. The
// same parts give the same id for ever: such ids are stored and given out, so
// do not change it.
RawId HashedRawId(std::initializer_list<std::string_view> parts);

// Returns the prefix and the bytes as lower-case hex: "msg_" and 32 digits.
// Nothing is checked.
std::string FormatId(std::string_view prefix, std::string_view raw);
// Returns the bytes of an id that FormatId made with this prefix. The result is
// empty when `id` is not `prefix` and 32 lower-case hex digits, so that an id
// has one spelling.
RawId ParseId(std::string_view prefix, std::string_view id);

// The prefixes tell people who read logs what an id names. They are given out:
// do not change.
inline constexpr std::string_view kMessagePrefix = "msg_";
inline constexpr std::string_view kEventPrefix = "evt_";
inline constexpr std::string_view kDeliveryPrefix = "dlv_";
inline constexpr std::string_view kChannelPrefix = "ch_";
inline constexpr std::string_view kChannelUidPrefix = "chu_";
inline constexpr std::string_view kRequestPrefix = "req_";

// Returns whether it is 1-64 of [A-Za-z0-9._-], the form of a channel's id,
// which its creator may choose.
bool IsChannelId(std::string_view id);
// Returns whether it is 1-128 of [A-Za-z0-9._:-], the form of a request id,
// which the caller may choose.
bool IsRequestId(std::string_view id);
// Returns whether it is 1-32 digits, the form of Instagram's ids: of a
// customer, an account or a page.
bool IsNumericId(std::string_view id);

}  // namespace linktor
