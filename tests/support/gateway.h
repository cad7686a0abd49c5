// A Gateway is the whole arrangement: the built server over real sockets, the
// emulator as Instagram, and a channel between them.

#pragma once

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/emulator.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "linktor/instagram/v1/channel_service.grpc.pb.h"
#include "linktor/instagram/v1/event_service.grpc.pb.h"
#include "linktor/instagram/v1/messaging_service.grpc.pb.h"
#include "server/base/mutex.h"
#include "server/base/v1.h"
#include "server/http/client.h"
#include "tests/support/event_stream.h"
#include "tests/support/server_process.h"

namespace linktor::testing {

inline constexpr char kChannel[] = "ch_test";
inline constexpr char kAccount[] = "17841400000000001";
inline constexpr char kPage[] = "100200300400500";
inline constexpr char kAppSecret[] = "test-app-secret";
inline constexpr char kVerifyToken[] = "test-verify-token";
inline constexpr char kToken[] = "test-access-token";
inline constexpr char kUser[] = "17841234567890";

class Gateway {
 public:
  // Starts emulator and server; fails the test when they do not start.
  explicit Gateway(std::vector<std::string> server_options = {});
  // Ends the server, and fails the test when a line of its log or a metric has
  // a secret, or a text that was posted or sent.
  ~Gateway();

  ServerProcess& server() { return *server_; }
  emulator::Emulator& instagram() { return *emulator_; }
  const std::string& folder() const { return folder_; }
  // Connects anew. Restart does it too, since the ports are others then.
  void Connect();
  // Kills the server by SIGKILL and starts it on the same folder.
  void Restart();

  v1::ChannelService::Stub& channels() { return *channels_; }
  v1::MessagingService::Stub& messaging() { return *messaging_; }
  v1::EventService::Stub& events() { return *events_; }
  std::shared_ptr<grpc::Channel> grpc_channel() { return grpc_channel_; }

  // Creates kChannel with kAccount, and points the emulator's webhooks at it;
  // or creates the requested channel alone.
  v1::Channel CreateChannel();
  v1::Channel CreateChannel(const v1::CreateChannelRequest& request);
  static v1::CreateChannelRequest DefaultChannel();
  void PointWebhooks();

  // Posts a webhook. Returns the HTTP status, 0 without an answer.
  int Post(const std::string& body, std::string_view secret = kAppSecret,
           std::string_view channel = kChannel);
  http::HttpResult Http(http::HttpCall call);
  // Returns a webhook's body with one text message.
  static std::string TextBody(std::string_view mid, std::string_view text,
                              std::string_view user = kUser,
                              std::int64_t time_ms = 0);

  // Sends a text, to kUser unless told otherwise, and sets `status`.
  v1::SendMessageResponse Send(std::string_view text,
                               std::string_view request_id,
                               grpc::Status& status,
                               std::string_view to = kUser);
  v1::Message GetByRequest(std::string_view request_id);
  // Returns the conversation with kUser.
  v1::Conversation GetConversation();
  // Waits until the stream has told that state of that send, and returns the
  // message.
  v1::Message WaitForState(std::string_view request_id, v1::MessageState state);

  static v1::SubscribeEventsRequest From(v1::Position position);
  std::unique_ptr<EventStream> Subscribe(
      const v1::SubscribeEventsRequest& request);
  // Returns everything that is in the log now, but for what tells of channels.
  std::vector<v1::Event> AllEvents();

  // Returns how many messages the emulator has been asked to send.
  int SendsReceived();

  // Remembers a text or secret that no line of the log and no metric may have.
  // Post and Send call it with what they are given.
  void Watch(std::string_view text);

 private:
  // Shorter texts may be words of the server's own; they are looked for as
  // whole values, in quotes.
  static constexpr std::size_t kPrivateSize = 8;

  // Does the same with every text of a webhook body.
  void WatchTexts(std::string_view body);
  void ExpectNothingPrivate(const std::string& said, const std::string& where);

  std::string folder_;
  // Tests post and send from several threads.
  Mutex private_mutex_;
  std::set<std::string> private_ ABSL_GUARDED_BY(private_mutex_);
  std::unique_ptr<emulator::Emulator> emulator_;
  std::unique_ptr<http::CurlTransport> http_;
  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> grpc_channel_;
  std::unique_ptr<v1::ChannelService::Stub> channels_;
  std::unique_ptr<v1::MessagingService::Stub> messaging_;
  std::unique_ptr<v1::EventService::Stub> events_;
};

// Returns the message of an event; an empty one when it has none.
v1::Message MessageOf(const v1::Event& event);

// Returns a context with a deadline, which every call should have.
std::unique_ptr<grpc::ClientContext> Context(int seconds = 20);

// Returns the google.rpc detail of that type of a gRPC status; an empty one
// when it has none.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status rpc;
  Detail found;
  if (!rpc.ParseFromString(status.error_details())) return found;
  for (const auto& detail : rpc.details()) {
    if (detail.UnpackTo(&found)) return found;
  }
  return found;
}
google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status);

}  // namespace linktor::testing
