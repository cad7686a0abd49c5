// These structs are rows of the state (the database tables). Readers of the
// tables return them. The views of the feed (journal/feed.h), which keep parts
// of the state in memory, get them, too. They are plain values, so a thread may
// use its copy without a lock. All times are in ms since the epoch. A Sealer
// (seal/sealer.h) opens (decrypts) the sealed fields, which are always
// encrypted on the disk.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"

namespace linktor::state {

// A CommittedEvent is an event with its number in the event log. Apply makes it
// for the views, and EventReader reads it back from the disk.
struct CommittedEvent {
  // Events are numbered from 1 in the order of the event log, without gaps.
  std::int64_t seq = 0;
  RawId id;
  std::string type;
  std::string channel_id;
  // It is empty for an event that is about no customer.
  std::string user_id;
  // This is the Event message without the fields above. It is sealed
  // (encrypted) together with `id`, so it can be opened only with the same id.
  // It is empty when `decided` has everything, and when `encoded` is set.
  std::string sealed;
  // This is the whole Event message in the clear (not encrypted), without the
  // cursor and without the fields in `decided`. It is null when the event is
  // not known in the clear. It is shared, because otherwise the live ring and
  // each view would copy it.
  std::shared_ptr<const std::string> encoded;
  // These are fields of the Event message that Apply has decided, serialised.
  // MergeEvent (event_encoding.h) merges them into the event. Where both have a
  // value, the value in `decided` wins. On the disk `decided` has no content,
  // so it stays when the content is erased. When a caller asks for the item as
  // received, EventReader adds the item to `decided`, but only in the copy that
  // it returns.
  std::string decided;
  // Only EventReader fills these three. `channel_no` is the number of the
  // channel, because a channel id can be used again. `receive_ms` is the time
  // at which the event came. `mid_key` is a hash of channel and mid. It names
  // the message that the event brought, or that the event is about. It is empty
  // for an event that the mid index (mid_index.h) does not have.
  std::int64_t channel_no = 0;
  std::int64_t receive_ms = 0;
  RawId mid_key;
};

// A MessageRow is a send: a message that a caller sends, or tries to send,
// through this server. OpenMessage (messaging/message_view.h) opens its content
// and its error, and makes a v1::Message of it.
struct MessageRow {
  RawId id;
  // When a new channel gets the id of a deleted channel, the two channels have
  // different numbers.
  std::int64_t channel_no = 0;
  std::string channel_id;
  // It is empty after the person was erased.
  std::string user_id;
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  v1::SettledBy settled_by = v1::SETTLED_BY_UNSPECIFIED;
  // Attempts count from 1. When a FAILED send is tried again, the attempt gets
  // the next number.
  int attempt = 0;
  // The fingerprint shows whether a call that repeats the request id asks for
  // the same send.
  std::string request_id;
  std::string request_fingerprint;
  // It is a keyed hash of the content. The echo of the send has the same hash;
  // see Sealer::ContentMatch.
  std::string content_match;
  // `mid` is Instagram's id of the message. `mid_key` is a hash of the channel
  // and the mid (identity.h). Both are empty until the mid is known.
  std::string mid;
  RawId mid_key;
  // Each attempt begins with a claim, the record that asks for the right to
  // send (ClaimAnswer of effects.h). `create_ms` is the time at which the first
  // attempt was claimed. `claim_ms` is the time at which the latest attempt was
  // claimed.
  std::int64_t create_ms = 0;
  std::int64_t claim_ms = 0;
  // `send_ms` is the time at which the send was known to be SENT, or the time
  // of the echo that has settled it. `echo_ms` is the time of its echo. Each is
  // 0 until it is known.
  std::int64_t send_ms = 0;
  std::int64_t echo_ms = 0;
  // This is the time at which the sender took the message back (unsend). It is
  // 0 for a message that was not taken back.
  std::int64_t retract_ms = 0;
  // This was the last event of the event log when the first attempt was
  // claimed. In lists, the message stands after this event.
  std::int64_t after_seq = 0;
  // `sealed_error` is the error of the latest attempt; it is empty when there
  // is none.
  std::string sealed_content;
  std::string sealed_error;
  // The caller of the latest attempt used this API key. It is empty on a server
  // without keys.
  std::string api_key_id;
  // These two name the process that claimed the latest attempt. An instance is
  // a data folder. The incarnation counts how often a server was started on
  // that data folder. So the next start recognises the attempts that were under
  // way when an earlier process ended.
  std::string instance;
  std::int64_t incarnation = 0;
  // The age of the latest attempt began at this time (expiry.h).
  std::int64_t born_ms = 0;
  // `no` is the number of the send's own row. The other three are numbers of
  // rows in the table of contents (content_table.h): the content of the send,
  // its error, and its settled content (MessageTable::SetSettled). A number is
  // 0 when there is no such row.
  std::int64_t no = 0;
  std::int64_t content_no = 0;
  std::int64_t error_no = 0;
  std::int64_t settled_no = 0;
};

// SendBounds say which sends one call may read. If `user_id` is empty, the call
// looks at every send after `after_no` and up to `last_no`, of all channels,
// and returns only the sends of its own channel. So these two numbers also
// limit the time of such a call.
struct SendBounds {
  std::int64_t channel_no = 0;
  // An empty id stands for the sends to all customers of the channel.
  std::string user_id;
  // The call reads sends whose number is above `after_no` and not above
  // `last_no`.
  std::int64_t after_no = 0;
  std::int64_t last_no = 0;
  int limit = 100;
  bool newest_first = false;
};

// A DeliveryRow is a webhook delivery without its items. A delivery is one POST
// from Meta.
struct DeliveryRow {
  // Deliveries are numbered in the order of their records.
  std::int64_t no = 0;
  RawId id;
  // The delivery came to the URL of this channel.
  std::string channel_id;
  std::int64_t receive_ms = 0;
  std::int64_t bytes = 0;
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  std::int64_t issues = 0;
  // This is a sentence in English about the first issue; it is empty when there
  // is none. An issue is an item that becomes no event (DeliveryAnswer of
  // effects.h).
  std::string issue;
  // It is true when Apply could not apply the webhook (Applier::Quarantine).
  bool quarantined = false;
  // This many of its items became events later, by Redrive records
  // (journal/record.proto).
  std::int64_t redriven = 0;
  // This is the number of the channel to whose URL the delivery came.
  std::int64_t channel_no = 0;
};

// A search for a delivery reads only these two fields of each delivery.
struct DeliveryName {
  std::int64_t no = 0;
  RawId id;
};

// A ReceivedItem is an item of a delivery as it was received, with what is
// known of its event.
struct ReceivedItem {
  // `raw_no` is the number of its row, and `position` is its position in the
  // delivery.
  std::int64_t raw_no = 0;
  int position = 0;
  // Its bytes are sealed under the key of this channel. It is the channel that
  // the item was for. When the item was for no channel, it is the channel to
  // whose URL the item came.
  std::int64_t channel_no = 0;
  // WebhookItem (journal/record.proto) explains these four fields and `secret`.
  std::string entry_id;
  int form = 0;
  std::string field;
  std::int64_t count = 1;
  // It is true when the item has an event of a type that this server knows,
  // from its webhook or from a Redrive.
  bool typed = false;
  // When `typed` is false, these three name the item's instagram.unknown event:
  // its sequence, its id and its channel. They are 0 and empty when the item
  // has no event. The id is also empty when the event is deleted.
  std::int64_t unknown_seq = 0;
  RawId unknown_id;
  std::int64_t unknown_channel_no = 0;
  std::string secret;
  // It is empty when the webhook itself, and not a Redrive, has already made an
  // event of a known type from the item. No Redrive needs such an item.
  std::string sealed_raw;
};

// A ChannelRow is a channel, with its secrets sealed.
struct ChannelRow {
  // The creator draws the number at random. Tables and sealed values name the
  // channel by its number; the API shows its id.
  std::int64_t no = 0;
  // The revision grows with every change, from 1. An update names the revision
  // from which it was made.
  std::int64_t revision = 0;
  std::string id;
  std::string account_id;
  std::string page_id;
  // ChannelBody (journal/record.proto) says what these three hold. They are
  // empty once the channel is deleted.
  std::string sealed_channel;
  std::string sealed_credentials;
  std::string sealed_ice_breakers;
  bool deleted = false;
};

// An ApiKeyRow is the API key of a caller. The secret itself is stored nowhere.
struct ApiKeyRow {
  std::string id;
  // The revision grows with every change, from 1. When only the time of the
  // last use changes, the revision stays the same.
  std::int64_t revision = 0;
  // This is an ApiKey message without its last use.
  std::string sealed_key;
  // A caller's secret is compared with this keyed hash; see Sealer::ApiKeyHash.
  std::string hash;
  // It is 0 when the key was never used.
  std::int64_t last_use_ms = 0;
  bool deleted = false;
};

// The head of a conversation holds the latest facts about its customer; see
// conversation_heads.h.
struct ConversationHead {
  // The customer did something at this time that opened the messaging window.
  // It is not set when no such activity is known.
  std::optional<std::int64_t> last_inbound_ms;
  // This is the last event about the customer; it is 0 when there was none. The
  // event may be deleted by now.
  std::int64_t last_seq = 0;
  // This is the last event about the customer that counts as a message
  // (IsMessage of conversation_heads.h); it is 0 when there was none.
  std::int64_t last_message_seq = 0;
};

// A ConversationRow is what is known of one customer of one channel.
struct ConversationRow {
  std::int64_t channel_no = 0;
  std::string user_id;
  // These three are the fields of the ConversationHead.
  std::optional<std::int64_t> last_inbound_ms;
  std::int64_t last_seq = 0;
  std::int64_t last_message_seq = 0;
  // The customer has wanted no messages since this time. It is not set when
  // messages are wanted.
  std::optional<std::int64_t> opt_out_ms;
  // This is the event that says which app controls the conversation; it is 0
  // when no event says so. The event may be deleted by now.
  std::int64_t owner_seq = 0;
  // It is sealed together with the customer's id, so it can be opened only with
  // the same id. It is empty when the name is not known.
  std::string sealed_username;

  void SetHead(const ConversationHead& head) {
    last_inbound_ms = head.last_inbound_ms;
    last_seq = head.last_seq;
    last_message_seq = head.last_message_seq;
  }
};

}  // namespace linktor::state
