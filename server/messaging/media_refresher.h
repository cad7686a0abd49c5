// A MediaRefresher asks Instagram for new links to the media of a message,
// because the first links expire. MessagingService calls it. It is thread-safe.
// It stores nothing of Instagram's answer, because Meta forbids storing the
// media that the links of a story show.

#pragma once

#include <atomic>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "server/channels/registry.h"
#include "server/graph/client.h"
#include "server/messaging/message_reader.h"

namespace linktor::messaging {

class MediaRefresher {
 public:
  using Done =
      absl::AnyInvocable<void(absl::StatusOr<v1::RefreshMediaResponse>)>;

  // At most this many calls to Instagram may be under way at once, because
  // sends need the same connections.
  static constexpr int kMostCalls = 16;

  // The three arguments must outlive this object and its calls that are under
  // way. This object must outlive these calls, too.
  MediaRefresher(MessageReader& reader,
                 const channels::ChannelRegistry& registry,
                 graph::GraphClient& graph)
      : reader_(reader), registry_(registry), graph_(graph) {}

  // Finds the message, and asks Instagram about the media that the message is
  // known to have. It refuses a message without media before it calls
  // Instagram. The request has been validated. Refresh reads the disk, so it is
  // called on the executor (base/executor.h). `done` is called once, before
  // Refresh returns or later on the Graph client's thread, and must not block.
  // On failure it gets one of these errors:
  // - CHANNEL_NOT_FOUND when the channel does not exist;
  // - MESSAGE_NOT_FOUND when this server does not know the message, or
  //   Instagram no longer shows it;
  // - MEDIA_UNAVAILABLE when the message has no media to which Instagram gives
  //   links, or when its mid (Instagram's id of the message) is not known;
  // - CREDENTIALS_MISSING when the channel has no access token
  //   (GraphAccountOf);
  // - OVERLOADED when kMostCalls calls are under way;
  // - the error that graph/error_map.h makes of an error that Instagram
  //   returned;
  // - any other error of MessageReader::Find, such as DATA_LOSS.
  void Refresh(const v1::RefreshMediaRequest& request, Done done);

 private:
  MessageReader& reader_;
  const channels::ChannelRegistry& registry_;
  graph::GraphClient& graph_;
  // It counts the calls that are under way.
  std::atomic<int> calls_ = 0;
};

}  // namespace linktor::messaging
