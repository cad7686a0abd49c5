// UserProfiles ask Instagram what it shows of customers. This is the one way to
// ask: UserDirectory takes the user names of events from here, and
// MessagingService whole profiles. Answers are kept in memory for a while, and
// nowhere else.
//
// A refusal that concerns the channel, and not the customer, would be the same
// for everybody: after one the channel's look-ups rest, so that Instagram is
// not asked for each customer who writes, and an operator reads of it once.

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

// It is thread-safe, and no call blocks.
class UserProfiles {
 public:
  // A profile is given out again until it is this old.
  static constexpr absl::Duration kMaxAge = absl::Hours(1);
  // Look-ups of a channel rest for so long after a refusal that concerns the
  // channel; after a limit of Meta's for as long as Meta says, and no longer
  // than this.
  static constexpr absl::Duration kRest = absl::Hours(1);
  // At most so many calls of Get may be under way, because sends need the same
  // connections to Instagram.
  static constexpr std::size_t kMostCalls = 16;
  // At most so many profiles are kept; beyond that those that were not asked
  // for lately are forgotten.
  static constexpr std::size_t kCacheSize = 10'000;

  // Says whether an answer that is kept will do.
  enum class Freshness { kKept, kAskAnew };

  using Done = absl::AnyInvocable<void(absl::StatusOr<v1::UserProfile>)>;

  // All must outlive this, and this must outlive the calls of `graph`: its
  // transport stops before this goes.
  UserProfiles(const Clock& clock, const ChannelRegistry& registry,
               graph::GraphClient& graph)
      : clock_(clock), registry_(registry), graph_(graph) {}

  // Returns the profile as GetUserProfile gives it. Besides the errors of Ask
  // there are CHANNEL_NOT_FOUND, and OVERLOADED when kMostCalls are under way.
  // The request has been validated.
  void Get(const v1::GetUserProfileRequest& request,
           absl::AnyInvocable<void(absl::StatusOr<v1::GetUserProfileResponse>)>
               done);

  // Gives the profile of a customer of that channel, with the times, to `done`,
  // which is called once, within the call or later on the Graph client's
  // thread, and must not block. A call that is under way for the same customer
  // is shared. It fails with CREDENTIALS_MISSING (GraphAccountOf), or with the
  // reason that an error of Instagram's is mapped to. While the channel's
  // look-ups rest, it fails with the refusal that began the rest, and with the
  // time that is left.
  void Ask(const ChannelEntry& channel, std::string_view user_id,
           Freshness freshness, Done done);

  // Returns whether the channel's look-ups rest, so that Ask would ask nobody.
  bool IsResting(const ChannelEntry& channel);

  // Follows the feed, and forgets the profiles of people who were erased, and
  // of channels that were deleted.
  void OnCommit(std::span<const journal::AppliedRecord> records);

 private:
  using Answer = absl::StatusOr<v1::UserProfile>;

  // A Rest says why a channel's look-ups rest, and until when. A change of the
  // channel ends it, since that may be the remedy.
  struct Rest {
    absl::Status refusal;
    absl::Time end;
    std::int64_t revision = 0;
  };

  // This is what a call to Instagram was for.
  struct Asked {
    seal::KeyScope user;
    std::string channel_id;
    std::int64_t revision = 0;
  };

  // Returns what can be answered without Instagram: a refusal while the
  // channel's look-ups rest, or a profile that is kept; else nothing.
  std::optional<Answer> Known(const ChannelEntry& channel,
                              const seal::KeyScope& user, Freshness freshness)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns the refusal with the time that is left of the rest; OK when the
  // channel's look-ups do not rest. A rest that is over is forgotten.
  absl::Status RefusalOf(const ChannelEntry& channel)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Returns whether a call for that customer would be one too many.
  bool IsBusy(const ChannelEntry& channel, std::string_view user_id,
              Freshness freshness);
  // Forgets a person, or all of a channel.
  void Forget(const state::ForgottenPerson& person);
  // Returns whether the profile is not given out any more.
  static bool IsOld(const v1::UserProfile& profile, absl::Time now);
  // Forgets what is old, at most once a minute.
  void ForgetOld(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Adds `done`, which it takes over, to those who wait for an answer about the
  // customer. Returns whether others waited already, so that a call is under
  // way.
  bool Join(const seal::KeyScope& user, Done& done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Keeps the answer, or begins a rest, and tells all who wait. It runs on the
  // Graph client's thread.
  void OnAnswer(const Asked& asked, Answer answer);
  // Begins a rest when the refusal concerns the channel, and gives it the time
  // until its end.
  void RestAfter(const Asked& asked, absl::Time now, absl::Status& refusal)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Clock& clock_;
  const ChannelRegistry& registry_;
  graph::GraphClient& graph_;
  // It guards all below. It is not held while Instagram is asked or a caller is
  // told.
  Mutex mutex_;
  RecentMap<seal::KeyScope, v1::UserProfile> kept_ ABSL_GUARDED_BY(mutex_){
      kCacheSize / 2};
  absl::Time last_sweep_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  // They wait for the answer to the one call about their customer.
  absl::flat_hash_map<seal::KeyScope, std::vector<Done>> waiting_
      ABSL_GUARDED_BY(mutex_);
  // These people were erased while a call about them was under way: its answer
  // is given out, and not kept.
  absl::flat_hash_set<seal::KeyScope> forgotten_ ABSL_GUARDED_BY(mutex_);
  // The key is the channel's number. Rests that are over are removed when
  // the next one begins.
  absl::flat_hash_map<std::int64_t, Rest> rests_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace linktor::channels
