// The validation of all requests shares this: violations are collected, so that
// a caller hears of all of them at once.

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

namespace linktor {

// Collects the violations of one request.
class Checks {
 public:
  void Require(bool holds, std::string_view field, std::string_view problem) {
    if (!holds) {
      found_.push_back({std::string(field), std::string(problem)});
    }
  }
  void ChannelId(std::string_view id, std::string_view field = "channel_id") {
    Require(IsChannelId(id), field, "must be 1-64 of [A-Za-z0-9._-]");
  }
  void UserId(std::string_view id, std::string_view field) {
    NumericId(id, field, "the customer's Instagram-scoped id");
  }
  // An id that is there and wrong is not called missing.
  void NumericId(std::string_view id, std::string_view field,
                 std::string_view what) {
    Require(IsNumericId(id), field,
            absl::StrCat(id.empty() ? "is required: " : "must be ",
                         std::string(what), ", 1-32 digits"));
  }
  void RequestId(std::string_view id, std::string_view field = "request_id") {
    Require(IsRequestId(id), field, "must be 1-128 of [A-Za-z0-9._:-]");
  }
  void Size(std::string_view text, std::size_t min, std::size_t max,
            std::string_view field) {
    Require(text.size() >= min && text.size() <= max, field,
            absl::StrCat("must have ", min, " to ", max, " bytes; it has ",
                         text.size()));
  }
  // Takes times from 1970 to the end of the year 9999.
  void Time(const google::protobuf::Timestamp& time, std::string_view field) {
    constexpr std::int64_t kMaxSeconds = 253'402'300'799;
    Require(time.seconds() >= 0 && time.seconds() <= kMaxSeconds &&
                time.nanos() >= 0 && time.nanos() <= 999'999'999,
            field, "is not a time");
  }
  template <typename ListRequest>
  void Page(PagedList list, const ListRequest& request) {
    Require(request.page_size() >= 0, "page_size", "must not be negative");
    Require(ReadPageToken(list, request.page_token()).has_value(), "page_token",
            "is no next_page_token of this method");
  }
  void Add(std::vector<FieldViolation> more) {
    found_.insert(found_.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  }
  bool empty() const { return found_.empty(); }
  absl::Status Result(
      v1::ErrorReason reason = v1::ERROR_REASON_INVALID_REQUEST) {
    return found_.empty() ? absl::OkStatus()
                          : InvalidFields(reason, std::move(found_));
  }

 private:
  std::vector<FieldViolation> found_;
};

}  // namespace linktor
