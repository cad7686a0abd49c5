// Meta's app dashboard has a Test button beside each webhook field. These
// functions make the webhooks that it sends. They are samples: their ids belong
// to nobody, their times are in seconds, and the account is "0". The functions
// are pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A DashboardTest says which test is sent, and to which account.
struct DashboardTest {
  // This is the form of a sample. Meta has been seen to send all three forms.
  enum class Form {
    // The sample is a change of its field.
    kChanges,
    // The sample is a messaging item. Only fields of conversations have this
    // form.
    kMessaging,
    // The field and its value come without the entry around them, as the
    // dashboard shows them.
    kBare,
  };

  // This is the webhook field, such as "messages".
  std::string field;
  Form form = Form::kChanges;
  // This is the account whose app is tested. When it is empty, it is the first
  // account.
  std::string account;
  // The dashboard sends "0". Some samples have been seen with the id of a real
  // account.
  std::string entry_id = "0";
};

// Returns the fields that have a test.
std::vector<std::string_view> DashboardTestFields();

// Returns the body of the test's webhook. The time of its entry is `now`, and
// the time of the sample never changes. Fails with INVALID_ARGUMENT and a
// sentence when there is no such field, or when the field has no messaging
// items but the form asks for one.
absl::StatusOr<std::string> DashboardTestBody(const DashboardTest& test,
                                              absl::Time now);

}  // namespace linktor::emulator
