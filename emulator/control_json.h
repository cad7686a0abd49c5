// The JSON of the control API, to and from values; that of customers is in
// customer_json.h. Reading is strict. Every error is INVALID_ARGUMENT with a
// sentence.

#pragma once

#include "absl/status/statusor.h"
#include "emulator/call_log.h"
#include "emulator/faults.h"
#include "emulator/json.h"
#include "emulator/settings.h"
#include "emulator/user_list.h"
#include "emulator/webhook_sender.h"

namespace linktor::emulator {

absl::StatusOr<ConfigChange> ReadConfigChange(const json::value& body);
absl::StatusOr<Fault> ReadFault(const json::value& body);

// Without secrets; says whether they are set.
json::value ConfigJson(const EmulatorConfig& config,
                       std::size_t waiting_echoes);
json::value FaultsJson(const std::vector<Fault>& faults);
json::value GraphCallsJson(const CallLog::List& list);
json::value WebhooksJson(const WebhookSender::List& list);
json::value UsersJson(const std::vector<User>& users);
// {"status", "body"} or {"status": 0, "error"}.
json::object AnswerJson(const WebhookAnswer& answer);

}  // namespace linktor::emulator
