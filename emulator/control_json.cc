#include "emulator/control_json.h"

#include <algorithm>
#include <boost/url.hpp>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "emulator/customer_json.h"
#include "emulator/json_reader.h"
#include "server/base/ids.h"
#include "server/base/strings.h"
#include "server/base/try.h"

namespace linktor::emulator {
namespace {

// A delayed answer holds a connection, and no test needs a longer delay.
constexpr std::int64_t kMaxDelayMs = 600'000;
constexpr std::int64_t kMaxInt = std::numeric_limits<int>::max();

struct KindName {
  FaultKind kind;
  std::string_view name;
  // A fault of this kind may have these members, besides the members of every
  // fault. Each name has a blank before it and behind it.
  std::string_view members;
};

constexpr KindName kFaultKinds[] = {
    {FaultKind::kAcceptThenClose, "accept_then_close", ""},
    {FaultKind::kClose, "close", ""},
    {FaultKind::kDelay, "delay", " ms "},
    {FaultKind::kStatus, "status", " status body "},
    {FaultKind::kGraphError, "graph_error",
     " status code subcode message localized_message type is_transient "
     "user_title user_message "},
};

bool IsHttpUrl(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  return url.has_value() && !url->host().empty() &&
         (url->scheme() == "http" || url->scheme() == "https");
}

std::string_view KindNameOf(FaultKind kind) {
  for (const KindName& known : kFaultKinds) {
    if (known.kind == kind) return known.name;
  }
  return {};
}

std::optional<Secret> ToSecret(std::optional<std::string> text) {
  if (!text.has_value()) return std::nullopt;
  return Secret(*std::move(text));
}

// Reads an array of strings into permissions or secrets. Returns nullopt when
// the member is absent.
template <typename Entry>
std::optional<std::vector<Entry>> ReadStrings(JsonReader& reader,
                                              std::string_view member) {
  const json::array* list = reader.Array(member);
  if (list == nullptr) return std::nullopt;
  std::vector<Entry> entries;
  for (const json::value& entry : *list) {
    if (const json::string* text = entry.if_string()) {
      entries.emplace_back(std::string(AsView(*text)));
    } else {
      reader.Wrong(member, "an array of strings");
    }
  }
  return entries;
}

// Reads the settings that each account has for itself.
ConfigChange ReadOwn(JsonReader& reader) {
  ConfigChange change{
      .webhook_url = reader.String("webhook_url"),
      .app_secret = ToSecret(reader.String("app_secret")),
      .verify_token = ToSecret(reader.String("verify_token")),
      .page_id = reader.String("page_id"),
      .strict = reader.Bool("strict"),
      .access_token = ToSecret(reader.String("access_token")),
      .other_tokens = ReadStrings<Secret>(reader, "other_tokens"),
      .permissions = ReadStrings<std::string>(reader, "permissions"),
      .app_approved = reader.Bool("app_approved"),
      .access_to_messages = reader.Bool("access_to_messages"),
      .require_app_secret = reader.Bool("require_app_secret")};
  if (change.webhook_url.has_value() && !change.webhook_url->empty() &&
      !IsHttpUrl(*change.webhook_url)) {
    reader.Wrong("webhook_url", "an http or https URL, or empty for none");
  }
  if (change.page_id.has_value() && !change.page_id->empty() &&
      !IsNumericId(*change.page_id)) {
    reader.Wrong("page_id", "a string of 1 to 32 digits, or empty for none");
  }
  return change;
}

// Writes the settings that each account has for itself.
json::object OwnJson(const EmulatorConfig& config) {
  return {{"webhook_url", config.webhook_url},
          {"app_secret_set", !config.app_secret.empty()},
          {"verify_token_set", !config.verify_token.empty()},
          {"account_id", config.account_id},
          {"page_id", config.page_id},
          {"strict", config.strict},
          {"access_token_set", !config.access_token.empty()},
          {"other_tokens_set", config.other_tokens.size()},
          {"permissions", json::value_from(config.permissions)},
          {"app_approved", config.app_approved},
          {"access_to_messages", config.access_to_messages},
          {"require_app_secret", config.require_app_secret}};
}

// Returns the answer of a "status" fault. A body that is a string is sent as
// plain text; any other body is sent as JSON.
http::HttpResponse FaultResponse(int status, const json::value* body) {
  if (body == nullptr) return {.status = status};
  if (body->is_string()) {
    return {.status = status, .body = std::string(AsView(body->get_string()))};
  }
  return JsonResponse(status, *body);
}

json::object FaultJson(const Fault& fault) {
  json::object out;
  out["on"] = fault.on;
  if (!fault.account.empty()) out["account"] = fault.account;
  const std::string_view kind = KindNameOf(fault.kind);
  out["kind"] = json::string(kind.data(), kind.size());
  out["times"] = fault.times;
  if (fault.kind == FaultKind::kDelay) {
    out["ms"] = absl::ToInt64Milliseconds(fault.delay);
  } else if (fault.kind == FaultKind::kStatus) {
    out["status"] = fault.response.status;
    out["body"] = JsonOrText(fault.response.body);
  } else if (fault.kind == FaultKind::kGraphError) {
    out["status"] = fault.error.status;
    out["code"] = fault.error.code;
    out["subcode"] = fault.error.subcode;
    out["message"] = fault.error.message;
    out["localized_message"] = fault.error.localized_message;
    out["user_title"] = fault.error.user_title;
    out["user_message"] = fault.error.user_message;
    out["type"] = fault.error.type;
    out["is_transient"] = fault.error.is_transient;
  }
  return out;
}

// Reads the members that depend on the kind of the fault.
void ReadFaultOfKind(JsonReader& reader, Fault& fault) {
  const auto ms = reader.Integer("ms", 0, kMaxDelayMs);
  if (fault.kind == FaultKind::kDelay && !ms.has_value()) {
    reader.Wrong("ms", "the delay in milliseconds");
  }
  fault.delay = absl::Milliseconds(ms.value_or(0));
  const auto status = reader.Integer("status", 200, 599);
  fault.response = FaultResponse(static_cast<int>(status.value_or(500)),
                                 reader.Find("body"));
  const auto code = reader.Integer("code", 0, kMaxInt);
  if (fault.kind == FaultKind::kGraphError && !code.has_value()) {
    reader.Wrong("code", "the number of the error");
  }
  fault.error = {
      .status = static_cast<int>(status.value_or(400)),
      .code = static_cast<int>(code.value_or(0)),
      .subcode =
          static_cast<int>(reader.Integer("subcode", 0, kMaxInt).value_or(0)),
      .message = reader.String("message").value_or(
          absl::StrCat("(#", code.value_or(0), ") An error was asked for")),
      .localized_message = reader.String("localized_message").value_or(""),
      .user_title = reader.String("user_title").value_or(""),
      .user_message = reader.String("user_message").value_or(""),
      .type = reader.String("type").value_or("OAuthException"),
      .is_transient = reader.Bool("is_transient").value_or(false)};
}

}  // namespace

absl::StatusOr<ConfigChange> ReadConfigChange(const json::value& body) {
  JsonReader reader(
      body, {"webhook_url", "app_secret", "verify_token", "account_id",
             "page_id", "hold_echoes", "echo_before_answer", "echo_delay_ms",
             "strict", "access_token", "other_tokens", "permissions",
             "app_approved", "access_to_messages", "require_app_secret"});
  ConfigChange change = ReadOwn(reader);
  change.account_id = reader.String("account_id");
  change.hold_echoes = reader.Bool("hold_echoes");
  change.echo_before_answer = reader.Bool("echo_before_answer");
  if (const auto ms = reader.Integer("echo_delay_ms", 0, kMaxDelayMs)) {
    change.echo_delay = absl::Milliseconds(*ms);
  }
  if (change.account_id.has_value() && !IsNumericId(*change.account_id)) {
    reader.Wrong("account_id", "a string of 1 to 32 digits");
  }
  LINKTOR_TRY(reader.status());
  return change;
}

absl::StatusOr<ConfigChange> ReadAccountChange(const json::value& body) {
  JsonReader reader(
      body, {"webhook_url", "app_secret", "verify_token", "page_id", "strict",
             "access_token", "other_tokens", "permissions", "app_approved",
             "access_to_messages", "require_app_secret"});
  ConfigChange change = ReadOwn(reader);
  LINKTOR_TRY(reader.status());
  return change;
}

absl::StatusOr<DashboardTest> ReadDashboardTest(const json::value& body) {
  using Form = DashboardTest::Form;
  JsonReader reader(body, {"field", "form", "account", "entry_id"});
  DashboardTest test{.field = reader.RequiredString("field"),
                     .account = reader.String("account").value_or("")};
  const std::string form = reader.String("form").value_or("changes");
  if (form == "messaging") {
    test.form = Form::kMessaging;
  } else if (form == "bare") {
    test.form = Form::kBare;
  } else if (form != "changes") {
    reader.Wrong("form", R"("changes", "messaging" or "bare")");
  }
  if (const auto id = reader.String("entry_id")) {
    test.entry_id = *id;
    if (!IsNumericId(*id)) reader.Wrong("entry_id", "1 to 32 digits");
  }
  LINKTOR_TRY(reader.status());
  return test;
}

absl::StatusOr<std::string> ReadAccountName(const json::value& body) {
  JsonReader reader(body, {"account"});
  std::string account = reader.String("account").value_or("");
  LINKTOR_TRY(reader.status());
  return account;
}

absl::StatusOr<Fault> ReadFault(const json::value& body) {
  static const std::initializer_list<std::string_view> kMembers = {
      "on",
      "account",
      "kind",
      "times",
      "ms",
      "status",
      "body",
      "code",
      "subcode",
      "message",
      "type",
      "user_title",
      "localized_message",
      "user_message",
      "is_transient"};
  JsonReader reader(body, kMembers);
  Fault fault;
  fault.on = reader.String("on").value_or("");
  fault.account = reader.String("account").value_or("");
  if (fault.on != "*" && fault.on != "messages" &&
      fault.on != "messenger_profile" && fault.on != "user_profile" &&
      fault.on != "message") {
    reader.Wrong("on", R"("messages", "messenger_profile", "user_profile", )"
                       R"("message" or "*")");
  }
  const std::string kind = reader.String("kind").value_or("");
  const auto* known = std::find_if(
      std::begin(kFaultKinds), std::end(kFaultKinds),
      [&](const KindName& candidate) { return candidate.name == kind; });
  if (known == std::end(kFaultKinds)) {
    reader.Wrong("kind",
                 "\"accept_then_close\", \"close\", \"delay\", \"status\" or "
                 "\"graph_error\"");
    return reader.status();
  }
  fault.kind = known->kind;
  for (const std::string_view name : kMembers) {
    if (name == "on" || name == "account" || name == "kind" ||
        name == "times") {
      continue;
    }
    const std::string padded = absl::StrCat(" ", ToAbsl(name), " ");
    if (reader.Has(name) &&
        known->members.find(padded) == std::string_view::npos) {
      reader.Wrong(name, absl::StrCat("absent with the kind \"", kind, "\""));
    }
  }
  fault.times =
      static_cast<int>(reader.Integer("times", 0, kMaxInt).value_or(1));
  ReadFaultOfKind(reader, fault);
  LINKTOR_TRY(reader.status());
  return fault;
}

json::value ConfigJson(const EmulatorConfig& config,
                       std::size_t waiting_echoes) {
  json::object out = OwnJson(config);
  out["hold_echoes"] = config.hold_echoes;
  out["echo_before_answer"] = config.echo_before_answer;
  out["echo_delay_ms"] = absl::ToInt64Milliseconds(config.echo_delay);
  out["waiting_echoes"] = waiting_echoes;
  return out;
}

json::object AccountJson(const Account& account) {
  json::object out = OwnJson(account.settings.Get());
  out["users"] = account.users.List().size();
  return out;
}

json::value AccountsJson(const AccountList& accounts) {
  json::array list;
  for (const Account* account : accounts.List()) {
    list.push_back(AccountJson(*account));
  }
  return json::object{{"accounts", std::move(list)}};
}

json::value FaultsJson(const std::vector<Fault>& faults) {
  json::array list;
  for (const Fault& fault : faults) list.push_back(FaultJson(fault));
  return json::object{{"faults", std::move(list)}};
}

json::value GraphCallsJson(const CallLog::List& list) {
  json::array calls;
  for (const GraphCall& call : list.calls) {
    json::object headers;
    for (const auto& [name, value] : call.headers) headers[name] = value;
    calls.push_back(json::object{{"account", call.account},
                                 {"method", call.method},
                                 {"path", call.path},
                                 {"locale", call.locale},
                                 {"proved", call.proved},
                                 {"body", call.body},
                                 {"status", call.status},
                                 {"headers", std::move(headers)}});
  }
  return json::object{{"calls", std::move(calls)}, {"dropped", list.dropped}};
}

json::value WebhooksJson(const WebhookSender::List& list) {
  json::array webhooks;
  for (const Webhook& webhook : list.webhooks) {
    json::object entry{{"n", webhook.n},
                       {"account", webhook.account},
                       {"kind", webhook.kind},
                       {"updates", webhook.updates},
                       {"attempt", webhook.attempt},
                       {"url", webhook.url},
                       {"body", JsonOrText(webhook.body)},
                       {"status", webhook.answer.status},
                       {"deliveries", webhook.deliveries}};
    if (!webhook.answer.error.empty()) entry["error"] = webhook.answer.error;
    webhooks.push_back(std::move(entry));
  }
  return json::object{{"webhooks", std::move(webhooks)},
                      {"dropped", list.dropped}};
}

json::value UsersJson(const std::vector<User>& users) {
  const absl::Time now = absl::Now();
  json::array list;
  for (const User& user : users) list.push_back(UserJson(user, now));
  return json::object{{"users", std::move(list)}};
}

json::object AnswerJson(const WebhookAnswer& answer) {
  if (answer.waits) return {{"status", 0}, {"waits", true}};
  if (answer.status == 0) return {{"status", 0}, {"error", answer.error}};
  return {{"status", answer.status}, {"body", answer.body}};
}

}  // namespace linktor::emulator
