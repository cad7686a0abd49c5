// A UserDirectory finds out the Instagram user names of customers who write,
// and remembers them. It asks Instagram through UserProfiles, for one customer
// at a time and not too often. It is a view (see journal/feed.h): the feed
// tells it every name that is stored, also a name that another instance has
// stored. Ingest calls it on the HTTP threads. It has a thread of its own, and
// only this thread waits for Instagram. It is thread-safe.

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
  // When a customer writes and the name is at least this old, Instagram is
  // asked for the name again.
  static constexpr absl::Duration kMaxAge = absl::Hours(24);
  // An answer may have no name, for example because the customer has not given
  // consent. After such an answer this much time passes before Instagram is
  // asked again. While the look-ups of the channel rest (see user_profiles.h),
  // Instagram is not asked about anybody, and this time does not begin.
  static constexpr absl::Duration kRetryAfter = absl::Hours(1);
  // At most kCacheSize names are kept in memory. Beyond that, the names that
  // were not used lately are forgotten. At most kQueueSize customers wait for
  // their names. Beyond that, Instagram is not asked about further customers.
  static constexpr std::size_t kCacheSize = 50'000;
  static constexpr std::size_t kQueueSize = 1'000;

  struct Dependencies {
    const Clock& clock;
    state::StateReader& state;
    seal::Sealer& sealer;
    journal::Journal& journal;
    const ChannelRegistry& registry;
    UserProfiles& profiles;
    // The thread pauses this long between two calls. All calls for an account
    // share Meta's limits, and profiles matter least among these calls.
    absl::Duration pause = absl::Milliseconds(100);
  };

  // Starts the thread. All objects that `dependencies` names must outlive this
  // one.
  explicit UserDirectory(const Dependencies& dependencies);
  // Calls Stop, in case nobody has called it before.
  ~UserDirectory() override;

  // Follows the feed. It keeps a new name sealed, and Find opens the name
  // later. Opening may have to read a key from the disk, and a view must not
  // block.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the name as UserNames promises. A failure of the disk is not
  // remembered, so that the next call tries again.
  std::string Find(std::int64_t channel_no, std::string_view user_id) override;
  // Puts the customer into the queue when it is time to ask. It does nothing
  // when the queue is full, when the channel has no access token, or while the
  // look-ups of the channel rest.
  void OnActivity(const ChannelRegistry::EntryPtr& channel,
                  std::string_view user_id) override;

  // Ends the thread and forgets the queue. It must be called after the
  // transport to Instagram has stopped, because then the thread does not wait
  // for an answer. It must be called before the journal stops.
  void Stop();

 private:
  // A Known is everything that is remembered about one customer.
  struct Known {
    // This is the stored name, sealed; it is empty when no name is stored. It
    // is nullopt until the name was read from the state or the feed has told
    // it.
    std::optional<std::string> sealed;
    // This is the same name in the clear, once it was opened.
    std::optional<std::string> name;
    // Instagram is asked again from this time on. It is the distant past when
    // this process has not asked yet.
    absl::Time ask_time = absl::InfinitePast();
    // It is true while the customer is in the queue, or is being asked about.
    bool queued = false;
  };

  // A Wanted is a customer whose name the thread is to ask for. The thread
  // looks the channel up again by its id, because the channel may be deleted
  // while the customer waits in the queue.
  struct Wanted {
    std::string channel_id;
    seal::KeyScope user;
  };

  // This is the loop of the thread. It holds no mutex while it asks Instagram
  // or stores a name.
  void Run();
  // Asks Instagram and blocks until the answer has come. Returns the name;
  // empty when there is none or when the call has failed.
  std::string Ask(const Wanted& wanted);
  // Returns the customer's channel. Returns null when that channel was deleted
  // meanwhile, also when a new channel has the same id now.
  ChannelRegistry::EntryPtr ChannelOf(const Wanted& wanted) const;
  // Waits for `time`, or until Stop is called. Returns false when Stop was
  // called.
  bool Pause(std::chrono::milliseconds time);
  // Stores the name, unless the same name is stored already. It blocks on the
  // journal. Returns whether the name is stored now.
  bool Store(const seal::KeyScope& user, const std::string& name);
  // Returns the name in the clear; empty when there is no name or it cannot be
  // opened.
  std::string Open(const seal::KeyScope& user, const std::string& sealed) const;
  // Forgets a person who was erased. If `person` has no user id, it forgets all
  // customers of the channel.
  void Forget(const state::ForgottenPerson& person);
  // Returns whether the customer should go into the queue: it is time to ask,
  // the customer is not in the queue yet, and the queue has room.
  bool IsDue(const Known& known) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the customer's entry, and makes one when there is none. The
  // reference is valid while the mutex is held, and only until the next entry
  // is made.
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
  // It counts the calls of Forget. With this count Find notices that somebody
  // was erased while Find read a name. Find does not return the name then.
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::channels
