// The people this Instagram knows: everyone who has written, was written to, or
// was set by a test; and the things that each can tap.

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

// A Tappable is something in a message that this user was sent, and can tap.
struct Tappable {
  Offer offer;
  // This is Instagram's id of that message. A tap can name it when several
  // offer the same.
  std::string mid;
};

// A User is one person. Copies are handed out, so that a test can look at
// leisure.
struct User {
  // This is the Instagram-scoped id (IGSID).
  std::string id;
  // These are the numbers of messages that this user wrote, taps among them,
  // and of messages that were sent to this user.
  std::uint64_t written = 0;
  std::uint64_t received = 0;
  // This is Instagram's id of the newest message sent to this user; it is empty
  // for none.
  std::string last_received_mid;
  // The names are made up from the id until a test sets them.
  std::string username;
  std::string name;
  // These are what else a profile shows, by Meta's names; a profile without a
  // picture has an empty link.
  std::string profile_pic;
  std::int64_t follower_count = 0;
  bool is_user_follow_business = false;
  bool is_business_follow_user = false;
  bool is_verified_user = false;
  // It is false for someone who has not agreed to show their profile, whatever
  // they wrote.
  bool profile_consent = true;
  // The time of the latest message or tap, by its own time; absent for someone
  // who has never written, and so has not agreed to show their profile either.
  std::optional<absl::Time> last_message;
  // It is false for an id that Instagram does not know, as after an account is
  // gone.
  bool exists = true;
  // The user has blocked the account.
  bool blocked = false;
  // It is false for someone who cannot receive messages now.
  bool messages_allowed = true;
  // The user has a role in the app, so that an app not yet approved can write
  // to them.
  bool app_role = false;
  // The oldest is the first, and at most kMaxTappable are kept.
  std::vector<Tappable> tappable;
};

// A member that is absent stays as it is.
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
  // The age of the latest message; absent inside means that there never was
  // one.
  std::optional<std::optional<absl::Duration>> last_message_age;
};

// It is thread-safe.
class UserList {
 public:
  // A user has written or tapped, which ends the quick replies shown to them.
  // The user is created on first use, up to kMaxUsers; further users are served
  // but not listed.
  void Wrote(std::string_view id, absl::Time time);
  // A message was sent to the user, who is created likewise. Its quick replies
  // take the place of earlier ones.
  void Received(std::string_view id, std::string_view mid,
                const std::vector<Offer>& offers);
  // Creates the user too. It fails with RESOURCE_EXHAUSTED when the list is
  // full. `now` is the time from which ages count.
  absl::Status Change(std::string_view id, const UserChange& change,
                      absl::Time now);

  // Returns a copy of the user; nullopt for one that nobody has heard of.
  std::optional<User> Find(std::string_view id) const;
  // Returns the user, who is created if need be; when the list is full the
  // result is not in it.
  User FindOrMake(std::string_view id);
  // Returns all users, sorted by id.
  std::vector<User> List() const;

 private:
  // Tests need fewer; a load test must not fill the memory.
  static constexpr std::size_t kMaxUsers = 10'000;
  // One user keeps so many; the oldest is forgotten.
  static constexpr std::size_t kMaxTappable = 100;

  // Returns the user, made if need be; null when the list is full. The result
  // is valid while the mutex is held.
  User* FindOrAdd(std::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  // The key is the id.
  std::map<std::string, User, std::less<>> users_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
