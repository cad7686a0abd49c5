// A Checks collects the violations of one request: which field breaks which
// rule. So the caller hears about all of them at once. The validation of all
// requests uses this class. A Checks lives on the stack of one Validate
// function (validation.h). It is not thread-safe.

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

// Most of the functions check one field. They add a violation of `field` when
// the field breaks their rule. `field` is the path of the field as in the
// proto, beginning in the request, such as "channel.id".
class Checks {
 public:
  // `problem` is the end of a sentence that begins with the field's name, such
  // as "must not be negative".
  void Require(bool holds, std::string_view field, std::string_view problem) {
    if (!holds) {
      found_.push_back({std::string(field), std::string(problem)});
    }
  }
  // Checks the id of a channel. The allowed length and characters of each kind
  // of id are in server/base/ids.h.
  void ChannelId(std::string_view id, std::string_view field = "channel_id") {
    Require(IsChannelId(id), field, "must be 1-64 of [A-Za-z0-9._-]");
  }
  // Checks the id of a customer, an Instagram-scoped id (IGSID). Meta makes
  // these ids, and this server makes none.
  void UserId(std::string_view id, std::string_view field) {
    NumericId(id, field, "the customer's Instagram-scoped id");
  }
  // Checks an id of 1 to 32 digits: the id of an account, a page or a customer.
  // `what` says in words which id it is. The violation says whether the id is
  // missing or wrong.
  void NumericId(std::string_view id, std::string_view field,
                 std::string_view what) {
    Require(IsNumericId(id), field,
            absl::StrCat(id.empty() ? "is required: " : "must be ",
                         std::string(what), ", 1-32 digits"));
  }
  // Checks a request id. The caller chooses its request ids, so a wrong one is
  // refused and never corrected.
  void RequestId(std::string_view id, std::string_view field = "request_id") {
    Require(IsRequestId(id), field, "must be 1-128 of [A-Za-z0-9._:-]");
  }
  // Checks that `text` has at least `min` and at most `max` bytes in UTF-8.
  // Sizes are in bytes because Meta's limits and this server's limits are in
  // bytes.
  void Size(std::string_view text, std::size_t min, std::size_t max,
            std::string_view field) {
    Require(text.size() >= min && text.size() <= max, field,
            absl::StrCat("must have ", min, " to ", max, " bytes; it has ",
                         text.size()));
  }
  // Accepts times from 1970 to the end of the year 9999. A Timestamp cannot
  // hold a later time in JSON.
  void Time(const google::protobuf::Timestamp& time, std::string_view field) {
    constexpr std::int64_t kMaxSeconds = 253'402'300'799;
    Require(time.seconds() >= 0 && time.seconds() <= kMaxSeconds &&
                time.nanos() >= 0 && time.nanos() <= 999'999'999,
            field, "is not a time");
  }
  // Checks page_size and page_token of a request for one page of `list`. A page
  // size above the greatest one is no violation: the page then has fewer
  // entries than the caller asked for.
  template <typename ListRequest>
  void Page(PagedList list, const ListRequest& request) {
    Require(request.page_size() >= 0, "page_size", "must not be negative");
    Require(ReadPageToken(list, request.page_token()).has_value(), "page_token",
            "is no next_page_token of this method");
  }
  // Adds violations that another function has found, such as the check of a
  // message's content.
  void Add(std::vector<FieldViolation> more) {
    found_.insert(found_.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  // Returns whether no violation was found so far. The validation of
  // SendMessage asks this before it checks the content, because violations of
  // the content alone have a reason of their own (INVALID_CONTENT).
  bool empty() const { return found_.empty(); }
  // Returns OK, or INVALID_ARGUMENT with `reason` and all violations. It
  // empties the list of violations, so it must be called only once, at the end.
  absl::Status Result(
      v1::ErrorReason reason = v1::ERROR_REASON_INVALID_REQUEST) {
    return found_.empty() ? absl::OkStatus()
                          : InvalidFields(reason, std::move(found_));
  }

 private:
  // These are the violations in the order in which they were found. The answer
  // names its fields in this order.
  std::vector<FieldViolation> found_;
};

}  // namespace linktor::rpc
