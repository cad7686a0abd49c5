// A UserDirectory asks Instagram, by UserProfiles, for the user names of
// customers who write, one at a time and not too often, and remembers them. It
// is a view: the feed tells it of every name that is stored, whoever has asked
// for it. Ingest asks it on the HTTP threads; it has a thread of its own, which
// alone waits for Instagram. It is thread-safe.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/recent_map.h"
#include "server/channels/registry.h"
#include "server/channels/user_names.h"
#include "server/channels/user_profiles.h"
#include "server/journal/feed.h"
#include "server/journal/journal.h"
#include "server/seal/sealer.h"
#include "server/state/state_reader.h"

namespace linktor::channels {

class UserDirectory final : public UserNames {
 public:
  // A name is asked for again when it is this old and the customer writes.
  static constexpr absl::Duration kMaxAge = absl::Hours(24);
  // After an answer without a name, such as for a missing consent, Instagram is
  // asked again when so much time has passed. While the look-ups of the channel
  // rest nobody is asked about, and the time does not begin.
  static constexpr absl::Duration kRetryAfter = absl::Hours(1);
  // So many names are kept in memory, and so many customers wait for theirs.
  // Beyond that the oldest names are forgotten, and further customers are not
  // asked about.
  static constexpr std::size_t kCacheSize = 50'000;
  static constexpr std::size_t kQueueSize = 1'000;

  struct Dependencies {
    const Clock& clock;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const ChannelRegistry& registry;
    UserProfiles& profiles;
    // The thread pauses so long between two calls: profiles matter least among
    // the calls that share Meta's limits for an account.
    absl::Duration pause = absl::Milliseconds(100);
  };

  // Starts the thread. All that `dependencies` names must outlive this.
  explicit UserDirectory(const Dependencies& dependencies);
  // Stops, if nobody has.
  ~UserDirectory() override;

  // Follows the feed. It keeps the sealed name and opens it later, because
  // opening may need a key that is on the disk.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the name as UserNames promises. A failure of the disk is not
  // remembered, so that the next call tries again.
  std::string Find(std::int64_t channel_no, std::string_view user_id) override;
  // Puts the customer into the queue when it is time to ask; it does nothing
  // when the queue is full, the channel has no access token, or its look-ups
  // rest.
  void OnActivity(const ChannelRegistry::EntryPtr& channel,
                  std::string_view user_id) override;

  // Ends the thread and forgets the queue. It must be called after the
  // transport has stopped, so that no answer is waited for, and before the
  // journal stops.
  void Stop();

 private:
  // A Known is everything that is remembered about one customer.
  struct Known {
    // This is the stored name, sealed; it is empty when there is none. It is
    // nullopt while it has not been read and the feed has not told of it.
    std::optional<std::string> sealed;
    // The same name in the clear, once it was opened.
    std::optional<std::string> name;
    // Instagram is asked again from this time on; it is the distant past when
    // this process has not asked.
    absl::Time ask_time = absl::InfinitePast();
    // It is true while the customer is in the queue, or is being asked about.
    bool queued = false;
  };

  // A Wanted is a customer whose name is to be asked for. The channel is looked
  // up again, since it may be deleted meanwhile.
  struct Wanted {
    std::string channel_id;
    seal::KeyScope user;
  };

  // This is the thread. It holds no mutex while it asks or stores.
  void Run();
  // Asks Instagram and blocks until it has answered. Returns the name; empty
  // when it cannot be had.
  std::string Ask(const Wanted& wanted);
  // Returns the customer's channel; null when it was deleted meanwhile, and
  // perhaps made anew under the same id.
  ChannelRegistry::EntryPtr ChannelOf(const Wanted& wanted) const;
  // Waits for that time, or less when it is time to end; then it returns false.
  bool Pause(std::chrono::milliseconds time);
  // Stores the name, unless it is stored already, and blocks on the journal.
  // Returns whether it is stored now.
  bool Store(const seal::KeyScope& user, const std::string& name);
  // Returns the name in the clear; empty when there is none or it cannot be
  // opened.
  std::string Open(const seal::KeyScope& user, const std::string& sealed) const;
  // Forgets a person who was erased, or all of a channel.
  void Forget(const state::ForgottenPerson& person);
  // Returns whether it is time to ask for the name, and there is room.
  bool IsDue(const Known& known) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the entry, and makes it when there is none. It is valid while the
  // mutex is held, and until the next one is made.
  Known& EntryOf(const seal::KeyScope& user)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Dependencies deps_;
  // It guards the cache and the queue. It is not held while the disk is read or
  // a name is opened.
  Mutex mutex_;
  CondVar wake_;
  RecentMap<seal::KeyScope, Known> known_ ABSL_GUARDED_BY(mutex_){kCacheSize /
                                                                  2};
  std::deque<Wanted> queue_ ABSL_GUARDED_BY(mutex_);
  // It counts how often people were forgotten.
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::channels
