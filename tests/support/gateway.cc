#include "tests/support/gateway.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/rpc/status.pb.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::testing {
namespace {

std::string MakeFolder() {
  std::string path = "/tmp/linktor-test-XXXXXX";
  EXPECT_NE(mkdtemp(path.data()), nullptr);
  return path;
}

// Returns whether a text has an API key with a part of its secret: "lig_", 16
// characters of the id, "_" and the secret.
bool HasApiKey(std::string_view text) {
  constexpr std::string_view kStart = "lig_";
  constexpr std::size_t kSecretAt = 21;
  constexpr std::size_t kPart = 12;
  for (std::size_t at = text.find(kStart); at != std::string_view::npos;
       at = text.find(kStart, at + 1)) {
    const std::string_view key = text.substr(at, kSecretAt + kPart);
    if (key.size() == kSecretAt + kPart && key[kSecretAt - 1] == '_' &&
        std::all_of(key.begin() + kSecretAt, key.end(), absl::ascii_isalnum)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Gateway::Gateway(std::vector<std::string> server_options)
    : folder_(MakeFolder()) {
  auto emulator = emulator::Emulator::Start({});
  EXPECT_TRUE(emulator.ok()) << emulator.status();
  emulator_ = *std::move(emulator);
  http_ = std::make_unique<http::CurlTransport>(http::CurlTransport::Options{});
  const std::string master_key = absl::BytesToHexString(RandomBytes(32));
  std::ofstream(folder_ + "/master.key") << master_key;
  for (const std::string& secret :
       {master_key, std::string(kAppSecret), std::string(kVerifyToken),
        std::string(kToken),
        // This proof goes with the channel's calls to Meta.
        absl::BytesToHexString(
            ToAbsl(AsBytes(HmacKey(kAppSecret).Sign(kToken))))}) {
    Watch(secret);
  }
  server_ = std::make_unique<ServerProcess>(
      ServerProcess::Options{.data_dir = folder_ + "/data",
                             .master_key_file = folder_ + "/master.key",
                             .graph_url = emulator_->url(),
                             .more = std::move(server_options)});
  EXPECT_TRUE(server_->Start()) << server_->output();
  Connect();
}

Gateway::~Gateway() {
  // The server is stopped and not killed, since only then a sanitizer looks for
  // leaks. The connections go first: one from which nobody reads would hold up
  // the server's end.
  events_.reset();
  messaging_.reset();
  channels_.reset();
  grpc_channel_.reset();
  if (server_->running()) {
    ExpectNothingPrivate(
        Http({.method = "GET",
              .url = absl::StrCat("http://", server_->admin(), "/metrics")})
            .body,
        "/metrics");
    const ProcessEnd end = server_->Terminate();
    EXPECT_EQ(end.status, 0) << end.output;
  }
  ExpectNothingPrivate(server_->output(), "the log");
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Gateway::Watch(std::string_view text) {
  if (text.empty()) return;
  MutexLock lock(private_mutex_);
  if (text.size() >= kPrivateSize) {
    private_.emplace(text);
  } else {
    private_.insert(absl::StrCat("\"", ToAbsl(text), "\""));
  }
}

void Gateway::WatchTexts(std::string_view body) {
  constexpr std::string_view kText = R"("text":")";
  for (std::size_t at = body.find(kText); at != std::string_view::npos;
       at = body.find(kText, at)) {
    at += kText.size();
    Watch(body.substr(at, body.find('"', at) - at));
  }
}

void Gateway::ExpectNothingPrivate(const std::string& said,
                                   const std::string& where) {
  MutexLock lock(private_mutex_);
  for (const std::string& text : private_) {
    EXPECT_EQ(said.find(text), std::string::npos)
        << where << " has '" << text << "':\n"
        << said;
  }
  EXPECT_FALSE(HasApiKey(said)) << where << " has an API key:\n" << said;
}

void Gateway::Connect() {
  grpc_channel_ =
      grpc::CreateChannel(server_->grpc(), grpc::InsecureChannelCredentials());
  channels_ = v1::ChannelService::NewStub(grpc_channel_);
  messaging_ = v1::MessagingService::NewStub(grpc_channel_);
  events_ = v1::EventService::NewStub(grpc_channel_);
}

void Gateway::Restart() {
  if (server_->running()) server_->Kill();
  EXPECT_TRUE(server_->Start()) << server_->output();
  Connect();
  PointWebhooks();
}

v1::CreateChannelRequest Gateway::DefaultChannel() {
  v1::CreateChannelRequest request;
  request.mutable_channel()->set_id(kChannel);
  request.mutable_channel()->set_name("Test");
  request.mutable_channel()->set_instagram_account_id(kAccount);
  request.mutable_channel()->set_page_id(kPage);
  request.mutable_credentials()->set_access_token(kToken);
  request.mutable_credentials()->add_app_secrets(kAppSecret);
  request.mutable_credentials()->set_verify_token(kVerifyToken);
  return request;
}

v1::Channel Gateway::CreateChannel() {
  PointWebhooks();
  return CreateChannel(DefaultChannel());
}

v1::Channel Gateway::CreateChannel(const v1::CreateChannelRequest& request) {
  v1::CreateChannelResponse response;
  const grpc::Status status =
      channels_->CreateChannel(Context().get(), request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.channel();
}

void Gateway::PointWebhooks() {
  emulator_->Configure(
      {.webhook_url = absl::StrCat("http://", server_->webhook(),
                                   "/webhooks/instagram/", kChannel),
       .app_secret = Secret(kAppSecret),
       .verify_token = Secret(kVerifyToken),
       .account_id = kAccount,
       .page_id = kPage});
}

http::HttpResult Gateway::Http(http::HttpCall call) {
  std::promise<http::HttpResult> promise;
  http_->Send(std::move(call), [&promise](http::HttpResult result) {
    promise.set_value(std::move(result));
  });
  return promise.get_future().get();
}

int Gateway::Post(const std::string& body, std::string_view secret,
                  std::string_view channel) {
  WatchTexts(body);
  const Digest mac = HmacKey(secret).Sign(body);
  http::HttpCall call{
      .method = "POST",
      .url = absl::StrCat("http://", server_->webhook(), "/webhooks/instagram/",
                          ToAbsl(channel)),
      .headers = {{"Content-Type", "application/json"},
                  {"X-Hub-Signature-256",
                   "sha256=" + absl::BytesToHexString(ToAbsl(AsBytes(mac)))}},
      .body = body};
  return Http(std::move(call)).status_code;
}

std::string Gateway::TextBody(std::string_view mid, std::string_view text,
                              std::string_view user, std::int64_t time_ms) {
  if (time_ms == 0) time_ms = absl::ToUnixMillis(absl::Now());
  return absl::StrCat(R"({"object":"instagram","entry":[{"id":")", kAccount,
                      R"(","time":)", time_ms,
                      R"(,"messaging":[{"sender":{"id":")", ToAbsl(user),
                      R"("},"recipient":{"id":")", kAccount,
                      R"("},"timestamp":)", time_ms, R"(,"message":{"mid":")",
                      ToAbsl(mid), R"(","text":")", ToAbsl(text), R"("}}]}]})");
}

v1::SendMessageResponse Gateway::Send(std::string_view text,
                                      std::string_view request_id,
                                      grpc::Status& status,
                                      std::string_view to) {
  Watch(text);
  v1::SendMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_to(std::string(to));
  request.mutable_content()->set_text(std::string(text));
  request.set_request_id(std::string(request_id));
  v1::SendMessageResponse response;
  status = messaging_->SendMessage(Context().get(), request, &response);
  return response;
}

v1::Conversation Gateway::GetConversation() {
  v1::GetConversationRequest request;
  request.set_channel_id(kChannel);
  request.set_user_id(kUser);
  v1::GetConversationResponse response;
  EXPECT_TRUE(
      messaging().GetConversation(Context().get(), request, &response).ok());
  return response.conversation();
}

v1::Message Gateway::GetByRequest(std::string_view request_id) {
  v1::GetMessageRequest request;
  request.set_channel_id(kChannel);
  request.set_request_id(std::string(request_id));
  v1::GetMessageResponse response;
  (void)messaging_->GetMessage(Context().get(), request, &response);
  return response.message();
}

v1::Message Gateway::WaitForState(std::string_view request_id,
                                  v1::MessageState state) {
  const auto stream = Subscribe(From(v1::POSITION_EARLIEST));
  EXPECT_TRUE(stream->WaitFor([&](const std::vector<v1::Event>& events) {
    return std::any_of(events.begin(), events.end(), [&](const auto& event) {
      const v1::Message message = MessageOf(event);
      return message.request_id() == request_id && message.state() == state;
    });
  })) << "no event with state "
      << v1::MessageState_Name(state);
  return GetByRequest(request_id);
}

v1::SubscribeEventsRequest Gateway::From(v1::Position position) {
  v1::SubscribeEventsRequest request;
  request.set_position(position);
  return request;
}

std::unique_ptr<EventStream> Gateway::Subscribe(
    const v1::SubscribeEventsRequest& request) {
  return std::make_unique<EventStream>(*events_, request);
}

std::vector<v1::Event> Gateway::AllEvents() {
  auto context = Context();
  auto reader =
      events_->SubscribeEvents(context.get(), From(v1::POSITION_EARLIEST));
  std::vector<v1::Event> all;
  v1::SubscribeEventsResponse response;
  while (reader->Read(&response)) {
    for (v1::Event& event : *response.mutable_events()) {
      if (!TellsOfChannel(event)) all.push_back(std::move(event));
    }
    if (response.caught_up()) break;
  }
  context->TryCancel();
  (void)reader->Finish();
  return all;
}

int Gateway::SendsReceived() {
  int sends = 0;
  for (const emulator::GraphCall& call : emulator_->graph_calls().Get().calls) {
    if (call.method == "POST" && absl::EndsWith(call.path, "/messages")) {
      ++sends;
    }
  }
  return sends;
}

v1::Message MessageOf(const v1::Event& event) {
  switch (event.payload_case()) {
    case v1::Event::kMessageReceived:
      return event.message_received();
    case v1::Event::kMessageEchoed:
      return event.message_echoed();
    case v1::Event::kMessageSent:
      return event.message_sent();
    case v1::Event::kMessageFailed:
      return event.message_failed();
    case v1::Event::kMessageUnconfirmed:
      return event.message_unconfirmed();
    case v1::Event::kQuickReply:
      return event.quick_reply().message();
    case v1::Event::kStoryReply:
      return event.story_reply().message();
    case v1::Event::kStoryMention:
      return event.story_mention().message();
    case v1::Event::kProductShare:
      return event.product_share().message();
    default:
      return {};
  }
}

std::unique_ptr<grpc::ClientContext> Context(int seconds) {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() +
                        std::chrono::seconds(seconds));
  return context;
}

google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  return DetailOf<google::rpc::ErrorInfo>(status);
}

}  // namespace linktor::testing
