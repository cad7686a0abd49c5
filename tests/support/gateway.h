// A Gateway is the whole system for a test: the built server over real sockets,
// the emulator in place of Instagram, and a channel that connects them.

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
  // Starts the emulator and the server. Fails the test when one of them does
  // not start.
  explicit Gateway(std::vector<std::string> server_options = {});
  // Ends the server. Fails the test when a line of the server's log, or a
  // metric, has a secret or a text that the test posted or sent.
  ~Gateway();

  ServerProcess& server() { return *server_; }
  emulator::Emulator& instagram() { return *emulator_; }
  const std::string& folder() const { return folder_; }
  // Makes new gRPC connections to the server. Restart() calls it too, because
  // the restarted server has other ports.
  void Connect();
  // Kills the server with SIGKILL and starts it again on the same folder.
  void Restart();

  v1::ChannelService::Stub& channels() { return *channels_; }
  v1::MessagingService::Stub& messaging() { return *messaging_; }
  v1::EventService::Stub& events() { return *events_; }
  std::shared_ptr<grpc::Channel> grpc_channel() { return grpc_channel_; }

  // The first function creates kChannel for kAccount, and sets the emulator's
  // webhook URL to it. The second one creates the requested channel and does
  // not change the emulator.
  v1::Channel CreateChannel();
  v1::Channel CreateChannel(const v1::CreateChannelRequest& request);
  static v1::CreateChannelRequest DefaultChannel();
  void PointWebhooks();

  // Posts a webhook with a signature. Returns the HTTP status, or 0 when no
  // answer came.
  int Post(const std::string& body, std::string_view secret = kAppSecret,
           std::string_view channel = kChannel);
  http::HttpResult Http(http::HttpCall call);
  // Returns the body of a webhook that has one text message.
  static std::string TextBody(std::string_view mid, std::string_view text,
                              std::string_view user = kUser,
                              std::int64_t time_ms = 0);

  // Sends a text, by default to kUser, and sets `status`.
  v1::SendMessageResponse Send(std::string_view text,
                               std::string_view request_id,
                               grpc::Status& status,
                               std::string_view to = kUser);
  v1::Message GetByRequest(std::string_view request_id);
  // Returns the conversation with kUser.
  v1::Conversation GetConversation();
  // Waits until the event stream has an event in which the send has this state.
  // Returns the message.
  v1::Message WaitForState(std::string_view request_id, v1::MessageState state);

  static v1::SubscribeEventsRequest From(v1::Position position);
  std::unique_ptr<EventStream> Subscribe(
      const v1::SubscribeEventsRequest& request);
  // Returns all events that are in the log now, except events about channels.
  std::vector<v1::Event> AllEvents();

  // Returns how many messages the gateway has asked the emulator to send.
  int SendsReceived();

  // Remembers a text or secret. The destructor checks that no line of the log
  // and no metric has it. Post() and Send() call this with the texts that they
  // get.
  void Watch(std::string_view text);

 private:
  // A shorter text may also be a word that the server itself writes. Therefore
  // a shorter text is only searched as a whole value in quotation marks.
  static constexpr std::size_t kPrivateSize = 8;

  // Calls Watch() with every text of a webhook body.
  void WatchTexts(std::string_view body);
  void ExpectNothingPrivate(const std::string& said, const std::string& where);

  std::string folder_;
  // This mutex is needed because tests post and send from several threads.
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

// Returns the message of an event, or an empty message when the event has none.
v1::Message MessageOf(const v1::Event& event);

// Returns a context with a deadline. Every call should have a deadline.
std::unique_ptr<grpc::ClientContext> Context(int seconds = 20);

// Returns the google.rpc detail of this type from a gRPC status, or an empty
// one when the status has none.
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
