// A MediaRefresher asks Instagram for new links to the media of a message.
// MessagingService calls it. It is thread-safe, and stores nothing of what
// Instagram answers: Meta forbids storing what the links of a story show.

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

  // At most so many calls to Instagram may be under way, because sends need the
  // same connections.
  static constexpr int kMostCalls = 16;

  // All must outlive this and the calls under way, and this must outlive those
  // calls, too.
  MediaRefresher(MessageReader& reader,
                 const channels::ChannelRegistry& registry,
                 graph::GraphClient& graph)
      : reader_(reader), registry_(registry), graph_(graph) {}

  // Finds the message, and asks Instagram about the media that it is known to
  // have: a message that has none is refused without a call. The request has
  // been validated. It reads the disk, so it is called on the executor; `done`
  // is called once, within the call or later on the Graph client's thread, and
  // must not block. CHANNEL_NOT_FOUND; MESSAGE_NOT_FOUND, also where Instagram
  // no longer shows the message; MEDIA_UNAVAILABLE; CREDENTIALS_MISSING
  // (GraphAccountOf); OVERLOADED; the reason that an error of Instagram's is
  // mapped to; and DATA_LOSS as MessageReader::Find.
  void Refresh(const v1::RefreshMediaRequest& request, Done done);

 private:
  MessageReader& reader_;
  const channels::ChannelRegistry& registry_;
  graph::GraphClient& graph_;
  // It counts the calls that are under way.
  std::atomic<int> calls_ = 0;
};

}  // namespace linktor::messaging
