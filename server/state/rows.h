// The rows of the state that readers and views see.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "linktor/instagram/v1/message.pb.h"
#include "server/base/ids.h"
#include "server/base/v1.h"

namespace linktor {

// An event in its place in the log.
struct CommittedEvent {
  std::int64_t seq = 0;
  RawId id;
  std::string type;
  std::string channel_id;
  std::string user_id;
  // The Event message without what the fields above say, sealed for `id`; empty
  // when the overlay is all.
  std::string sealed;
  // The whole Event message but for the cursor and the overlay, where it is
  // known in the clear; else null.
  std::shared_ptr<const std::string> encoded;
  // Fields of an Event message that Apply decided, merged over the rest.
  std::string overlay;
};

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
  // Who made the latest attempt.
  std::string instance;
  std::int64_t incarnation = 0;
  // When the age of the latest attempt began (expiry.h).
  std::int64_t born_ms = 0;
  // The state's own numbers: of the row, its content and its error; 0 for none.
  std::int64_t no = 0;
  std::int64_t content_no = 0;
  std::int64_t error_no = 0;
};

struct ChannelRow {
  std::int64_t no = 0;
  std::int64_t revision = 0;
  std::string id;
  std::string account_id;
  std::string page_id;
  // See ChannelBody of journal/record.proto; empty once it is deleted.
  std::string sealed_channel;
  std::string sealed_credentials;
  std::string sealed_ice_breakers;
  bool deleted = false;
};

struct ApiKeyRow {
  std::string id;
  // Grows with every change but that of the last use, from 1.
  std::int64_t revision = 0;
  // An ApiKey message without its last use.
  std::string sealed_key;
  // See Sealer::ApiKeyHash.
  std::string hash;
  // 0 when it was never used.
  std::int64_t last_use_ms = 0;
  bool deleted = false;
};

struct ConversationRow {
  std::int64_t channel_no = 0;
  std::string user_id;
  // What opens the messaging window.
  std::optional<std::int64_t> last_inbound_ms;
  // Since when the customer wants no messages.
  std::optional<std::int64_t> opt_out_ms;
  // Sealed for the customer's id; empty when it is not known.
  std::string sealed_username;
};

}  // namespace linktor
