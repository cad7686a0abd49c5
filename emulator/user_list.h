// This is the list of people that one account of the emulator knows: everyone
// who has written, was written to, or was set by a test. It also has the things
// that each of them can tap.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "emulator/send_request.h"
#include "server/base/mutex.h"

namespace linktor::emulator {

// A Tappable is something that this user can tap in a message that they were
// sent.
struct Tappable {
  Offer offer;
  // This is Instagram's id of that message (mid). A tap can name it when
  // several messages offer the same thing.
  std::string mid;
};

// A User is one person. The list returns copies, so that a test can read them
// while the list changes.
struct User {
  // This is the person's Instagram-scoped id (IGSID).
  std::string id;
  // These count the messages that this user wrote, taps included, and the
  // messages that were sent to this user.
  std::uint64_t written = 0;
  std::uint64_t received = 0;
  // This is Instagram's id of the newest message sent to this user; it is empty
  // when there is none.
  std::string last_received_mid;
  // Both names are made from the id until a test sets them.
  std::string username;
  std::string name;
  // These are the other fields of a profile, with Meta's names. A profile
  // without a picture has an empty link.
  std::string profile_pic;
  std::int64_t follower_count = 0;
  bool is_user_follow_business = false;
  bool is_business_follow_user = false;
  bool is_verified_user = false;
  // It is false for someone who has not agreed to show their profile, even if
  // they have written.
  bool profile_consent = true;
  // This is the time of the user's latest message or tap, as the message itself
  // gives it. It is absent for someone who has never written; such a user has
  // not agreed to show their profile either.
  std::optional<absl::Time> last_message;
  // It is false for an id that Instagram does not know, for example because the
  // account was deleted.
  bool exists = true;
  // It is true when the user has blocked the account.
  bool blocked = false;
  // It is false for someone who cannot receive messages now.
  bool messages_allowed = true;
  // It is true when the user has a role in the app. An app that is not approved
  // yet can write only to such users.
  bool app_role = false;
  // These are the things that the user can tap. The oldest is the first, and at
  // most kMaxTappable are kept.
  std::vector<Tappable> tappable;
};

// This changes a user. A member that is absent does not change.
struct UserChange {
  std::optional<std::string> username;
  std::optional<std::string> name;
  std::optional<std::string> profile_pic;
  std::optional<std::int64_t> follower_count;
  std::optional<bool> is_user_follow_business;
  std::optional<bool> is_business_follow_user;
  std::optional<bool> is_verified_user;
  std::optional<bool> profile_consent;
  std::optional<bool> exists;
  std::optional<bool> blocked;
  std::optional<bool> messages_allowed;
  std::optional<bool> app_role;
  // This is the age of the latest message. An absent inner value means that the
  // user has never written.
  std::optional<std::optional<absl::Duration>> last_message_age;
};

// It is thread-safe.
class UserList {
 public:
  // Records that a user has written or tapped; this removes the quick replies
  // shown to them. The user is created when needed. At most kMaxUsers are kept;
  // for a further user nothing is recorded.
  void Wrote(std::string_view id, absl::Time time);
  // Records that a message was sent to the user, who is created in the same
  // way. The quick replies of the message replace those of earlier messages.
  void Received(std::string_view id, std::string_view mid,
                const std::vector<Offer>& offers);
  // Changes a user, and creates the user when needed. Fails with
  // RESOURCE_EXHAUSTED when the list is full. `now` is the time from which ages
  // count.
  absl::Status Change(std::string_view id, const UserChange& change,
                      absl::Time now);

  // Returns a copy of the user; nullopt for a user who is not in the list.
  std::optional<User> Find(std::string_view id) const;
  // Returns the user, and creates the user when needed. When the list is full,
  // the returned user is not added to it.
  User FindOrMake(std::string_view id);
  // Returns all users, sorted by id.
  std::vector<User> List() const;

 private:
  // Tests need fewer users; the limit exists because a load test must not fill
  // the memory.
  static constexpr std::size_t kMaxUsers = 10'000;
  // One user keeps at most this many; the oldest is forgotten.
  static constexpr std::size_t kMaxTappable = 100;

  // Returns the user, and creates the user when needed; null when the list is
  // full. The result is valid while the mutex is held.
  User* FindOrAdd(std::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  // The key is the id.
  std::map<std::string, User, std::less<>> users_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
