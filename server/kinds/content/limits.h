// Instagram's limits that several kinds of content share, and the list in which
// all violations of one message are collected. Pure; a list is used by one
// thread at a time.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/status.h"

namespace linktor::kinds {

// These are the limits in bytes of what a tap sends back, and of a URL. Meta
// does not state them; its own tools have them.
inline constexpr std::size_t kMaxPayloadBytes = 1000;
inline constexpr std::size_t kMaxUrlBytes = 2000;
// The title of a button or a quick reply has at most so many code points. The
// references of templates and of quick replies say so.
inline constexpr std::size_t kMaxButtonCharacters = 20;

// Counts the code points of valid UTF-8. It is what a reference of Meta's means
// by characters; gRPC has refused strings that are not UTF-8 before.
std::size_t CountCharacters(std::string_view utf8);

// A caller hears of all violations of a message at once, so that it can mend
// them at once. Every function but Add and Take checks one value and adds a
// violation when the value is wrong. `field` is the path of the value, such as
// "content.image.url"; it becomes the field in google.rpc.BadRequest.
// It only grows until Take.
class Violations {
 public:
  // The description says in lower case what is wrong, so that it can follow the
  // name of the field.
  void Add(std::string field, std::string description) {
    found_.push_back({std::move(field), std::move(description)});
  }
  // These count code points and entries. Both limits are inclusive, and a least
  // of 0 makes the value optional.
  void Characters(const std::string& text, std::size_t least, std::size_t most,
                  std::string field);
  void Count(int count, int least, int most, std::string field);
  // A payload is what comes back when a button or a quick reply is tapped. It
  // is required and limited in bytes.
  void Payload(const std::string& payload, std::string field);
  // The URL is required, must be http or https, has a host, and no blanks or
  // control characters. It has at most kMaxUrlBytes. No call is made to it:
  // only Meta sees what is there.
  void Url(const std::string& url, std::string field);

  // Returns the violations in the order in which they were found; empty when
  // the message is good. It is called once, at the end: the list is moved out.
  std::vector<FieldViolation> Take() { return std::move(found_); }

 private:
  // They are in the order of the calls.
  std::vector<FieldViolation> found_;
};

}  // namespace linktor::kinds
