// UserProfiles asks Instagram for the profiles of customers. All look-ups of
// profiles go through it: UserDirectory takes the user names for events from
// here, and MessagingService takes whole profiles. UserProfiles keeps the
// answers in memory for a while. It does not store them on the disk; only
// UserDirectory stores the user names.
//
// Instagram may refuse a look-up for a reason that concerns the channel and not
// the customer. It would then refuse the look-ups of all other customers, too.
// So after such a refusal the look-ups of the channel rest: for some time
// Instagram is not asked about any customer of the channel. This keeps calls
// and log lines few: the server's log tells the operator of the refusal once,
// and not for each customer who writes.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "linktor/instagram/v1/messaging_service.pb.h"
#include "linktor/instagram/v1/user_profile.pb.h"
#include "server/base/clock.h"
#include "server/base/mutex.h"
#include "server/base/recent_map.h"
#include "server/channels/registry.h"
#include "server/graph/client.h"
#include "server/journal/feed.h"
#include "server/seal/sealer.h"

namespace linktor::channels {

// A UserProfiles object is thread-safe, and none of its functions blocks.
class UserProfiles {
 public:
  // A profile that is younger than this is given out again, without a call to
  // Instagram.
  static constexpr absl::Duration kMaxAge = absl::Hours(1);
  // The look-ups of a channel rest for this long after a refusal that concerns
  // the channel. If the refusal comes with a retry delay, as a rate limit does,
  // they rest for that delay instead, but never longer than this.
  static constexpr absl::Duration kRest = absl::Hours(1);
  // Get begins no further call to Instagram while this many calls are under
  // way, because sends need the same connections.
  static constexpr std::size_t kMostCalls = 16;
  // At most this many profiles are kept. Beyond that, the profiles that were
  // not asked for lately are forgotten.
  static constexpr std::size_t kCacheSize = 10'000;

  // Says whether the caller accepts a kept answer (kKept) or wants a new one
  // (kAskAnew).
  enum class Freshness { kKept, kAskAnew };

  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)>;

  // All three objects must outlive the UserProfiles object. The UserProfiles
  // object must outlive the calls of `graph`. So the transport of `graph` must
  // stop before the UserProfiles object is destroyed.
  UserProfiles(const Clock& clock, const ChannelRegistry& registry,
               graph::GraphClient& graph)
      : clock_(clock), registry_(registry), graph_(graph) {}

  // Gives `done` the profile, as the method GetUserProfile promises it. Get
  // fails as Ask does. It also fails with CHANNEL_NOT_FOUND. It fails with
  // OVERLOADED when it would need another call to Instagram and kMostCalls
  // calls are under way. The request has been validated.
  void Get(const v1::GetUserProfileRequest& request,
           absl::AnyInvocable<void(absl::StatusOr<v1::GetUserProfileResponse>)>
               done);

  // Gives `done` the profile of a customer of this channel. The profile has the
  // time of the look-up and the time at which the picture's link expires.
  // `done` is called once, before Ask returns or later on the Graph client's
  // thread, and it must not block. If a call to Instagram about the same
  // customer is under way already, Ask makes no second call. Then all callers
  // that wait get the answer of the first call.
  //
  // Ask fails with CREDENTIALS_MISSING (see GraphAccountOf), or with the reason
  // to which an error of Instagram is mapped (see graph/error_map.h). While the
  // look-ups of the channel rest, Ask gives out only a kept profile. If no
  // profile is kept, or if `freshness` does not accept the kept profile, Ask
  // fails with the refusal that began the rest. The retry delay of this error
  // is the time that is left of the rest.
  void Ask(const ChannelEntry& channel, std::string_view user_id,
           Freshness freshness, Done done);

  // Returns whether the look-ups of the channel rest, so that Ask would not ask
  // Instagram.
  bool IsResting(const ChannelEntry& channel);

  // Follows the feed. It forgets the profiles of people who were erased and of
  // channels that were deleted.
  void OnCommit(std::span<const journal::AppliedRecord> records);

 private:
  using Answer = absl::StatusOr<v1::UserProfile>;

  // A Rest says why the look-ups of a channel rest, and until when. A change of
  // the channel ends the rest early, because the change may have removed the
  // reason.
  struct Rest {
    absl::Status refusal;
    absl::Time end;
    std::int64_t revision = 0;
  };

  // An Asked says which customer and which revision of the channel a call to
  // Instagram is about.
  struct Asked {
    seal::KeyScope user;
    std::string channel_id;
    std::int64_t revision = 0;
  };

  // Returns the answer when no call to Instagram is needed or allowed: a kept
  // profile, or the refusal while the look-ups of the channel rest. Returns
  // nullopt when Instagram is to be asked.
  std::optional<Answer> Known(const ChannelEntry& channel,
                              const seal::KeyScope& user, Freshness freshness)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the refusal while the look-ups of the channel rest, with the time
  // that is left as its retry delay. Returns OK when they do not rest. It
  // removes a rest that is over.
  absl::Status RefusalOf(const ChannelEntry& channel)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns whether Get must fail, because it would need one call to Instagram
  // too many.
  bool IsBusy(const ChannelEntry& channel, std::string_view user_id,
              Freshness freshness);
  // Forgets the profile of a person. If `person` has no user id, it forgets the
  // profiles of all customers of the channel.
  void Forget(const state::ForgottenPerson& person);
  // Returns whether the profile is too old to be given out.
  static bool IsOld(const v1::UserProfile& profile, absl::Time now);
  // Forgets the profiles that are too old, at most once a minute.
  void ForgetOld(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes over `done` and adds it to the callers that wait for an answer about
  // the customer. Returns whether other callers waited already. Then a call to
  // Instagram about the customer is under way.
  bool Join(const seal::KeyScope& user, Done& done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps the answer if it is a profile. Begins a rest if the answer is a
  // refusal that concerns the channel. Then gives the answer to all callers
  // that wait for it. It runs on the Graph client's thread.
  void OnAnswer(const Asked& asked, Answer answer);
  // Begins a rest when the refusal concerns the channel, and sets the retry
  // delay of `refusal` to the length of the rest.
  void RestAfter(const Asked& asked, absl::Time now, absl::Status& refusal)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const ChannelRegistry& registry_;
  graph::GraphClient& graph_;
  // The mutex guards all members below. No thread holds it while it asks
  // Instagram or calls a caller's `done`.
  Mutex mutex_;
  RecentMap<seal::KeyScope, v1::UserProfile> kept_ ABSL_GUARDED_BY(mutex_){
      kCacheSize / 2};
  absl::Time last_sweep_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // A customer has an entry here while a call to Instagram about the customer
  // is under way. The entry has the callers that wait for the answer of that
  // call.
  absl::flat_hash_map<seal::KeyScope, std::vector<Done>> waiting_
      ABSL_GUARDED_BY(mutex_);
  // These people were erased while a call about them was under way. The callers
  // still get the answer of the call, but the answer is not kept.
  absl::flat_hash_set<seal::KeyScope> forgotten_ ABSL_GUARDED_BY(mutex_);
  // The key of this map is the channel's number. Rests that are over are
  // removed when the next rest begins.
  absl::flat_hash_map<std::int64_t, Rest> rests_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::channels
