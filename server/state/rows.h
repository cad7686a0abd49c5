// The rows of the state as the tables' readers and the views of the feed see
// them. They are plain values: whoever has a copy may use it on any thread. All
// times are in ms since the epoch. A Sealer (seal/sealer.h) opens the sealed
// fields; they are never in the clear on the disk.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"

namespace linktor::state {

// A CommittedEvent is an event in its place in the log. Apply makes it for the
// views, and EventReader reads it back from the disk.
struct CommittedEvent {
  // Events are numbered from 1 in the order of the log, without holes.
  std::int64_t seq = 0;
  RawId id;
  std::string type;
  std::string channel_id;
  // It is empty for an event about no customer.
  std::string user_id;
  // The Event message without what the fields above say, sealed for `id`; empty
  // when `decided` is all, and when `encoded` is set.
  std::string sealed;
  // The whole Event message but for the cursor and what Apply decided, where it
  // is known in the clear; else null. It is shared, because the ring and the
  // views would otherwise each copy it.
  std::shared_ptr<const std::string> encoded;
  // Fields of an Event message that Apply decided, merged over the rest. They
  // hold no content, so they stay when the content is erased. EventReader adds
  // the item as received to its own copies when a caller asks for it.
  std::string decided;
  // EventReader alone fills these three: the number of the channel, since an id
  // can be used again; the time at which the event came; and the hash of
  // channel and mid that names the message which the event brought or is about.
  std::int64_t channel_no = 0;
  std::int64_t receive_ms = 0;
  RawId mid_key;
};

// A MessageRow is a send. With its content and error opened it becomes a
// v1::Message.
struct MessageRow {
  RawId id;
  // A channel that gets the id of a deleted one has another number.
  std::int64_t channel_no = 0;
  std::string channel_id;
  std::string user_id;
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  v1::SettledBy settled_by = v1::SETTLED_BY_UNSPECIFIED;
  // Attempts count from 1; a FAILED send that is tried again gets the next one.
  int attempt = 0;
  // The fingerprint tells whether a call that repeats the request id asks for
  // the same thing.
  std::string request_id;
  std::string request_fingerprint;
  // It is a keyed hash of the content, which its echo has too; see
  // Sealer::ContentMatch.
  std::string content_match;
  // Both are empty until Instagram's id of the message is known.
  std::string mid;
  RawId mid_key;
  // The first attempt was claimed at the first time, and the latest one at the
  // second.
  std::int64_t create_ms = 0;
  std::int64_t claim_ms = 0;
  // The first is the time at which the send was known to be SENT, or that of
  // the echo which settled it; the second is that of its echo. Each is 0 until
  // then.
  std::int64_t send_ms = 0;
  std::int64_t echo_ms = 0;
  // The message was taken back at this time; 0 when it was not.
  std::int64_t retract_ms = 0;
  // This was the last event when the first attempt was claimed: the message
  // stands behind it in the log.
  std::int64_t after_seq = 0;
  // The error is that of the latest attempt, and empty without one.
  std::string sealed_content;
  std::string sealed_error;
  // The caller of the latest attempt used this key; it is empty on a server
  // without keys.
  std::string api_key_id;
  // This process made the latest attempt. Each start of an instance has an
  // incarnation of its own, so the attempts that a stop cut off can be told.
  std::string instance;
  std::int64_t incarnation = 0;
  // When the age of the latest attempt began (expiry.h).
  std::int64_t born_ms = 0;
  // The state's own numbers: of the row, its content, its error, and the
  // content of the event that an echo would make of it; 0 for none.
  std::int64_t no = 0;
  std::int64_t content_no = 0;
  std::int64_t error_no = 0;
  std::int64_t settled_no = 0;
};

// SendBounds say which sends one call may read. Without a customer the call
// walks through the sends of all channels within the numbers.
struct SendBounds {
  std::int64_t channel_no = 0;
  // An empty one stands for the sends to all customers of the channel.
  std::string user_id;
  // Sends are read whose number is above the first and not above the second.
  std::int64_t after_no = 0;
  std::int64_t last_no = 0;
  int limit = 100;
  bool newest_first = false;
};

// A DeliveryRow is a webhook delivery without its items.
struct DeliveryRow {
  // Deliveries are numbered in the order of their records.
  std::int64_t no = 0;
  RawId id;
  // It came to the URL of this channel.
  std::string channel_id;
  std::int64_t receive_ms = 0;
  std::int64_t bytes = 0;
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  std::int64_t issues = 0;
  // This is the first issue, in English; it is empty when there is none.
  std::string issue;
  bool quarantined = false;
  // So many of its items became events later, by a Redrive.
  std::int64_t redriven = 0;
  // This is the number of the channel whose URL it came to.
  std::int64_t channel_no = 0;
};

// A DeliveryName is all that a search for a delivery needs.
struct DeliveryName {
  std::int64_t no = 0;
  RawId id;
};

// A ReceivedItem is an item as received, and what is known of its event.
struct ReceivedItem {
  // The number of its row, and its position in the delivery.
  std::int64_t raw_no = 0;
  int position = 0;
  // Its bytes are sealed under the key of this channel: of the one that it was
  // for, or of the one whose URL it came to when it was for none.
  std::int64_t channel_no = 0;
  // WebhookItem of journal/record.proto says what these four are, and `secret`.
  std::string entry_id;
  int form = 0;
  std::string field;
  std::int64_t count = 1;
  // True when it has an event of a type, from its webhook or from a Redrive.
  bool typed = false;
  // When it is not typed: its instagram.unknown event, with its id and channel;
  // 0 and empty when it has no event. The id is empty, too, when the event is
  // gone.
  std::int64_t unknown_seq = 0;
  RawId unknown_id;
  std::int64_t unknown_channel_no = 0;
  std::string secret;
  // It is empty for an item that is typed from the first.
  std::string sealed_raw;
};

// A ChannelRow is a channel, with its secrets sealed.
struct ChannelRow {
  // The creator draws it at random; tables and sealed values name the channel
  // by it. The API shows the id.
  std::int64_t no = 0;
  // Grows with every change, from 1. An update names the one it was made from.
  std::int64_t revision = 0;
  std::string id;
  std::string account_id;
  std::string page_id;
  // ChannelBody of journal/record.proto says what these three hold. They are
  // empty once the channel is deleted.
  std::string sealed_channel;
  std::string sealed_credentials;
  std::string sealed_ice_breakers;
  bool deleted = false;
};

// An ApiKeyRow is a caller's key. The secret itself is stored nowhere.
struct ApiKeyRow {
  std::string id;
  // Grows with every change but that of the last use, from 1.
  std::int64_t revision = 0;
  // An ApiKey message without its last use.
  std::string sealed_key;
  // A caller's secret is compared with this keyed hash; see Sealer::ApiKeyHash.
  std::string hash;
  // 0 when it was never used.
  std::int64_t last_use_ms = 0;
  bool deleted = false;
};

// The head of a conversation is the end of what is known about a customer; see
// conversation_heads.h.
struct ConversationHead {
  // The customer did something at this time that opened the messaging window;
  // it is not set when nothing such is known.
  std::optional<std::int64_t> last_inbound_ms;
  // This is the last event about the customer, which may be deleted by now; it
  // is 0 when there was none.
  std::int64_t last_seq = 0;
  // This is the last of them that tells of a message; it is 0 when there was
  // none.
  std::int64_t last_message_seq = 0;
};

// A ConversationRow is what is known of one customer of one channel.
struct ConversationRow {
  std::int64_t channel_no = 0;
  std::string user_id;
  // These three are those of the ConversationHead.
  std::optional<std::int64_t> last_inbound_ms;
  std::int64_t last_seq = 0;
  std::int64_t last_message_seq = 0;
  // The customer has wanted no messages since this time; not set when messages
  // are wanted.
  std::optional<std::int64_t> opt_out_ms;
  // The event that says which app controls the conversation; 0 when none does.
  // It may have been trimmed.
  std::int64_t owner_seq = 0;
  // Sealed for the customer's id; empty when it is not known.
  std::string sealed_username;

  void SetHead(const ConversationHead& head) {
    last_inbound_ms = head.last_inbound_ms;
    last_seq = head.last_seq;
    last_message_seq = head.last_message_seq;
  }
};

}  // namespace linktor::state
