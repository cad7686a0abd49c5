#include "server/channels/channel_event.h"

#include <utility>

#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/ids.h"
#include "server/base/try.h"
#include "server/kinds/table.h"
#include "server/state/event_encoding.h"

namespace linktor::channels {
namespace {

using google::protobuf::util::TimeUtil;

void Identify(const kinds::Kind& kind, std::int64_t channel_no,
              std::int64_t revision, const std::string& channel_id,
              journal::NewEvent& event) {
  event.set_id(HashedRawId(
      {"channel", std::to_string(channel_no), std::to_string(revision)}));
  event.set_type(std::string(kind.type));
  event.set_channel_no(channel_no);
  event.set_channel_id(channel_id);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const std::string>> MakeChannelEvent(
    seal::Sealer& sealer, const kinds::Kind& kind, std::int64_t channel_no,
    std::int64_t revision, const v1::Channel& channel, std::int64_t now_ms,
    seal::NewKeys& new_keys, journal::NewEvent& event) {
  Identify(kind, channel_no, revision, channel.id(), event);
  v1::Event described;
  described.set_id(FormatId(kEventPrefix, event.id()));
  described.set_type(event.type());
  described.set_channel_id(event.channel_id());
  *described.mutable_receive_time() = TimeUtil::MillisecondsToTimestamp(now_ms);
  v1::ChannelChange& change = &kind == &kinds::kChannelCreated
                                  ? *described.mutable_channel_created()
                                  : *described.mutable_channel_updated();
  v1::Channel& told = *change.mutable_channel();
  told = channel;
  // These are for keys that manage channels.
  told.clear_access_token_fingerprint();
  told.clear_app_secrets();
  told.clear_verify_token_set();
  state::EventEncoding encoded = state::EncodeNewEvent(std::move(described));
  LINKTOR_ASSIGN(*event.mutable_sealed(),
                 sealer.Seal({.channel_no = channel_no, .user_id = {}},
                             seal::SealedPlace::kEvent, event.id(),
                             encoded.stored, new_keys));
  return std::make_shared<const std::string>(std::move(encoded.whole));
}

void MakeDeletedEvent(std::int64_t channel_no, std::int64_t revision,
                      const std::string& channel_id, journal::NewEvent& event) {
  Identify(kinds::kChannelDeleted, channel_no, revision, channel_id, event);
}

}  // namespace linktor::channels
