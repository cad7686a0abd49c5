// These are the tests that Meta's app dashboard sends when a developer presses
// the Test button beside a webhook field: samples with ids of nobody, times in
// seconds, and "0" for the account. The functions are pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "emulator/json.h"

namespace linktor::emulator {

// A DashboardTest says which test is sent, and where to.
struct DashboardTest {
  // Says how a sample comes. All three have been seen.
  enum class Form {
    // It is a change of its field.
    kChanges,
    // It is a messaging item, which only the fields of conversations have.
    kMessaging,
    // The field and its value come without an envelope, as the dashboard shows
    // them.
    kBare,
  };

  // This is the webhook field, such as "messages".
  std::string field;
  Form form = Form::kChanges;
  // This is the account whose app is tested; the first one where it is empty.
  std::string account;
  // The dashboard sends "0". Some samples have been seen with a real account's
  // id.
  std::string entry_id = "0";
};

// Returns the fields that have a test.
std::vector<std::string_view> DashboardTestFields();

// Returns the body of the test's webhook; the time of its entry is `now`, and
// that of the sample is the sample's own. It fails with INVALID_ARGUMENT and a
// sentence when there is no such field, or when the field has no messaging
// items.
absl::StatusOr<std::string> DashboardTestBody(const DashboardTest& test,
                                              absl::Time now);

}  // namespace linktor::emulator
