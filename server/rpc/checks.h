// The validation of all requests shares this: violations are collected, so that
// a caller hears of all of them at once.

#pragma once

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/base/ids.h"
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
    Require(IsNumericId(id), field,
            "is required: the customer's Instagram-scoped id, 1-32 digits");
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
