// This stores the messages of all conversations for GET /{mid}, which shows
// them. They are forgotten when the emulator ends.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "emulator/customer_event.h"
#include "emulator/json.h"
#include "server/base/mutex.h"
#include "server/base/recent_map.h"

namespace linktor::emulator {

// All mids that the emulator makes begin with this.
inline constexpr char kMidPrefix[] = "m_";

// A StoredMessage is a message of a customer or of the account.
struct StoredMessage {
  // The Graph API of this account shows the message.
  std::string account;
  // These are the ids of the sender and of the recipient.
  std::string from;
  std::string to;
  absl::Time time;
  std::string text;
  // They have the form of the webhook: [{"type", "payload": {"url"}}, ...].
  json::array attachments;
  // It has the form of the webhook: {"url", "id"}. It is empty for a message
  // that does not answer a story.
  json::object story;
  // It is true after the sender unsent the message.
  bool deleted = false;
};

// It is thread-safe. Sends through the Graph API and events of customers write
// to the store, and the Graph API reads it.
class MessageStore {
 public:
  // Stores the message under its mid. The oldest messages are forgotten. A
  // message that is larger than kMaxBytes is not stored.
  void Put(std::string_view mid, StoredMessage message);
  // Updates the store for an event. A message that a customer writes to the
  // account, or that the account's owner writes to a customer, is stored. An
  // edit or unsend changes the message that it names. Other events change
  // nothing. `now` is the time of an event that has no time. `account` is the
  // account whose Graph API shows the message, and `account_id` is the
  // account's id in the webhook.
  void Note(const CustomerEvent& event, const std::string& account,
            const std::string& account_id, absl::Time now);

  // Returns a copy of the message. Returns nullopt when it is not stored or
  // belongs to another account.
  std::optional<StoredMessage> Find(std::string_view account,
                                    std::string_view mid);

 private:
  // These change a stored message. They do nothing when the message is not
  // stored.
  void Edit(std::string_view mid, std::string_view text);
  void Delete(std::string_view mid);

  // Tests need fewer messages; the limits exist because a load test must not
  // fill the memory.
  static constexpr std::size_t kMaxMessages = 10'000;
  static constexpr std::size_t kMaxBytes = 16 * 1024;

  Mutex mutex_;
  RecentMap<std::string, StoredMessage> messages_ ABSL_GUARDED_BY(mutex_){
      kMaxMessages / 2};
};

// Returns a field of a message in the form in which Meta shows it at `now`. The
// result is null when this message lacks the field; Meta leaves such a field
// out. The result is nullopt when no message has such a field. Each call makes
// new links, as Meta does. The story of a message is shown for one day. Shared
// posts have no link. The function is pure, except that a new link gets a
// random part.
std::optional<json::value> MessageField(std::string_view mid,
                                        const StoredMessage& message,
                                        std::string_view field, absl::Time now);

}  // namespace linktor::emulator
