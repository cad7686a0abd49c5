// These functions read and write the JSON of the control API. The JSON of
// customers is in customer_json.h, and the JSON of deliveries in
// delivery_json.h. Reading is strict: a misspelt member is an error, because a
// test with such a member could pass for the wrong reason. Every error is
// INVALID_ARGUMENT with a sentence. The functions are pure.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "emulator/account_list.h"
#include "emulator/call_log.h"
#include "emulator/faults.h"
#include "emulator/json.h"
#include "emulator/settings.h"
#include "emulator/test_button.h"
#include "emulator/user_list.h"
#include "emulator/webhook_sender.h"

namespace linktor::emulator {

// Reads the body of PUT /emulator/config. A member that is absent changes
// nothing.
absl::StatusOr<ConfigChange> ReadConfigChange(const json::value& body);
// Reads the body of PUT /emulator/accounts/{id}. It takes only the settings
// that accounts do not share.
absl::StatusOr<ConfigChange> ReadAccountChange(const json::value& body);
// Reads the body of POST /emulator/tests.
absl::StatusOr<DashboardTest> ReadDashboardTest(const json::value& body);
// Reads the body of POST /emulator/verify: {"account"}. It may be empty.
absl::StatusOr<std::string> ReadAccountName(const json::value& body);
// Reads the body of POST /emulator/faults. A fault of kind kDelay must say how
// many milliseconds, and a Graph error must have a code. Everything else has a
// default.
absl::StatusOr<Fault> ReadFault(const json::value& body);

// Writes the configuration. It does not write the secrets; it only says whether
// they are set. `waiting_echoes` is the number of echoes that wait, and is
// written too.
json::value ConfigJson(const EmulatorConfig& config,
                       std::size_t waiting_echoes);
// Writes an account, also without its secrets, and the number of its users.
json::object AccountJson(const Account& account);
json::value AccountsJson(const AccountList& accounts);
// These write the lists of the control API, in the given order.
json::value FaultsJson(const std::vector<Fault>& faults);
// These two also write how many older entries were forgotten.
json::value GraphCallsJson(const CallLog::List& list);
json::value WebhooksJson(const WebhookSender::List& list);
// Writes each user as UserJson() in customer_json.h does.
json::value UsersJson(const std::vector<User>& users);
// Writes {"status", "body"} for an answer. Writes {"status": 0, "error"} when
// there was no answer, and {"status": 0, "waits": true} while the webhook still
// waits.
json::object AnswerJson(const WebhookAnswer& answer);

}  // namespace linktor::emulator
