// Makes ids, and says which strings are ids. For callers an id is a plain
// string (see docs/adr/0004): they store and compare it, and do nothing else
// with it. All parts of the server use these functions, from any thread. All
// functions are pure, except NewRawId and NewTimedId.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace linktor {

// A RawId is the 16 bytes behind an id that this server makes. Records and
// tables hold ids in this form. An empty RawId means that there is no id.
using RawId = std::string;

// Returns a random id. It is used for deliveries, for channels whose creator
// gives no id, and for the uid of a channel. The uid is a second id, which no
// other channel ever gets.
RawId NewRawId();
// Returns an id that begins with the time, in ms since the epoch; 10 random
// bytes follow. It is used for sends, and for the request id of a send when the
// caller gives none. Ids of about the same time are close together in an index
// of the database, so a commit of many sends writes only a few pages of the
// index. Code must not rely on the order of ids, because a clock may be set
// back.
RawId NewTimedId(std::int64_t time_ms);
// Returns the first 16 bytes of the SHA-256 of all parts. Each part is preceded
// by its length in four bytes, so two different lists of parts never give the
// same input to SHA-256. The same parts must give the same id for ever, because
// such ids are stored and given out: do not change this.
RawId HashedRawId(std::initializer_list<std::string_view> parts);

// Returns an id as callers see it: the prefix, and then the bytes as lower-case
// hex digits. An example is "msg_" and 32 digits. The function does not check
// its arguments.
std::string FormatId(std::string_view prefix, std::string_view raw);
// Returns the bytes of an id that FormatId made with this prefix. The result is
// empty when `id` is not `prefix` followed by 32 lower-case hex digits.
// Upper-case digits are refused, so that each id has exactly one spelling.
RawId ParseId(std::string_view prefix, std::string_view id);

// A prefix tells a person who reads a log what kind of id it is. Callers have
// stored ids with these prefixes, so the prefixes must not change.
inline constexpr std::string_view kMessagePrefix = "msg_";
inline constexpr std::string_view kEventPrefix = "evt_";
inline constexpr std::string_view kDeliveryPrefix = "dlv_";
inline constexpr std::string_view kChannelPrefix = "ch_";
inline constexpr std::string_view kChannelUidPrefix = "chu_";
inline constexpr std::string_view kRequestPrefix = "req_";

// Returns whether `id` is 1-64 characters of [A-Za-z0-9._-]. A channel's id has
// this form; the creator of the channel may choose it.
bool IsChannelId(std::string_view id);
// Returns whether `id` is 1-128 characters of [A-Za-z0-9._:-]. A request id has
// this form; the caller may choose it.
bool IsRequestId(std::string_view id);
// Returns whether `id` is 1-32 digits. Instagram's ids have this form: the ids
// of customers (IGSIDs), accounts and pages.
bool IsNumericId(std::string_view id);

}  // namespace linktor
