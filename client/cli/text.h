// Text for a person's terminal. What customers and servers wrote goes through
// here before it is shown. Pure functions, for any thread.

#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace linktor::cli {

// `text` in which nothing can drive a terminal or reorder what is read:
// control characters, line separators, direction marks, invisible tag
// characters and bytes that are not UTF-8 become \n, \x1b or \u{202e}.
// Everything else, emoji among it, stays.
std::string EscapeControls(const std::string& text);

// The same within quotation marks, with \" and \\, so that a customer's text
// cannot look like the words around it. After `max_characters` comes an
// ellipsis; 0 is no limit.
std::string Quote(const std::string& text, std::size_t max_characters = 0);

// Whether it is UTF-8 throughout.
bool IsUtf8(const std::string& text);

// A long id by its beginning and end. Instagram's mids are 150 characters of
// which most are the same.
std::string Shorten(const std::string& id);

// "2026-01-02 03:04:05" in the zone given; "" for an absent time.
std::string ShowTime(const google::protobuf::Timestamp& time,
                     const absl::TimeZone& zone);

// "30 s", "2 min", "1.5 s".
std::string ShowDuration(absl::Duration duration);

// Adds a line with the name of a field and its value, unless that is empty.
void AddField(std::string& out, const char* name, const std::string& value);

}  // namespace linktor::cli
