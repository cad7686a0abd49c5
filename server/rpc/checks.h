// The validation of all requests shares this: violations are collected, so that
// a caller hears about all of them at once. A Checks lives on the stack of one
// Validate; it is not thread-safe.

#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/base/ids.h"
#include "server/base/paging.h"
#include "server/base/status.h"

namespace linktor::rpc {

// Each function adds a violation of `field` when its condition does not hold.
// The path of the field is written as in the proto, from the request on.
class Checks {
 public:
  // `problem` is the end of the sentence that begins with the field's name.
  void Require(bool holds, std::string_view field, std::string_view problem) {
    if (!holds) {
      found_.push_back({std::string(field), std::string(problem)});
    }
  }
  // The lengths and characters here are those of server/base/ids.h.
  void ChannelId(std::string_view id, std::string_view field = "channel_id") {
    Require(IsChannelId(id), field, "must be 1-64 of [A-Za-z0-9._-]");
  }
  // Checks an Instagram-scoped id, which Meta makes and this server never does.
  void UserId(std::string_view id, std::string_view field) {
    NumericId(id, field, "the customer's Instagram-scoped id");
  }
  // An id that is there and wrong is not called missing. `what` says in words
  // which id it is. Ids of accounts and pages have 1 to 32 digits, as those of
  // customers.
  void NumericId(std::string_view id, std::string_view field,
                 std::string_view what) {
    Require(IsNumericId(id), field,
            absl::StrCat(id.empty() ? "is required: " : "must be ",
                         std::string(what), ", 1-32 digits"));
  }
  // A request id is the caller's own choice, so it is checked and never
  // corrected.
  void RequestId(std::string_view id, std::string_view field = "request_id") {
    Require(IsRequestId(id), field, "must be 1-128 of [A-Za-z0-9._:-]");
  }
  // `min` and `max` are bytes of UTF-8, both included, because Meta's limits
  // and ours are in bytes.
  void Size(std::string_view text, std::size_t min, std::size_t max,
            std::string_view field) {
    Require(text.size() >= min && text.size() <= max, field,
            absl::StrCat("must have ", min, " to ", max, " bytes; it has ",
                         text.size()));
  }
  // Takes times from 1970 to the end of the year 9999, which is what a
  // Timestamp can hold in JSON.
  void Time(const google::protobuf::Timestamp& time, std::string_view field) {
    constexpr std::int64_t kMaxSeconds = 253'402'300'799;
    Require(time.seconds() >= 0 && time.seconds() <= kMaxSeconds &&
                time.nanos() >= 0 && time.nanos() <= 999'999'999,
            field, "is not a time");
  }
  // Checks the fields of a request for one page of `list`. A page size above
  // the greatest is no violation: the answer then has fewer.
  template <typename ListRequest>
  void Page(PagedList list, const ListRequest& request) {
    Require(request.page_size() >= 0, "page_size", "must not be negative");
    Require(ReadPageToken(list, request.page_token()).has_value(), "page_token",
            "is no next_page_token of this method");
  }
  // Adds violations that were found elsewhere, such as the limits of content.
  void Add(std::vector<FieldViolation> more) {
    found_.insert(found_.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  // Returns whether there is no violation so far. SendMessage asks before it
  // looks at the content, because a violation of content alone has a reason of
  // its own.
  bool empty() const { return found_.empty(); }
  // Returns OK, or INVALID_ARGUMENT with `reason` and all violations. It
  // empties the list, so it is called once, at the end.
  absl::Status Result(
      v1::ErrorReason reason = v1::ERROR_REASON_INVALID_REQUEST) {
    return found_.empty() ? absl::OkStatus()
                          : InvalidFields(reason, std::move(found_));
  }

 private:
  // These are the violations in the order in which they were found, which is
  // the order of the fields in the answer.
  std::vector<FieldViolation> found_;
};

}  // namespace linktor::rpc
