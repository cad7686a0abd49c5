// This file has Instagram's limits that several kinds of content share. It also
// has the list in which all violations of one message are collected. All of it
// is pure. One thread at a time uses a list.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/status.h"

namespace linktor::kinds {

// These are the limits of a payload and of a URL, in bytes. A payload is the
// text that a tap sends back. Meta does not state the limits, but its own tools
// have them.
inline constexpr std::size_t kMaxPayloadBytes = 1000;
inline constexpr std::size_t kMaxUrlBytes = 2000;
// The title of a button or a quick reply has at most this many code points.
// Meta's references of templates and of quick replies say so.
inline constexpr std::size_t kMaxButtonCharacters = 20;

// Counts the code points of valid UTF-8. Meta's references mean code points
// when they say characters. gRPC refuses strings that are not UTF-8 before they
// get here.
std::size_t CountCharacters(std::string_view utf8);

// A Violations has all violations of a message, so that a caller can correct
// all of them at once. Every function except Add and Take checks one value, and
// adds a violation when the value is wrong. `field` is the path of the value,
// such as "content.image.url"; it becomes the field in google.rpc.BadRequest.
// The list only grows until Take is called.
class Violations {
 public:
  // `description` says in lower case what is wrong, so that it can follow the
  // name of the field.
  void Add(std::string field, std::string description) {
    found_.push_back({std::move(field), std::move(description)});
  }
  // Characters checks a number of code points, and Count checks a number of
  // entries. Both limits are inclusive. The value is optional if `least` is 0.
  void Characters(const std::string& text, std::size_t least, std::size_t most,
                  std::string field);
  void Count(int count, int least, int most, std::string field);
  // A payload comes back when a button or a quick reply is tapped. It is
  // required and limited in bytes.
  void Payload(const std::string& payload, std::string field);
  // The URL is required. It must be http or https, and it must have a host and
  // no blanks or control characters. It has at most kMaxUrlBytes. The server
  // does not call the URL: only Meta sees what is there.
  void Url(const std::string& url, std::string field);

  // Returns the violations in the order in which they were found. The list is
  // empty when the message is good. Take must be called once, at the end,
  // because it moves the list out.
  std::vector<FieldViolation> Take() { return std::move(found_); }

 private:
  // They are in the order of the calls.
  std::vector<FieldViolation> found_;
};

}  // namespace linktor::kinds
