// These are the messages of all conversations, as GET /{mid} shows them. They
// are forgotten when the emulator ends.

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

// The mids of this Instagram begin so.
inline constexpr char kMidPrefix[] = "m_";

// A StoredMessage is a message of a customer or of the account.
struct StoredMessage {
  // This account's Graph API shows it.
  std::string account;
  // These are the ids of whoever wrote it and got it.
  std::string from;
  std::string to;
  absl::Time time;
  std::string text;
  // They are as the webhook has them: [{"type", "payload": {"url"}}, ...].
  json::array attachments;
  // It is as the webhook has it: {"url", "id"}; empty for a message that
  // answers no story.
  json::object story;
  // It is true after the message was taken back.
  bool deleted = false;
};

// It is thread-safe. The Graph API and the customers write it, and the Graph
// API reads it.
class MessageStore {
 public:
  // Keeps the message under its mid. The oldest are forgotten, and one of
  // many bytes is not kept at all.
  void Put(std::string_view mid, StoredMessage message);
  // Keeps what a customer writes to that account, or its owner to a customer,
  // and edits or takes back the message that they edit or take back. Other
  // events change nothing. `now` is the time of an event that has none.
  // `account` shows it, and `account_id` is what the webhook calls that
  // account.
  void Note(const CustomerEvent& event, const std::string& account,
            const std::string& account_id, absl::Time now);

  // Returns a copy; nullopt for a message that is not kept, or is another
  // account's.
  std::optional<StoredMessage> Find(std::string_view account,
                                    std::string_view mid);

 private:
  // These change a message that is kept; another one stays unknown.
  void Edit(std::string_view mid, std::string_view text);
  void Delete(std::string_view mid);

  // Tests need fewer; a load test must not fill the memory.
  static constexpr std::size_t kMaxMessages = 10'000;
  static constexpr std::size_t kMaxBytes = 16 * 1024;

  Mutex mutex_;
  RecentMap<std::string, StoredMessage> messages_ ABSL_GUARDED_BY(mutex_){
      kMaxMessages / 2};
};

// Returns the field of a message as Meta shows it at `now`; null for one that
// the message does not have, which Meta leaves out. Each link is a new one, and
// the story of a message can be seen for a day. Shared posts have no link.
// Returns nullopt when messages have no such field. It is pure but for what
// makes a link new.
std::optional<json::value> MessageField(std::string_view mid,
                                        const StoredMessage& message,
                                        std::string_view field, absl::Time now);

}  // namespace linktor::emulator
