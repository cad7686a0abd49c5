// This file has Instagram's limits that several kinds of content share. It also
// has the class Violations, which collects all violations of one message. All
// functions are pure. One thread at a time uses a Violations.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/status.h"

namespace linktor::kinds {

// These are the limits of a payload and of a URL, in bytes. A payload is the
// text that Instagram sends back when a customer taps a button or a quick
// reply. Meta does not document the limits, but its own tools have them.
inline constexpr std::size_t kMaxPayloadBytes = 1000;
inline constexpr std::size_t kMaxUrlBytes = 2000;
// The title of a button or a quick reply may have at most this many code
// points. Meta's reference pages for templates and for quick replies say so.
inline constexpr std::size_t kMaxButtonCharacters = 20;

// Counts the code points of valid UTF-8. Meta's reference pages say
// "characters" and mean code points. Every string here is valid UTF-8, because
// gRPC refuses other strings before.
std::size_t CountCharacters(std::string_view utf8);

// A Violations has all violations of a message, so that a caller can correct
// all of them at once. Every function except Add and Take checks one value, and
// adds a violation when the value is wrong. `field` is the path of the value,
// such as "content.image.url"; it becomes the field in google.rpc.BadRequest.
// No function removes a violation.
class Violations {
 public:
  // `description` says in lower case what is wrong, so that it can follow the
  // name of the field.
  void Add(std::string field, std::string description) {
    found_.push_back({std::move(field), std::move(description)});
  }
  // Characters checks the number of code points of a text, and Count checks the
  // number of entries of a list. The numbers `least` and `most` are both
  // allowed. The value is optional if `least` is 0.
  void Characters(const std::string& text, std::size_t least, std::size_t most,
                  std::string field);
  void Count(int count, int least, int most, std::string field);
  // The payload is required. It has at most kMaxPayloadBytes.
  void Payload(const std::string& payload, std::string field);
  // The URL is required. It must be http or https, and it must have a host and
  // no blanks or control characters. It has at most kMaxUrlBytes. The server
  // does not fetch the URL, so it does not know whether there is a file.
  void Url(const std::string& url, std::string field);

  // Returns the violations in the order in which they were found. The result is
  // empty when the message is good. Take must be called once, after all checks,
  // because it moves the violations out of this object.
  std::vector<FieldViolation> Take() { return std::move(found_); }

 private:
  // The violations are in the order in which they were added.
  std::vector<FieldViolation> found_;
};

}  // namespace linktor::kinds
