// How ids look and which strings are ids. Ids are plain strings without
// structure (docs/adr/0004): callers store and compare them, nothing more.

#pragma once

#include <string>
#include <string_view>

namespace linktor {

// The 16 bytes behind an id of our own.
using RawId = std::string;

RawId NewRawId();
// The first 16 bytes of SHA-256 over the parts, each preceded by its length,
// so that different parts never give the same input.
RawId HashedRawId(std::initializer_list<std::string_view> parts);

// "msg_" + 32 hex digits.
std::string FormatId(std::string_view prefix, std::string_view raw);
// Empty when `id` is not `prefix` + 32 lower-case hex digits.
RawId ParseId(std::string_view prefix, std::string_view id);

inline constexpr std::string_view kMessagePrefix = "msg_";
inline constexpr std::string_view kEventPrefix = "evt_";
inline constexpr std::string_view kDeliveryPrefix = "dlv_";
inline constexpr std::string_view kChannelPrefix = "ch_";
inline constexpr std::string_view kRequestPrefix = "req_";

// 1-64 of [A-Za-z0-9._-].
bool IsChannelId(std::string_view id);
// 1-128 of [A-Za-z0-9._:-].
bool IsRequestId(std::string_view id);
// 1-32 digits: an IGSID, account or page id.
bool IsNumericId(std::string_view id);

}  // namespace linktor
