// Brings about every reason of docs/errors.md that can be brought about, and
// reads what an operator has of it: the line of the log and the count. A reason
// without a row, and a row without a reason, fail.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/error_reason.pb.h"
#include "tests/integration/access_fixture.h"
#include "tests/support/gateway.h"

namespace linktor::testing {
namespace {

using emulator::FaultKind;
using ::testing::ContainsRegex;

// A reason is brought about with these.
struct Scene {
  Gateway& gateway;
  // The holder of a key that may do everything; null without keys.
  const KeyedClient* admin;
};

struct Cause {
  // The last call, which ends with the reason.
  std::function<grpc::Status(Scene&)> provoke;
  std::string method;
  // The reason is that of the message, as the call does not end with it.
  bool of_message = false;
  // A line besides that of the call; a regular expression, after which the
  // outcome follows.
  std::string line;
  std::vector<std::string> options;
  bool keys = false;
};

constexpr char kRefusedLine[] = R"("event":"call refused")";
constexpr char kMetaLine[] = R"("event":"call to Meta failed")";

// --- Calls -------------------------------------------------------------------

constexpr char kText[] = "Hello from a cause of trouble";

v1::SendMessageRequest Hello(const std::string& request_id) {
  v1::SendMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_to(kUser);
  request.mutable_content()->set_text(kText);
  request.set_request_id(request_id);
  return request;
}

grpc::Status Send(Gateway& gateway, const v1::SendMessageRequest& request,
                  grpc::ClientContext& context) {
  gateway.Watch(request.content().text());
  v1::SendMessageResponse response;
  return gateway.messaging().SendMessage(&context, request, &response);
}

grpc::Status Send(Gateway& gateway, const v1::SendMessageRequest& request) {
  return Send(gateway, request, *Context());
}

void Wrote(Gateway& gateway, absl::Duration age) {
  ASSERT_EQ(gateway.Post(Gateway::TextBody(
                "m1", "Hello", kUser, absl::ToUnixMillis(absl::Now() - age))),
            200);
}

grpc::Status GetChannel(Gateway& gateway, const KeyedClient& client) {
  (void)gateway;
  v1::GetChannelRequest request;
  request.set_channel_id(kChannel);
  v1::GetChannelResponse response;
  return client.channels().GetChannel(client.Context().get(), request,
                                      &response);
}

grpc::Status Create(Gateway& gateway, const v1::CreateChannelRequest& request) {
  v1::CreateChannelResponse response;
  return gateway.channels().CreateChannel(Context().get(), request, &response);
}

grpc::Status FirstOf(Gateway& gateway,
                     const v1::SubscribeEventsRequest& request) {
  const auto stream = gateway.Subscribe(request);
  EXPECT_TRUE(stream->WaitForEnd());
  return stream->status();
}

std::string NewestCursor(Gateway& gateway) {
  const auto stream = gateway.Subscribe(Gateway::From(v1::POSITION_LATEST));
  EXPECT_TRUE(stream->WaitForResponses(1));
  return stream->responses().front().cursor();
}

v1::SubscribeEventsRequest FollowingFrom(const std::string& cursor) {
  v1::SubscribeEventsRequest request;
  request.set_after_cursor(cursor);
  return request;
}

grpc::Status Resolve(Gateway& gateway, const std::string& message_id,
                     v1::Message* message = nullptr) {
  v1::ResolveMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_message_id(message_id);
  request.set_resolution(v1::MESSAGE_RESOLUTION_NOT_SENT);
  v1::ResolveMessageResponse response;
  const grpc::Status status =
      gateway.messaging().ResolveMessage(Context().get(), request, &response);
  if (message != nullptr) *message = response.message();
  return status;
}

// Opens the server's database as another program would.
class Database {
 public:
  explicit Database(Gateway& gateway) {
    EXPECT_EQ(sqlite3_open((gateway.folder() + "/data/gateway.db").c_str(),
                           &database_),
              SQLITE_OK);
  }
  ~Database() { sqlite3_close(database_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Run(const std::string& sql) {
    EXPECT_EQ(sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr),
              SQLITE_OK)
        << sqlite3_errmsg(database_);
  }

 private:
  sqlite3* database_ = nullptr;
};

// --- Rows --------------------------------------------------------------------

// Instagram answers a send with that error of Meta's.
Cause Graph(int code, int subcode, const std::string& message = "") {
  return {.provoke =
              [code, subcode, message](Scene& scene) {
                EXPECT_TRUE(scene.gateway.instagram()
                                .AddFault({.on = "messages",
                                           .kind = FaultKind::kGraphError,
                                           .error = {.code = code,
                                                     .subcode = subcode,
                                                     .message = message}})
                                .ok());
                return Send(scene.gateway, Hello("r1"));
              },
          .method = "SendMessage",
          .line = kMetaLine};
}

Cause Calling(const std::string& method,
              const std::function<grpc::Status(Gateway&)>& provoke,
              const std::string& line = "") {
  return {.provoke = [provoke](Scene& scene) { return provoke(scene.gateway); },
          .method = method,
          .line = line};
}

Cause Sending(const std::function<grpc::Status(Gateway&)>& provoke) {
  return Calling("SendMessage", provoke);
}

// Returns a row whose call has the key that `key` makes.
Cause WithKey(const std::function<std::string(const KeyedClient&)>& key) {
  return {.provoke =
              [key](Scene& scene) {
                const KeyedClient client(scene.gateway.grpc_channel(),
                                         key(*scene.admin));
                return GetChannel(scene.gateway, client);
              },
          .method = "GetChannel",
          .line = kRefusedLine,
          .keys = true};
}

std::string ExpiredKey(const KeyedClient& admin) {
  v1::CreateApiKeyRequest request;
  request.mutable_api_key()->add_permissions(v1::PERMISSION_MANAGE_CHANNELS);
  const absl::Time end = absl::Now() + absl::Milliseconds(300);
  *request.mutable_api_key()->mutable_expire_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          absl::ToUnixMillis(end));
  const std::string key = admin.CreateKey(request).secret();
  absl::SleepFor(end - absl::Now());
  return key;
}

std::string DisabledKey(const KeyedClient& admin) {
  auto created = admin.CreateKey(AllPermissions());
  created.mutable_api_key()->set_disabled(true);
  EXPECT_TRUE(admin.UpdateKey(created.api_key(), "disabled").ok());
  return created.secret();
}

grpc::Status InFlight(Gateway& gateway) {
  EXPECT_TRUE(gateway.instagram()
                  .AddFault({.on = "messages",
                             .kind = FaultKind::kDelay,
                             .delay = absl::Seconds(4)})
                  .ok());
  std::thread first([&gateway] { (void)Send(gateway, Hello("r1")); });
  EXPECT_TRUE(
      gateway.instagram().graph_calls().WaitForCount(1, absl::Seconds(20)));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(1500));
  const grpc::Status status = Send(gateway, Hello("r1"), context);
  first.join();
  return status;
}

grpc::Status OptedOut(Gateway& gateway) {
  v1::UpdateConversationRequest request;
  request.mutable_conversation()->set_channel_id(kChannel);
  request.mutable_conversation()->set_user_id(kUser);
  request.mutable_conversation()->set_opted_out(true);
  request.mutable_update_mask()->add_paths("opted_out");
  v1::UpdateConversationResponse response;
  EXPECT_TRUE(gateway.messaging()
                  .UpdateConversation(Context().get(), request, &response)
                  .ok());
  return Send(gateway, Hello("r1"));
}

grpc::Status NeverWritten(Gateway& gateway) {
  v1::UpdateChannelRequest request;
  request.mutable_channel()->set_id(kChannel);
  request.mutable_channel()->set_on_no_history(v1::NO_HISTORY_POLICY_REFUSE);
  request.mutable_update_mask()->add_paths("on_no_history");
  v1::UpdateChannelResponse response;
  EXPECT_TRUE(gateway.channels()
                  .UpdateChannel(Context().get(), request, &response)
                  .ok());
  return Send(gateway, Hello("r1"));
}

grpc::Status ProfileWithoutConsent(Gateway& gateway) {
  EXPECT_TRUE(
      gateway.instagram().ChangeUser(kUser, {.profile_consent = false}).ok());
  v1::GetUserProfileRequest request;
  request.set_channel_id(kChannel);
  request.set_user_id(kUser);
  v1::GetUserProfileResponse response;
  return gateway.messaging().GetUserProfile(Context().get(), request,
                                            &response);
}

grpc::Status MediaOfAText(Gateway& gateway) {
  Wrote(gateway, absl::ZeroDuration());
  v1::RefreshMediaRequest request;
  request.set_channel_id(kChannel);
  request.set_mid("m1");
  v1::RefreshMediaResponse response;
  return gateway.messaging().RefreshMedia(Context().get(), request, &response);
}

// The log loses its newest event, because a backup of before is restored.
grpc::Status Rewound(Gateway& gateway) {
  const std::string data = gateway.folder() + "/data";
  const std::string backup = gateway.folder() + "/backup";
  const auto run = [&](const char* command, const char* with) {
    return RunServer({command, with, backup, "--data-dir", data,
                      "--master-key-file", gateway.folder() + "/master.key"});
  };
  const ProcessEnd made = run("backup", "--to");
  EXPECT_EQ(made.status, 0) << made.output;
  Wrote(gateway, absl::ZeroDuration());
  const std::string cursor = NewestCursor(gateway);
  gateway.server().Kill();
  std::filesystem::remove_all(data);
  const ProcessEnd restored = run("restore", "--from");
  EXPECT_EQ(restored.status, 0) << restored.output;
  gateway.Restart();
  return FirstOf(gateway, FollowingFrom(cursor));
}

// The log no longer has the events after a cursor, as after their retention.
grpc::Status Expired(Gateway& gateway) {
  const std::string cursor = NewestCursor(gateway);
  Wrote(gateway, absl::ZeroDuration());
  gateway.server().Kill();
  Database(gateway).Run(
      "DELETE FROM event_mids; DELETE FROM events; UPDATE log_state SET "
      "oldest_seq = last_seq + 1");
  gateway.Restart();
  return FirstOf(gateway, FollowingFrom(cursor));
}

grpc::Status Overloaded(Gateway& gateway) {
  Database database(gateway);
  database.Run("BEGIN IMMEDIATE");
  const grpc::Status status = Send(gateway, Hello("r1"));
  database.Run("ROLLBACK");
  return status;
}

// A record that the database refuses stands for any fault of the server.
grpc::Status Faulty(Gateway& gateway) {
  Database(gateway).Run(
      "CREATE TRIGGER poison BEFORE INSERT ON messages BEGIN SELECT "
      "RAISE(ABORT, 'poison'); END");
  return Send(gateway, Hello("r1"));
}

grpc::Status Draining(Gateway& gateway) {
  const auto stream = gateway.Subscribe(Gateway::From(v1::POSITION_LATEST));
  EXPECT_TRUE(stream->WaitForResponses(1));
  EXPECT_EQ(gateway.server().Terminate().status, 0);
  EXPECT_TRUE(stream->WaitForEnd());
  return stream->status();
}

std::map<v1::ErrorReason, Cause> MessagingCauses() {
  return {
      {v1::ERROR_REASON_INVALID_REQUEST, Sending([](Gateway& gateway) {
         return Send(gateway, v1::SendMessageRequest());
       })},
      {v1::ERROR_REASON_INVALID_CONTENT, Graph(100, 2534015)},
      {v1::ERROR_REASON_CHANNEL_NOT_FOUND, Sending([](Gateway& gateway) {
         auto request = Hello("r1");
         request.set_channel_id("ch_none");
         return Send(gateway, request);
       })},
      {v1::ERROR_REASON_CREDENTIALS_MISSING, Sending([](Gateway& gateway) {
         auto channel = Gateway::DefaultChannel();
         channel.mutable_channel()->set_id("ch_bare");
         channel.mutable_channel()->set_instagram_account_id(
             "17841400000000009");
         channel.mutable_channel()->set_page_id("100200300400509");
         channel.mutable_credentials()->clear_access_token();
         EXPECT_TRUE(Create(gateway, channel).ok());
         auto request = Hello("r1");
         request.set_channel_id("ch_bare");
         return Send(gateway, request);
       })},
      {v1::ERROR_REASON_MESSAGE_NOT_FOUND,
       Calling("GetMessage",
               [](Gateway& gateway) {
                 v1::GetMessageRequest request;
                 request.set_channel_id(kChannel);
                 request.set_request_id("none");
                 v1::GetMessageResponse response;
                 return gateway.messaging().GetMessage(Context().get(), request,
                                                       &response);
               })},
      {v1::ERROR_REASON_MESSAGE_NOT_UNCONFIRMED,
       Calling("ResolveMessage",
               [](Gateway& gateway) {
                 EXPECT_TRUE(Send(gateway, Hello("r1")).ok());
                 return Resolve(gateway, gateway.GetByRequest("r1").id());
               })},
      {v1::ERROR_REASON_RESOLVED_NOT_SENT,
       {.provoke =
            [](Scene& scene) {
              EXPECT_TRUE(
                  scene.gateway.instagram()
                      .AddFault({.on = "messages", .kind = FaultKind::kClose})
                      .ok());
              (void)Send(scene.gateway, Hello("r1"));
              return Resolve(scene.gateway,
                             scene.gateway.GetByRequest("r1").id());
            },
        .method = "ResolveMessage",
        .of_message = true,
        .line = R"("event":"audit","method":"ResolveMessage")"}},
      {v1::ERROR_REASON_OUTSIDE_MESSAGING_WINDOW, Sending([](Gateway& gateway) {
         Wrote(gateway, absl::Hours(25));
         return Send(gateway, Hello("r1"));
       })},
      {v1::ERROR_REASON_HUMAN_AGENT_WINDOW_CLOSED,
       Sending([](Gateway& gateway) {
         Wrote(gateway, absl::Hours(7 * 24 + 1));
         auto request = Hello("r1");
         request.set_tag(v1::MESSAGE_TAG_HUMAN_AGENT);
         return Send(gateway, request);
       })},
      {v1::ERROR_REASON_USER_HAS_NOT_WRITTEN, Sending(NeverWritten)},
      {v1::ERROR_REASON_RECIPIENT_OPTED_OUT, Sending(OptedOut)},
      {v1::ERROR_REASON_REQUEST_ID_REUSED, Sending([](Gateway& gateway) {
         EXPECT_TRUE(Send(gateway, Hello("r1")).ok());
         auto other = Hello("r1");
         other.mutable_content()->set_text("Bye");
         return Send(gateway, other);
       })},
      {v1::ERROR_REASON_REQUEST_IN_FLIGHT, Sending(InFlight)},
      {v1::ERROR_REASON_SEND_OUTCOME_UNKNOWN,
       Calling(
           "SendMessage",
           [](Gateway& gateway) {
             EXPECT_TRUE(gateway.instagram()
                             .AddFault({.on = "messages",
                                        .kind = FaultKind::kAcceptThenClose})
                             .ok());
             return Send(gateway, Hello("r1"));
           },
           kMetaLine)},
      {v1::ERROR_REASON_DEADLINE_TOO_SHORT, Sending([](Gateway& gateway) {
         grpc::ClientContext context;
         context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::milliseconds(400));
         return Send(gateway, Hello("r1"), context);
       })},
      {v1::ERROR_REASON_INTERNAL_FAULT,
       Calling("SendMessage", Faulty, R"("event":"call failed by a fault")")},
      {v1::ERROR_REASON_OVERLOADED,
       Calling("SendMessage", Overloaded, kRefusedLine)},
  };
}

std::map<v1::ErrorReason, Cause> GraphCauses() {
  return {
      {v1::ERROR_REASON_USER_CONSENT_REQUIRED,
       Calling("GetUserProfile", ProfileWithoutConsent, kMetaLine)},
      {v1::ERROR_REASON_MEDIA_UNAVAILABLE,
       Calling("RefreshMedia", MediaOfAText)},
      {v1::ERROR_REASON_RECIPIENT_UNAVAILABLE, Graph(551, 0)},
      {v1::ERROR_REASON_RECIPIENT_NOT_FOUND, Graph(100, 2018001)},
      {v1::ERROR_REASON_RATE_LIMITED, Graph(613, 0)},
      {v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, Graph(190, 463)},
      {v1::ERROR_REASON_PERMISSION_MISSING, Graph(10, 0)},
      {v1::ERROR_REASON_APP_NOT_APPROVED, Graph(3, 0)},
      {v1::ERROR_REASON_MESSAGING_DISABLED, Graph(200, 2534041)},
      {v1::ERROR_REASON_ACTION_BLOCKED, Graph(368, 0)},
      {v1::ERROR_REASON_THREAD_CONTROLLED_BY_ANOTHER_APP, Graph(100, 2534037)},
      {v1::ERROR_REASON_ACCOUNT_RESTRICTED, Graph(10, 1893063)},
      {v1::ERROR_REASON_MEDIA_REJECTED, Graph(100, 2018008)},
      {v1::ERROR_REASON_GRAPH_UNAVAILABLE, Graph(1200, 0)},
      {v1::ERROR_REASON_GRAPH_ERROR, Graph(2500, 0)},
      {v1::ERROR_REASON_ACCOUNT_NOT_LINKED, Graph(100, 2534013)},
      {v1::ERROR_REASON_COMMENT_REPLY_UNAVAILABLE, Graph(10900, 0)},
      {v1::ERROR_REASON_APP_SECRET_REFUSED,
       Graph(100, 0, "API calls from the server require an appsecret_proof")},
  };
}

std::map<v1::ErrorReason, Cause> ChannelCauses() {
  return {
      {v1::ERROR_REASON_CHANNEL_ALREADY_EXISTS,
       Calling(
           "CreateChannel",
           [](Gateway& gateway) {
             auto request = Gateway::DefaultChannel();
             request.mutable_channel()->set_name("Another");
             return Create(gateway, request);
           },
           R"("event":"audit")")},
      {v1::ERROR_REASON_ACCOUNT_ALREADY_CONNECTED,
       {.provoke =
            [](Scene& scene) {
              auto request = Gateway::DefaultChannel();
              request.mutable_channel()->set_id("ch_second");
              return Create(scene.gateway, request);
            },
        .method = "CreateChannel",
        .line = R"("event":"audit")"}},
      {v1::ERROR_REASON_CHANNEL_CHANGED,
       {.provoke =
            [](Scene& scene) {
              v1::UpdateChannelRequest request;
              request.mutable_channel()->set_id(kChannel);
              request.mutable_channel()->set_etag("of another time");
              request.mutable_update_mask()->add_paths("name");
              v1::UpdateChannelResponse response;
              return scene.gateway.channels().UpdateChannel(Context().get(),
                                                            request, &response);
            },
        .method = "UpdateChannel",
        .line = R"("event":"audit")"}},
      {v1::ERROR_REASON_CONVERSATION_NOT_FOUND,
       Calling("GetConversation",
               [](Gateway& gateway) {
                 v1::GetConversationRequest request;
                 request.set_channel_id(kChannel);
                 request.set_user_id("599");
                 v1::GetConversationResponse response;
                 return gateway.messaging().GetConversation(Context().get(),
                                                            request, &response);
               })},
  };
}

std::map<v1::ErrorReason, Cause> StreamCauses() {
  const auto streaming =
      [](const std::function<grpc::Status(Gateway&)>& provoke,
         const std::string& line = "") {
        return Calling("SubscribeEvents", provoke, line);
      };
  return {
      {v1::ERROR_REASON_CURSOR_INVALID, streaming([](Gateway& gateway) {
         return FirstOf(gateway, FollowingFrom("bm90IG9uZQ"));
       })},
      {v1::ERROR_REASON_CURSOR_EXPIRED, streaming(Expired, kRefusedLine)},
      {v1::ERROR_REASON_CURSOR_REWOUND, streaming(Rewound, kRefusedLine)},
      {v1::ERROR_REASON_DRAINING, streaming(Draining)},
  };
}

std::map<v1::ErrorReason, Cause> KeyCauses() {
  return {
      {v1::ERROR_REASON_API_KEY_MISSING,
       WithKey([](const KeyedClient&) { return ""; })},
      {v1::ERROR_REASON_API_KEY_INVALID,
       WithKey([](const KeyedClient&) { return "lig_no_key"; })},
      {v1::ERROR_REASON_API_KEY_EXPIRED, WithKey(ExpiredKey)},
      {v1::ERROR_REASON_API_KEY_DISABLED, WithKey(DisabledKey)},
      {v1::ERROR_REASON_NOT_AUTHORIZED, WithKey([](const KeyedClient& admin) {
         return admin.CreateKey({v1::PERMISSION_READ_EVENTS}).secret();
       })},
      {v1::ERROR_REASON_API_KEY_NOT_FOUND,
       {.provoke =
            [](Scene& scene) {
              v1::GetApiKeyRequest request;
              request.set_api_key_id("0123456789abcdef");
              v1::GetApiKeyResponse response;
              return scene.admin->access().GetApiKey(
                  scene.admin->Context().get(), request, &response);
            },
        .method = "GetApiKey",
        .keys = true}},
      {v1::ERROR_REASON_LIMIT_REACHED,
       {.provoke =
            [](Scene& scene) {
              const auto request = Gateway::From(v1::POSITION_LATEST);
              const std::string key =
                  scene.admin->CreateKey(AllPermissions()).secret();
              EventStream first(scene.gateway.events(), request, key);
              EXPECT_TRUE(first.WaitForResponses(1));
              EventStream second(scene.gateway.events(), request, key);
              EXPECT_TRUE(second.WaitForEnd());
              return second.status();
            },
        .method = "SubscribeEvents",
        .line = kRefusedLine,
        .options = {"--max-streams-per-key", "1"},
        .keys = true}},
  };
}

// These cannot be brought about from outside, and this is why.
std::map<v1::ErrorReason, std::string> Exceptions() {
  return {
      {v1::ERROR_REASON_UNSPECIFIED, "no error has it"},
      {v1::ERROR_REASON_DISK_FULL,
       "it needs a full disk: tools/check/network.py makes one"},
      {v1::ERROR_REASON_STORE_FAILED,
       "it needs a disk with faults: DiskFaultTest has one"},
  };
}

std::map<v1::ErrorReason, Cause> Causes() {
  std::map<v1::ErrorReason, Cause> all = MessagingCauses();
  all.merge(GraphCauses());
  all.merge(ChannelCauses());
  all.merge(StreamCauses());
  all.merge(KeyCauses());
  return all;
}

TEST(CausesTest, EveryReasonHasARow) {
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason =
        static_cast<v1::ErrorReason>(reasons->value(i)->number());
    EXPECT_EQ(Causes().contains(reason), !Exceptions().contains(reason))
        << reasons->value(i)->name();
  }
}

// --- What an operator reads --------------------------------------------------

std::string MetricsOf(Gateway& gateway) {
  return gateway
      .Http({.method = "GET",
             .url =
                 absl::StrCat("http://", gateway.server().admin(), "/metrics")})
      .body;
}

// The value of one series; 0 when there is none.
double Sample(const std::string& metrics, const std::string& series) {
  const std::size_t at = metrics.find("\n" + series + " ");
  if (at == std::string::npos) return 0;
  return std::stod(metrics.substr(at + series.size() + 2));
}

std::string SeriesOf(const Cause& cause, const std::string& reason) {
  if (cause.of_message) {
    return absl::StrCat(
        R"(grpc_server_handled_total{grpc_code="OK",grpc_method=")",
        cause.method,
        R"(",grpc_service="linktor.instagram.v1.MessagingService",)"
        R"(grpc_type="unary"})");
  }
  return absl::StrCat("linktor_call_errors_total{method=\"", cause.method,
                      "\",reason=\"", reason, "\"}");
}

// The server is gone, and its metrics with it.
bool EndsTheServer(v1::ErrorReason reason) {
  return reason == v1::ERROR_REASON_DRAINING;
}

void Provoke(v1::ErrorReason which, const Cause& cause, Scene scene) {
  Gateway& gateway = scene.gateway;
  const std::string reason =
      v1::ErrorReason_Name(which).substr(sizeof "ERROR_REASON_" - 1);
  const std::string series = SeriesOf(cause, reason);
  EXPECT_EQ(Sample(MetricsOf(gateway), series), 0);
  const grpc::Status status = cause.provoke(scene);
  if (cause.of_message) {
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(gateway.GetByRequest("r1").error().reason(), reason);
  } else {
    EXPECT_EQ(ErrorInfoOf(status).reason(), reason) << status.error_message();
    EXPECT_FALSE(ErrorInfoOf(status).metadata().at("remedy").empty());
  }
  if (!EndsTheServer(which)) {
    EXPECT_EQ(Sample(MetricsOf(gateway), series), 1) << series;
  }
  const std::string log = gateway.server().output();
  if (!cause.of_message) {
    EXPECT_THAT(log, ContainsRegex(absl::StrCat(
                         "\"event\":\"call\",\"method\":\"", cause.method,
                         "\"[^\n]*\"outcome\":\"", reason, "\"")));
  }
  if (!cause.line.empty()) {
    const std::string outcome = cause.of_message ? "OK" : reason;
    EXPECT_THAT(log, ContainsRegex(
                         absl::StrCat(cause.line, "[^\n]*\"", outcome, "\"")));
  }
}

class KeyedScene : public AccessTest {
 public:
  explicit KeyedScene(const std::vector<std::string>& options)
      : AccessTest(options) {}
  Scene scene() { return {gateway_, &admin()}; }

 private:
  void TestBody() override {}
};

class CausesTest : public ::testing::TestWithParam<v1::ErrorReason> {};

TEST_P(CausesTest, LeavesALineAndACount) {
  const Cause cause = Causes().at(GetParam());
  std::vector<std::string> options = cause.options;
  options.insert(options.end(), {"--log-level", "debug"});
  if (cause.keys) {
    KeyedScene keyed(options);
    Provoke(GetParam(), cause, keyed.scene());
    return;
  }
  Gateway gateway(options);
  gateway.CreateChannel();
  Provoke(GetParam(), cause, {gateway, nullptr});
}

std::vector<v1::ErrorReason> Reasons() {
  std::vector<v1::ErrorReason> reasons;
  for (const auto& [reason, cause] : Causes()) reasons.push_back(reason);
  return reasons;
}

INSTANTIATE_TEST_SUITE_P(Reasons, CausesTest, ::testing::ValuesIn(Reasons()),
                         [](const auto& row) {
                           std::string name;
                           for (const char c :
                                v1::ErrorReason_Name(row.param)) {
                             if (c != '_') name.push_back(c);
                           }
                           return name;
                         });

}  // namespace
}  // namespace linktor::testing
