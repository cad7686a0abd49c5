#include "server/messaging/media_refresher.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/base/status.h"
#include "server/channels/graph_account.h"
#include "server/graph/failure_log.h"
#include "server/graph/observer.h"
#include "server/kinds/media_expiry.h"

namespace linktor::messaging {
namespace {

using google::protobuf::util::TimeUtil;

// Instagram's types of attachments. It gives new links to stories and to files;
// shared posts, reels and stories are empty when their message is read again.
constexpr std::string_view kMention = "story_mention";
constexpr std::array<std::string_view, 4> kFiles = {"image", "video", "audio",
                                                    "file"};

// Returns what Instagram can be asked for; nothing for a message that has no
// such media, or was taken back.
graph::MediaFields FieldsOf(const v1::Message& message) {
  graph::MediaFields fields{.story = message.has_story()};
  for (const v1::Attachment& attachment : message.attachments()) {
    if (attachment.type() == kMention) fields.story = true;
    if (std::find(kFiles.begin(), kFiles.end(), attachment.type()) !=
        kFiles.end()) {
      fields.attachments = true;
    }
  }
  return fields;
}

absl::Status MediaUnavailable(const std::string& message_id,
                              std::string_view why) {
  return MakeError(absl::StatusCode::kFailedPrecondition, why,
                   {.reason = v1::ERROR_REASON_MEDIA_UNAVAILABLE,
                    .metadata = {{"message_id", message_id}}});
}

// This is what the answer takes from the message as it is known here.
struct Known {
  std::string message_id;
  std::string mid;
  // It is Instagram's time of the message; 0 when Instagram gave none.
  std::int64_t time_ms = 0;
};

Known KnownOf(const v1::Message& message) {
  std::int64_t time_ms = 0;
  if (message.has_event_time()) {
    time_ms = TimeUtil::TimestampToMilliseconds(message.event_time());
  } else if (message.has_echo_time()) {
    time_ms = TimeUtil::TimestampToMilliseconds(message.echo_time());
  }
  return {.message_id = message.id(), .mid = message.mid(), .time_ms = time_ms};
}

// Adds the ids of the message, and the ends of the links where they are known.
void Complete(const Known& known, v1::RefreshMediaResponse& response) {
  response.set_message_id(known.message_id);
  response.set_mid(known.mid);
  if (const std::int64_t end =
          kinds::StoryExpiry(response.media_url(), known.time_ms)) {
    *response.mutable_media_expire_time() =
        TimeUtil::MillisecondsToTimestamp(end);
  }
  for (v1::Attachment& attachment : *response.mutable_attachments()) {
    if (const std::int64_t end = kinds::LinkExpiry(attachment.url())) {
      *attachment.mutable_url_expire_time() =
          TimeUtil::MillisecondsToTimestamp(end);
    }
  }
}

}  // namespace

void MediaRefresher::Refresh(const v1::RefreshMediaRequest& request,
                             Done done) {
  v1::GetMessageRequest wanted;
  wanted.set_channel_id(request.channel_id());
  if (request.key_case() == v1::RefreshMediaRequest::kMid) {
    wanted.set_mid(request.mid());
  } else {
    wanted.set_message_id(request.message_id());
  }
  const absl::StatusOr<v1::Message> message = reader_.Find(wanted);
  if (!message.ok()) return done(message.status());
  const graph::MediaFields fields = FieldsOf(*message);
  if (fields == graph::MediaFields()) {
    return done(MediaUnavailable(
        message->id(), "the message has no media that Instagram links anew"));
  }
  if (message->mid().empty()) {
    return done(MediaUnavailable(message->id(),
                                 "Instagram is not known to have the message"));
  }
  const channels::ChannelRegistry::EntryPtr channel =
      registry_.Find(request.channel_id());
  if (channel == nullptr) {
    return done(channels::ChannelNotFound(request.channel_id()));
  }
  const absl::StatusOr<graph::GraphAccount> account =
      channels::GraphAccountOf(*channel);
  if (!account.ok()) return done(account.status());
  if (calls_.fetch_add(1) >= kMostCalls) {
    calls_.fetch_sub(1);
    return done(MakeError(absl::StatusCode::kResourceExhausted,
                          "too many links are being asked for at once; try "
                          "again",
                          {.reason = v1::ERROR_REASON_OVERLOADED,
                           .retry_after = absl::Seconds(1)}));
  }
  graph_.GetMessageMedia(
      *account, message->mid(), fields,
      [this, id = request.channel_id(), known = KnownOf(*message),
       done = std::move(done)](
          absl::StatusOr<v1::RefreshMediaResponse> found) mutable {
        calls_.fetch_sub(1);
        if (!found.ok()) {
          graph::LogGraphFailure(graph::kGraphMessageMedia, id, found.status());
          return done(found.status());
        }
        if (!found->has_story_id() && !found->has_media_url() &&
            found->attachments().empty()) {
          return done(MediaUnavailable(
              known.message_id,
              "Instagram gives no link to the message's media any more"));
        }
        Complete(known, *found);
        done(std::move(found));
      });
}

}  // namespace linktor::messaging
