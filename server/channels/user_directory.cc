#include "server/channels/user_directory.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "server/state/effects.h"

namespace linktor::channels {
namespace {

// A longer name is not Instagram's, which allows 30 characters.
constexpr std::size_t kMaxUsername = 128;

// A name whose person is not known yet is stored by one of so many tries, with
// this time between them.
constexpr int kTries = 5;
constexpr std::chrono::milliseconds kShortly{50};

}  // namespace

UserDirectory::UserDirectory(const Dependencies& dependencies)
    : deps_(dependencies), thread_([this] { Run(); }) {}

UserDirectory::~UserDirectory() { Stop(); }

void UserDirectory::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.SignalAll();
  }
  if (thread_.joinable()) thread_.join();
}

UserDirectory::Known& UserDirectory::EntryOf(const seal::KeyScope& user) {
  Known* known = known_.Find(user);
  return known == nullptr ? known_.Insert(user) : *known;
}

void UserDirectory::OnCommit(std::span<const journal::AppliedRecord> records) {
  for (const journal::AppliedRecord& applied : records) {
    for (const state::ForgottenPerson& person :
         applied.effects.forgotten_people) {
      Forget(person);
    }
    for (const state::ConversationRow& row : applied.effects.names) {
      const seal::KeyScope user{.channel_no = row.channel_no,
                                .user_id = row.user_id};
      MutexLock lock(mutex_);
      Known& known = EntryOf(user);
      // Opening it may need a key that is on the disk, so the next Find does
      // that.
      known.sealed = row.sealed_username;
      known.name.reset();
    }
  }
}

void UserDirectory::Forget(const state::ForgottenPerson& person) {
  const auto is_meant = [&](const seal::KeyScope& user) {
    return user.channel_no == person.channel_no &&
           (person.user_id.empty() || user.user_id == person.user_id);
  };
  MutexLock lock(mutex_);
  ++forgotten_;
  std::erase_if(queue_,
                [&](const Wanted& wanted) { return is_meant(wanted.user); });
  if (!person.user_id.empty()) {
    known_.Erase({.channel_no = person.channel_no, .user_id = person.user_id});
    return;
  }
  known_.EraseIf(
      [&](const seal::KeyScope& user, const Known&) { return is_meant(user); });
}

absl::StatusOr<std::string> UserDirectory::Open(
    const seal::KeyScope& user, const std::string& sealed) const {
  if (sealed.empty()) return "";
  absl::StatusOr<std::string> name =
      deps_.sealer.Open(seal::SealedPlace::kUsername, user.user_id, sealed);
  // These bytes cannot be opened at any later time either.
  if (absl::IsDataLoss(name.status())) return "";
  return name;
}

std::string UserDirectory::Find(std::int64_t channel_no,
                                std::string_view user_id) {
  const seal::KeyScope user{.channel_no = channel_no,
                            .user_id = std::string(user_id)};
  std::optional<std::string> sealed;
  std::uint64_t forgotten = 0;
  {
    MutexLock lock(mutex_);
    forgotten = forgotten_;
    if (const Known* known = known_.Find(user)) {
      if (known->name.has_value()) return *known->name;
      sealed = known->sealed;
    }
  }
  if (!sealed.has_value()) {
    auto row = deps_.state.Conversation(channel_no, user_id);
    // The failure is not remembered, so that the next call asks again.
    if (!row.ok()) return "";
    sealed = std::move(row->sealed_username);
  }
  absl::StatusOr<std::string> name = Open(user, *sealed);
  // The data key could not be read. That is not remembered either.
  if (!name.ok()) return "";
  MutexLock lock(mutex_);
  // It may be the name of a person who was erased while it was read.
  if (forgotten != forgotten_) return "";
  Known& known = EntryOf(user);
  // The feed may have told of another name meanwhile, which is then opened next
  // time.
  if (!known.sealed.has_value()) known.sealed = sealed;
  if (known.sealed == sealed) known.name = *name;
  return *std::move(name);
}

bool UserDirectory::IsDue(const Known& known) const {
  if (stopping_ || known.queued || queue_.size() >= kQueueSize) return false;
  // A longer wait than kMaxAge was set by a clock that was ahead.
  const absl::Duration wait = known.ask_time - deps_.clock.Now();
  return wait <= absl::ZeroDuration() || wait > kMaxAge;
}

void UserDirectory::OnActivity(const ChannelRegistry::EntryPtr& channel,
                               std::string_view user_id) {
  if (channel->access_token.empty()) return;
  const seal::KeyScope user{.channel_no = channel->no,
                            .user_id = std::string(user_id)};
  {
    MutexLock lock(mutex_);
    if (!IsDue(EntryOf(user))) return;
  }
  // Most customers are not due, so the lock of the profiles is rarely taken.
  if (deps_.profiles.IsResting(*channel)) return;
  MutexLock lock(mutex_);
  Known& known = EntryOf(user);
  if (!IsDue(known)) return;
  known.queued = true;
  queue_.push_back({channel->channel.id(), user});
  wake_.SignalAll();
}

void UserDirectory::Run() {
  for (;;) {
    Wanted next;
    {
      MutexLock lock(mutex_);
      while (!stopping_ && queue_.empty()) wake_.Wait(mutex_);
      if (stopping_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const std::string name = Ask(next);
    const bool known_now = !name.empty() && Store(next.user, name);
    // Nothing is known of a customer whose channel was refused: they are asked
    // about when they write after the rest.
    const ChannelRegistry::EntryPtr channel = ChannelOf(next);
    const bool rests = channel != nullptr && deps_.profiles.IsResting(*channel);
    {
      MutexLock lock(mutex_);
      Known* known = known_.Find(next.user);
      if (known != nullptr) known->queued = false;
      if (known != nullptr && (known_now || !rests)) {
        known->ask_time =
            deps_.clock.Now() + (known_now ? kMaxAge : kRetryAfter);
      }
    }
    if (!rests) (void)Pause(absl::ToChronoMilliseconds(deps_.pause));
  }
}

ChannelRegistry::EntryPtr UserDirectory::ChannelOf(const Wanted& wanted) const {
  ChannelRegistry::EntryPtr channel = deps_.registry.Find(wanted.channel_id);
  if (channel != nullptr && channel->no != wanted.user.channel_no) {
    channel = nullptr;
  }
  return channel;
}

std::string UserDirectory::Ask(const Wanted& wanted) {
  const ChannelRegistry::EntryPtr channel = ChannelOf(wanted);
  if (channel == nullptr) return "";
  // The promise is shared, because the waiter wakes, and returns, before
  // set_value does.
  const auto answer =
      std::make_shared<std::promise<absl::StatusOr<v1::UserProfile>>>();
  deps_.profiles.Ask(*channel, wanted.user.user_id,
                     UserProfiles::Freshness::kKept,
                     [answer](absl::StatusOr<v1::UserProfile> profile) {
                       answer->set_value(std::move(profile));
                     });
  const absl::StatusOr<v1::UserProfile> profile = answer->get_future().get();
  if (!profile.ok() || profile->username().size() > kMaxUsername) return "";
  return profile->username();
}

bool UserDirectory::Pause(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  MutexLock lock(mutex_);
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    wake_.WaitFor(mutex_, end - std::chrono::steady_clock::now());
  }
  return !stopping_;
}

bool UserDirectory::Store(const seal::KeyScope& user, const std::string& name) {
  if (Find(user.channel_no, user.user_id) == name) return true;
  for (int tries = 0; tries < kTries; ++tries) {
    journal::Record record =
        journal::NewRecord(absl::ToUnixMillis(deps_.clock.Now()));
    journal::SetUsername& body = *record.mutable_set_username();
    body.set_channel_no(user.channel_no);
    body.set_user_id(user.user_id);
    body.set_only_known(true);
    seal::NewKeys new_keys;
    absl::StatusOr<std::string> sealed = deps_.sealer.Seal(
        user, seal::SealedPlace::kUsername, user.user_id, name, new_keys);
    if (!sealed.ok()) return false;
    body.set_sealed_username(*std::move(sealed));
    const auto answer = journal::AppendSealedAs<state::ConversationAnswer>(
        deps_.journal, std::move(new_keys), std::move(record));
    // When the disk is full, the name is asked for again later.
    if (!answer.ok()) return false;
    if (answer->live) return true;
    // The message that made this ask may be on its way to the journal still. If
    // not, the person was erased, or the channel was deleted.
    if (!Pause(kShortly)) return false;
  }
  return false;
}

}  // namespace linktor::channels
