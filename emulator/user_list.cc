#include "emulator/user_list.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace linktor::emulator {
namespace {

// Made-up names end with so many digits of the id.
constexpr std::size_t kNameDigits = 4;

template <typename Value>
void Take(const std::optional<Value>& change, Value& value) {
  if (change.has_value()) value = *change;
}

User MakeUser(std::string_view id) {
  const std::string end(
      id.substr(id.size() - std::min(id.size(), kNameDigits)));
  return {
      .id = std::string(id), .username = "user_" + end, .name = "User " + end};
}

void EndQuickReplies(User& user) {
  const auto end = std::remove_if(
      user.tappable.begin(), user.tappable.end(), [](const Tappable& tappable) {
        return tappable.offer.kind == Offer::Kind::kQuickReply;
      });
  user.tappable.erase(end, user.tappable.end());
}

}  // namespace

void UserList::Wrote(std::string_view id, absl::Time time) {
  MutexLock lock(mutex_);
  User* user = FindOrAdd(id);
  if (user == nullptr) return;
  ++user->written;
  user->last_message = std::max(time, user->last_message.value_or(time));
  EndQuickReplies(*user);
}

void UserList::Received(std::string_view id, std::string_view mid,
                        const std::vector<Offer>& offers) {
  MutexLock lock(mutex_);
  User* user = FindOrAdd(id);
  if (user == nullptr) return;
  ++user->received;
  user->last_received_mid = std::string(mid);
  EndQuickReplies(*user);
  for (const Offer& offer : offers) {
    if (user->tappable.size() >= kMaxTappable) {
      user->tappable.erase(user->tappable.begin());
    }
    user->tappable.push_back({.offer = offer, .mid = std::string(mid)});
  }
}

absl::Status UserList::Change(std::string_view id, const UserChange& change,
                              absl::Time now) {
  MutexLock lock(mutex_);
  User* user = FindOrAdd(id);
  if (user == nullptr) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", kMaxUsers, " users already"));
  }
  Take(change.username, user->username);
  Take(change.name, user->name);
  Take(change.profile_pic, user->profile_pic);
  Take(change.follower_count, user->follower_count);
  Take(change.is_user_follow_business, user->is_user_follow_business);
  Take(change.is_business_follow_user, user->is_business_follow_user);
  Take(change.is_verified_user, user->is_verified_user);
  Take(change.profile_consent, user->profile_consent);
  Take(change.exists, user->exists);
  Take(change.blocked, user->blocked);
  Take(change.messages_allowed, user->messages_allowed);
  Take(change.app_role, user->app_role);
  if (change.last_message_age.has_value()) {
    user->last_message.reset();
    if (change.last_message_age->has_value()) {
      user->last_message = now - **change.last_message_age;
    }
  }
  return absl::OkStatus();
}

std::optional<User> UserList::Find(std::string_view id) const {
  MutexLock lock(mutex_);
  const auto it = users_.find(id);
  if (it == users_.end()) return std::nullopt;
  return it->second;
}

User UserList::FindOrMake(std::string_view id) {
  MutexLock lock(mutex_);
  const User* user = FindOrAdd(id);
  return user == nullptr ? MakeUser(id) : *user;
}

std::vector<User> UserList::List() const {
  std::vector<User> list;
  MutexLock lock(mutex_);
  list.reserve(users_.size());
  for (const auto& [id, user] : users_) list.push_back(user);
  return list;
}

User* UserList::FindOrAdd(std::string_view id) {
  auto it = users_.find(id);
  if (it == users_.end()) {
    if (users_.size() >= kMaxUsers) return nullptr;
    it = users_.emplace(id, MakeUser(id)).first;
  }
  return &it->second;
}

}  // namespace linktor::emulator
