// A UserDirectory finds out the Instagram user names of customers who write,
// and remembers them. It asks Instagram through UserProfiles, for one customer
// at a time and not too often. It is a view (see journal/feed.h): the feed
// tells it every name that is stored, also when another instance (data folder)
// has appended the record. Ingest calls it on the HTTP threads. The
// UserDirectory has a thread of its own, and only this thread waits for
// Instagram's answers. A UserDirectory is thread-safe.

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
  // When a customer writes, and this much time has passed since Instagram gave
  // the customer's name, Instagram is asked for the name again. The server
  // keeps this time only in memory, so after a restart Instagram is asked as
  // soon as the customer writes.
  static constexpr absl::Duration kMaxAge = absl::Hours(24);
  // An answer may have no name, for example because the customer has not given
  // consent. After such an answer this much time passes before Instagram is
  // asked again. After a refusal that concerns the whole channel, the look-ups
  // of the channel rest (see user_profiles.h). Then Instagram is not asked
  // about any customer of the channel, and this time does not begin. So
  // Instagram may be asked about the customer as soon as the rest is over and
  // the customer writes.
  static constexpr absl::Duration kRetryAfter = absl::Hours(1);
  // At most kCacheSize names are kept in memory. Beyond that, the names that
  // were not used lately are forgotten. At most kQueueSize customers wait in
  // the queue until Instagram is asked about them. Beyond that, a further
  // customer does not enter the queue before writing again.
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

  // Starts the thread. All objects that `dependencies` names must outlive the
  // UserDirectory.
  explicit UserDirectory(const Dependencies& dependencies);
  // Calls Stop, in case nobody has called Stop before.
  ~UserDirectory() override;

  // Follows the feed. It keeps a new name sealed (encrypted), and Find opens
  // (decrypts) the name later. Opening may have to read a data key from the
  // disk, and a view must not block. It also forgets the people who were
  // erased.
  void OnCommit(std::span<const journal::AppliedRecord> records);

  // Returns the name as UserNames promises. When the customer's row or the data
  // key cannot be read, the failure is not remembered, so that the next call
  // tries again. A damaged name, or a name whose key was destroyed, counts as
  // unknown until the feed brings a new name, or until the customer has left
  // the cache.
  std::string Find(std::int64_t channel_no, std::string_view user_id) override;
  // Puts the customer into the queue when it is time to ask. It does nothing
  // when the queue is full, when the channel has no access token, or while the
  // look-ups of the channel rest (see user_profiles.h).
  void OnActivity(const ChannelRegistry::EntryPtr& channel,
                  std::string_view user_id) override;

  // Ends the thread, and waits until it has ended. Instagram is not asked about
  // the customers who are still in the queue. Stop must be called after the
  // transport to Instagram has stopped, because then the thread does not wait
  // for an answer. It must be called before the journal stops, because the
  // thread may still be storing a name.
  void Stop();

 private:
  // A Known is everything that is remembered about one customer.
  struct Known {
    // This is the stored name, sealed (encrypted); it is empty when no name is
    // stored. It is nullopt until the name is read from the state or the feed
    // tells it.
    std::optional<std::string> sealed;
    // This is the same name in the clear (decrypted). It is nullopt until Find
    // opens the name.
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
  // empty when the customer has no name or when the call has failed.
  std::string Ask(const Wanted& wanted);
  // Returns the customer's channel. Returns null when the channel was deleted
  // while the customer was in the queue, also if a new channel has the same id
  // now.
  ChannelRegistry::EntryPtr ChannelOf(const Wanted& wanted) const;
  // Waits for `time`, or until Stop is called. Returns false when Stop was
  // called.
  bool Pause(std::chrono::milliseconds time);
  // Stores the name, unless the same name is stored already. It blocks until
  // the append has ended. The state accepts a name only for a customer who is
  // known. The message that made the customer known may still be on its way to
  // the journal. So Store tries a few times, with a short pause after each
  // attempt. Returns whether the name is stored now.
  bool Store(const seal::KeyScope& user, const std::string& name);
  // Returns the name in the clear. It is empty when there is no name, or when
  // the sealed bytes can never be opened. It fails when the data key could not
  // be read; a later call may succeed.
  absl::StatusOr<std::string> Open(const seal::KeyScope& user,
                                   const std::string& sealed) const;
  // Forgets a person who was erased. If `person` has no user id, it forgets all
  // customers of the channel.
  void Forget(const state::ForgottenPerson& person);
  // Returns whether the customer should go into the queue: it is time to ask,
  // the customer is not in the queue yet, and the queue has room.
  bool IsDue(const Known& known) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the customer's entry, and makes one when there is none. The
  // reference is valid while the mutex is held, and only until known_ is used
  // again.
  Known& EntryOf(const seal::KeyScope& user)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Dependencies deps_;
  // The mutex guards the cache and the queue. No thread holds it while it reads
  // the disk or opens a name.
  Mutex mutex_;
  CondVar wake_;
  RecentMap<seal::KeyScope, Known> known_ ABSL_GUARDED_BY(mutex_){kCacheSize /
                                                                  2};
  std::deque<Wanted> queue_ ABSL_GUARDED_BY(mutex_);
  // This counts the calls of Forget. With the count Find notices that somebody
  // was erased while Find read a name. Then Find does not return the name,
  // because it may be the name of the erased person.
  std::uint64_t forgotten_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace linktor::channels
