// The people this Instagram knows: everyone who has written or was written to.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/mutex.h"

namespace linktor::emulator {

struct User {
  // Instagram-scoped id (IGSID).
  std::string id;
  // Messages this user wrote, and messages sent to this user.
  std::uint64_t written = 0;
  std::uint64_t received = 0;
};

// Thread-safe.
class UserList {
 public:
  // Each creates the user on first use, up to kMaxUsers; further users are
  // served but not listed.
  void Wrote(std::string_view id);
  void Received(std::string_view id);

  // By id.
  std::vector<User> List() const;

 private:
  static constexpr std::size_t kMaxUsers = 10'000;

  User* Find(std::string_view id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, User, std::less<>> users_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::emulator
