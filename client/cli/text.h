// These functions prepare text for a person's terminal. Every text that
// customers and servers wrote goes through them before it is shown. They are
// pure, for any thread.

#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstddef>
#include <string>

#include "absl/time/time.h"

namespace linktor::cli {

// Returns `text` with escapes, so that nothing in it can control a terminal or
// change the order in which the text is read. Control characters, line
// separators, direction marks, invisible tag characters and bytes that are not
// UTF-8 become \n, \x1b or \u{202e}. All other characters stay, emoji included.
std::string EscapeControls(const std::string& text);

// Returns `text` escaped in this way and within quotation marks, where \" and
// \\ are escaped too. So a customer's text cannot look like the words around
// it. A text of more than `max_characters` is cut and ends with an ellipsis; 0
// means no limit.
std::string Quote(const std::string& text, std::size_t max_characters = 0);

// Returns whether the whole text is UTF-8.
bool IsUtf8(const std::string& text);

// Returns the beginning and the end of a long id. Instagram's mids have 150
// characters, and most of these characters are the same in all mids.
std::string Shorten(const std::string& id);

// Returns the time in the given zone, with the zone's offset:
// "2026-01-02 03:04:05+00:00". The result is empty for an absent time.
std::string ShowTime(const google::protobuf::Timestamp& time,
                     const absl::TimeZone& zone);

// Returns the duration in the form "30 s", "2 min" or "1.5 s".
std::string ShowDuration(absl::Duration duration);

// Adds a line with the name of a field and its value. It adds nothing when the
// value is empty.
void AddField(std::string& out, const char* name, const std::string& value);

}  // namespace linktor::cli
