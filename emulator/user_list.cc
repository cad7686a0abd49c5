#include "emulator/user_list.h"

namespace linktor::emulator {

void UserList::Wrote(std::string_view id) {
  MutexLock lock(mutex_);
  if (User* user = Find(id)) ++user->written;
}

void UserList::Received(std::string_view id) {
  MutexLock lock(mutex_);
  if (User* user = Find(id)) ++user->received;
}

std::vector<User> UserList::List() const {
  std::vector<User> list;
  MutexLock lock(mutex_);
  for (const auto& [id, user] : users_) list.push_back(user);
  return list;
}

User* UserList::Find(std::string_view id) {
  auto it = users_.find(id);
  if (it == users_.end()) {
    if (users_.size() >= kMaxUsers) return nullptr;
    it = users_.emplace(id, User{.id = std::string(id)}).first;
  }
  return &it->second;
}

}  // namespace linktor::emulator
