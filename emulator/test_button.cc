#include "emulator/test_button.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "emulator/webhook_body.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

// A Sample is the value that the dashboard sends for a field. Ids, texts and
// times are like those that it has been seen to send.
struct Sample {
  std::string_view field;
  // The field is one of conversations: its value is a messaging item.
  bool messaging;
  const char* value;
};

constexpr Sample kSamples[] = {
    {"messages", true, R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "message":{"mid":"random_mid","text":"random_text"}})"},
    {"message_echoes", true,
     R"({"sender":{"id":"23245"},"recipient":{"id":"12334"},
      "timestamp":"1527459824",
      "message":{"mid":"random_mid","text":"random_text","is_echo":true}})"},
    {"message_edit", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "message_edit":{"mid":"random_mid","text":"random_text",
                      "num_edit":"1"}})"},
    {"message_reactions", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":233445667,
      "reaction":{"mid":"random_mid","action":"react","reaction":"love",
                  "emoji":"\u2764"}})"},
    {"messaging_seen", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824","read":{"mid":"random_mid"}})"},
    {"messaging_postbacks", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "postback":{"mid":"random_mid","title":"Start","payload":"START"}})"},
    {"messaging_referral", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "referral":{"ref":"random_ref","source":"IG_ME",
                  "type":"OPEN_THREAD"}})"},
    {"messaging_optins", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "optin":{"type":"notification_messages","payload":"random_payload"}})"},
    {"messaging_handover", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "pass_thread_control":{"previous_owner_app_id":null,
                             "new_owner_app_id":"123456789",
                             "metadata":"random_metadata"}})"},
    {"messaging_policy_enforcement", true,
     R"({"recipient":{"id":"23245"},"timestamp":"1527459824",
      "policy-enforcement":{"action":"block","reason":"random_reason"}})"},
    {"response_feedback", true,
     R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "response_feedback":{"mid":"random_mid","feedback":"Good response"}})"},
    {"standby", true, R"({"sender":{"id":"12334"},"recipient":{"id":"23245"},
      "timestamp":"1527459824",
      "message":{"mid":"random_mid","text":"random_text"}})"},
    {"comments", false, R"({"from":{"id":"1234536447","username":"testuser"},
      "media":{"id":"76543987","media_product_type":"FEED"},
      "id":"123456789","parent_id":"987654321",
      "text":"This is an example."})"},
    {"live_comments", false,
     R"({"text":"This is an example.","id":"123456789"})"},
    {"mentions", false, R"({"media_id":"17887498072083520",
      "comment_id":"17887498072083520"})"},
    {"story_insights", false, R"({"media_id":"17887498072083520",
      "impressions":444,"reach":44,"taps_forward":4,"taps_back":3,"exits":3,
      "replies":0})"},
};

}  // namespace

std::vector<std::string_view> DashboardTestFields() {
  std::vector<std::string_view> fields;
  for (const Sample& sample : kSamples) fields.push_back(sample.field);
  return fields;
}

absl::StatusOr<std::string> DashboardTestBody(const DashboardTest& test,
                                              absl::Time now) {
  const auto* const sample = std::find_if(
      std::begin(kSamples), std::end(kSamples),
      [&test](const Sample& one) { return one.field == test.field; });
  if (sample == std::end(kSamples)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"field\" must be one of ",
        absl::StrJoin(DashboardTestFields(), ", ",
                      [](std::string* out, std::string_view field) {
                        out->append(field);
                      })));
  }
  LINKTOR_ASSIGN(json::value value, ParseJson(sample->value));
  WebhookItem item{.entry_id = test.entry_id,
                   .form = WebhookItem::Form::kMessaging};
  if (test.form == DashboardTest::Form::kMessaging) {
    if (!sample->messaging) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", test.field,
                       "\" is no field of conversations, so its test has "
                       "no messaging items"));
    }
    if (test.field == "standby") item.form = WebhookItem::Form::kStandby;
    item.value = std::move(value.get_object());
    return WebhookBody({&item}, now);
  }
  json::object change;
  change["field"] = test.field;
  change["value"] = std::move(value);
  if (test.form == DashboardTest::Form::kBare) return MetaJson(change);
  item.form = WebhookItem::Form::kChange;
  item.value = std::move(change);
  return WebhookBody({&item}, now);
}

}  // namespace linktor::emulator
