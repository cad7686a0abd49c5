// What can be appended to the journal, and what comes of it. A record carries
// everything Apply needs: the appender's time, new ids, sealed content. Structs
// rather than protobuf because they never cross the wire.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "linktor/instagram/v1/api_key.pb.h"
#include "linktor/instagram/v1/channel.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"
#include "server/store/sealer.h"

namespace linktor {

// ---- Events ---------------------------------------------------------------

// An event without its place in the log.
struct EventDraft {
  RawId id;
  std::string type;
  std::int64_t channel_no = 0;
  std::string channel_id;
  std::string user_id;
  // Instagram's time, ms; 0 when unknown.
  std::int64_t event_ms = 0;
  // The serialised Event without cursor, for subscribers and, sealed, for the
  // disk.
  std::shared_ptr<const std::string> encoded;
  std::string sealed;
};

// An event in its place. `overlay` is a serialised Event with what Apply
// decided; merged over `encoded` it is the whole.
struct CommittedEvent {
  std::int64_t seq = 0;
  std::string type;
  std::string channel_id;
  std::string user_id;
  std::shared_ptr<const std::string> encoded;
  std::string overlay;
};

// ---- Webhooks -------------------------------------------------------------

// What an item is about. Persisted in event_mids: do not change.
enum class ItemKind : std::int8_t {
  kOther = 0,
  kMessage = 1,
  kEcho = 2,
  kPostback = 3,
};

enum class ItemFate : std::int8_t { kEvent, kIgnored, kIssue };

struct WebhookItem {
  ItemFate fate = ItemFate::kEvent;
  // How many of the body's items it stands for; more than one only for issues.
  std::int64_t count = 1;
  ItemKind kind = ItemKind::kOther;
  EventDraft event;
  // For kinds whose mid decides what is a duplicate: hash of channel and mid.
  RawId mid_key;
  std::string mid;
  // For the others: event time (big-endian) ‖ hash.
  std::string dedupe_key;
  // Whether it is a customer's activity that opens the messaging window.
  bool opens_window = false;
  // Echoes of text only: keyed hash of it.
  std::string content_match;
  // Of a reaction: the message reacted to, as MidKey names it.
  RawId target_mid_key;
  // The item as received.
  std::string entry_id;
  std::int8_t form = 0;
  std::string sealed_raw;
  std::int64_t raw_channel_no = 0;
  // Of kIssue: what is wrong, in English.
  std::string issue;
};

// One webhook POST.
struct WebhookRecord {
  RawId delivery_id;
  // The channel that the URL names.
  std::int64_t channel_no = 0;
  std::int64_t time_ms = 0;
  std::int64_t bytes = 0;
  std::vector<WebhookItem> items;
  std::vector<NewKey> new_keys;
};

// The counts add up to the body's items.
struct WebhookOutcome {
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  std::int64_t issues = 0;
  // Stored as it is because it could not be applied.
  bool quarantined = false;
};

// ---- Sends ----------------------------------------------------------------

// The readable part of a send; with its content opened it is a v1::Message.
struct MessageRow {
  RawId id;
  std::int64_t channel_no = 0;
  std::string channel_id;
  std::string user_id;
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  v1::SettledBy settled_by = v1::SETTLED_BY_UNSPECIFIED;
  int attempt = 0;
  std::string request_id;
  std::string request_fingerprint;
  std::string content_match;
  std::string mid;
  RawId mid_key;
  std::int64_t create_ms = 0;
  std::int64_t claim_ms = 0;
  std::int64_t send_ms = 0;
  std::int64_t echo_ms = 0;
  std::string sealed_content;
  std::string sealed_error;
  // The key of the latest attempt's caller; empty without keys.
  std::string api_key_id;
};

// Asks for the right to send, once.
struct ClaimRecord {
  std::int64_t time_ms = 0;
  RawId message_id;
  std::int64_t channel_no = 0;
  std::string channel_id;
  std::string user_id;
  std::string request_id;
  std::string request_fingerprint;
  std::string content_match;
  // Sealed for (kMessage, message_id).
  std::string sealed_content;
  bool human_agent = false;
  bool refuse_without_history = false;
  // Most calls to one customer within an hour; 0 for any number.
  int quota = 0;
  std::string api_key_id;
  std::vector<NewKey> new_keys;
};

struct ClaimOutcome {
  enum class Kind : std::int8_t {
    // Send it: `message` is PENDING.
    kClaimed,
    // It has ended before: `message` is SENT or UNCONFIRMED.
    kEnded,
    // Another call is sending it.
    kInFlight,
    // The request id names another request.
    kReused,
    // Policy: `refusal` says why. Nothing is stored.
    kRefused,
  };
  Kind kind = Kind::kRefused;
  MessageRow message;
  absl::Status refusal;
};

// How a claimed send ended, or (`expected_state` UNCONFIRMED) how it was
// resolved.
struct OutcomeRecord {
  std::int64_t time_ms = 0;
  RawId message_id;
  // Nothing changes unless the message is in this state and attempt.
  v1::MessageState expected_state = v1::MESSAGE_STATE_PENDING;
  int expected_attempt = 0;
  v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
  // With SENT, if known.
  std::string mid;
  RawId mid_key;
  // Sealed MessageError for (kMessageError, message_id); empty with SENT.
  std::string sealed_error;
  // message.sent, message.failed or message.unconfirmed.
  EventDraft event;
  std::vector<NewKey> new_keys;
};

struct MessageOutcome {
  // False when the message was not in the expected state.
  bool applied = false;
  MessageRow message;
};

// ---- Channels -------------------------------------------------------------

struct ChannelRow {
  std::int64_t no = 0;
  std::int64_t revision = 0;
  v1::Channel channel;
  std::string sealed_credentials;
  // Those it has or lately had, newest first, as a GetIceBreakersResponse
  // whose ice_breakers are of every locale.
  std::string ice_breakers;
  bool deleted = false;
};

struct CreateChannelRecord {
  std::int64_t time_ms = 0;
  // Random, made by the appender: the credentials are sealed under it.
  std::int64_t channel_no = 0;
  v1::Channel channel;
  std::string sealed_credentials;
  std::string request_id;
  std::string request_fingerprint;
  std::vector<NewKey> new_keys;
};

struct UpdateChannelRecord {
  std::int64_t time_ms = 0;
  std::int64_t channel_no = 0;
  // Refused with ABORTED when the channel has changed since it was read.
  std::int64_t expected_revision = 0;
  v1::Channel channel;
  // What is not given stays.
  std::optional<std::string> sealed_credentials;
  std::optional<std::string> ice_breakers;
  std::vector<NewKey> new_keys;
};

struct DeleteChannelRecord {
  std::int64_t time_ms = 0;
  std::string channel_id;
};

struct ChannelOutcome {
  // Not OK: refused, with reason; nothing changed.
  absl::Status refusal;
  ChannelRow row;
  // CreateChannel: it was there already, by the same request.
  bool replayed = false;
};

// ---- API keys -------------------------------------------------------------

// Keys that may exist at once: all are held in memory.
inline constexpr int kMaxApiKeys = 10'000;

struct ApiKeyRow {
  // Grows with every change but that of the last use, from 1.
  std::int64_t revision = 0;
  v1::ApiKey key;
  // See Sealer::ApiKeyHash.
  std::string hash;
  bool deleted = false;
};

struct CreateApiKeyRecord {
  std::int64_t time_ms = 0;
  v1::ApiKey key;
  std::string hash;
  // Request ids are the creator's own: the id of the key that called, empty
  // without one.
  std::string creator;
  std::string request_id;
  std::string request_fingerprint;
};

struct UpdateApiKeyRecord {
  std::int64_t time_ms = 0;
  std::int64_t expected_revision = 0;
  // Its last use is ignored.
  v1::ApiKey key;
};

struct DeleteApiKeyRecord {
  std::int64_t time_ms = 0;
  std::int64_t expected_revision = 0;
  std::string id;
};

// When keys were last used, by id, in ms. Keys that are gone are skipped.
struct UseApiKeysRecord {
  std::int64_t time_ms = 0;
  std::vector<std::pair<std::string, std::int64_t>> uses;
};

struct ApiKeyOutcome {
  enum class Kind : std::int8_t {
    // `row` is the key as it is now.
    kApplied,
    // `row` was created before, by the same request.
    kReplayed,
    // The request id names another creation.
    kReused,
    // There is no such key.
    kNotFound,
    // It has changed since it was read.
    kChanged,
    // There are kMaxApiKeys already.
    kTooMany,
  };
  Kind kind = Kind::kNotFound;
  ApiKeyRow row;
};

// ---- Conversations --------------------------------------------------------

struct ConversationRow {
  std::int64_t channel_no = 0;
  std::string user_id;
  // What opens the messaging window.
  std::optional<std::int64_t> last_inbound_ms;
  // Since when the customer wants no messages.
  std::optional<std::int64_t> opt_out_ms;
  // For (kUsername, user_id); empty when not known.
  std::string sealed_username;
};

struct OptOutRecord {
  std::int64_t time_ms = 0;
  std::int64_t channel_no = 0;
  std::string user_id;
  bool opted_out = false;
};

struct UsernameRecord {
  std::int64_t time_ms = 0;
  std::int64_t channel_no = 0;
  std::string user_id;
  std::string sealed_username;
  std::vector<NewKey> new_keys;
};

struct ConversationOutcome {
  // False: the channel was deleted.
  bool live = true;
  ConversationRow row;
};

// ---- Housekeeping ---------------------------------------------------------

// One TrimRecord deletes at most this many rows of each kind, so that it never
// holds up a batch.
inline constexpr std::int64_t kTrimRows = 2000;

// Deletes a bounded amount of what is past its cut-off; appended again until
// nothing is left.
struct TrimRecord {
  std::int64_t time_ms = 0;
  // Rows received before these times go.
  std::int64_t events_before_ms = 0;
  std::int64_t raw_before_ms = 0;
  std::int64_t dedupe_before_ms = 0;
  std::int64_t requests_before_ms = 0;
  std::int64_t echoes_before_ms = 0;
  std::int64_t calls_before_ms = 0;
  // The oldest raw items go until at most this many bytes are left.
  std::int64_t raw_max_bytes = 0;
};

struct TrimOutcome {
  std::int64_t deleted = 0;
  // Whether there may be more to delete.
  bool more = false;
};

using Record =
    std::variant<WebhookRecord, ClaimRecord, OutcomeRecord, CreateChannelRecord,
                 UpdateChannelRecord, DeleteChannelRecord, CreateApiKeyRecord,
                 UpdateApiKeyRecord, DeleteApiKeyRecord, UseApiKeysRecord,
                 OptOutRecord, UsernameRecord, TrimRecord>;
using Outcome =
    std::variant<WebhookOutcome, ClaimOutcome, MessageOutcome, ChannelOutcome,
                 ApiKeyOutcome, ConversationOutcome, TrimOutcome>;

}  // namespace linktor
