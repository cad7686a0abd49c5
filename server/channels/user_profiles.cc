#include "server/channels/user_profiles.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "server/base/status.h"
#include "server/channels/graph_account.h"
#include "server/graph/failure_log.h"
#include "server/graph/observer.h"
#include "server/kinds/media_expiry.h"

namespace linktor::channels {
namespace {

using google::protobuf::util::TimeUtil;

// These refusals are of the channel's token, app or account, of a limit that
// its calls share, or of the request itself, which is the same for all: every
// other customer would be refused, too.
constexpr std::array kOfTheChannel = {
    v1::ERROR_REASON_ACCESS_TOKEN_EXPIRED, v1::ERROR_REASON_PERMISSION_MISSING,
    v1::ERROR_REASON_APP_NOT_APPROVED,     v1::ERROR_REASON_APP_SECRET_REFUSED,
    v1::ERROR_REASON_MESSAGING_DISABLED,   v1::ERROR_REASON_ACCOUNT_NOT_LINKED,
    v1::ERROR_REASON_ACCOUNT_RESTRICTED,   v1::ERROR_REASON_ACTION_BLOCKED,
    v1::ERROR_REASON_RATE_LIMITED,         v1::ERROR_REASON_GRAPH_ERROR,
};

bool IsOfTheChannel(const absl::Status& refusal) {
  const std::string reason = ErrorInfoOf(refusal).reason();
  return std::any_of(
      kOfTheChannel.begin(), kOfTheChannel.end(),
      [&](v1::ErrorReason one) { return ReasonName(one) == reason; });
}

// Adds what Instagram does not say of a profile.
void Complete(std::string_view user_id, absl::Time now,
              v1::UserProfile& profile) {
  profile.set_user_id(std::string(user_id));
  const std::int64_t end = kinds::LinkExpiry(profile.profile_picture_url());
  if (end != 0) {
    *profile.mutable_profile_picture_url_expire_time() =
        TimeUtil::MillisecondsToTimestamp(end);
  }
  *profile.mutable_fetch_time() =
      TimeUtil::MillisecondsToTimestamp(absl::ToUnixMillis(now));
}

absl::Status TooManyCalls() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "too many profiles are being asked for at once; try again",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

}  // namespace

void UserProfiles::Get(
    const v1::GetUserProfileRequest& request,
    absl::AnyInvocable<void(absl::StatusOr<v1::GetUserProfileResponse>)> done) {
  const ChannelRegistry::EntryPtr channel =
      registry_.Find(request.channel_id());
  if (channel == nullptr) return done(ChannelNotFound(request.channel_id()));
  const Freshness freshness =
      request.refresh() ? Freshness::kAskAnew : Freshness::kKept;
  if (IsBusy(*channel, request.user_id(), freshness)) {
    return done(TooManyCalls());
  }
  Ask(*channel, request.user_id(), freshness,
      [done = std::move(done)](Answer answer) mutable {
        if (!answer.ok()) return done(answer.status());
        v1::GetUserProfileResponse response;
        *response.mutable_profile() = *std::move(answer);
        done(std::move(response));
      });
}

bool UserProfiles::IsBusy(const ChannelEntry& channel, std::string_view user_id,
                          Freshness freshness) {
  const seal::KeyScope user{.channel_no = channel.no,
                            .user_id = std::string(user_id)};
  MutexLock lock(mutex_);
  return waiting_.size() >= kMostCalls && !waiting_.contains(user) &&
         !Known(channel, user, freshness).has_value();
}

void UserProfiles::Ask(const ChannelEntry& channel, std::string_view user_id,
                       Freshness freshness, Done done) {
  const absl::StatusOr<graph::GraphAccount> account = GraphAccountOf(channel);
  if (!account.ok()) return done(account.status());
  Asked asked{
      .user = {.channel_no = channel.no, .user_id = std::string(user_id)},
      .channel_id = channel.channel.id(),
      .revision = channel.revision};
  std::optional<Answer> known;
  {
    MutexLock lock(mutex_);
    known = Known(channel, asked.user, freshness);
    if (!known.has_value() && Join(asked.user, done)) return;
  }
  if (known.has_value()) return done(*std::move(known));
  graph_.GetUserProfile(*account, user_id,
                        [this, asked = std::move(asked)](Answer answer) {
                          OnAnswer(asked, std::move(answer));
                        });
}

bool UserProfiles::IsResting(const ChannelEntry& channel) {
  MutexLock lock(mutex_);
  return !RefusalOf(channel).ok();
}

void UserProfiles::OnCommit(std::span<const journal::AppliedRecord> records) {
  for (const journal::AppliedRecord& applied : records) {
    for (const state::ForgottenPerson& person :
         applied.effects.forgotten_people) {
      Forget(person);
    }
    for (const state::ChannelRow& channel : applied.effects.channels) {
      if (channel.deleted) Forget({.channel_no = channel.no, .user_id = {}});
    }
  }
}

void UserProfiles::Forget(const state::ForgottenPerson& person) {
  MutexLock lock(mutex_);
  if (!person.user_id.empty()) {
    const seal::KeyScope user{.channel_no = person.channel_no,
                              .user_id = person.user_id};
    kept_.Erase(user);
    if (waiting_.contains(user)) forgotten_.insert(user);
    return;
  }
  kept_.EraseIf([&](const seal::KeyScope& user, const v1::UserProfile&) {
    return user.channel_no == person.channel_no;
  });
  for (const auto& [user, waiting] : waiting_) {
    if (user.channel_no == person.channel_no) forgotten_.insert(user);
  }
}

std::optional<UserProfiles::Answer> UserProfiles::Known(
    const ChannelEntry& channel, const seal::KeyScope& user,
    Freshness freshness) {
  const v1::UserProfile* kept = kept_.Find(user);
  if (kept != nullptr && freshness == Freshness::kKept &&
      !IsOld(*kept, clock_.Now())) {
    return *kept;
  }
  absl::Status refusal = RefusalOf(channel);
  if (!refusal.ok()) return refusal;
  return std::nullopt;
}

absl::Status UserProfiles::RefusalOf(const ChannelEntry& channel) {
  const auto it = rests_.find(channel.no);
  if (it == rests_.end()) return absl::OkStatus();
  const absl::Duration left = it->second.end - clock_.Now();
  // A longer rest than kRest was begun by a clock that was ahead.
  if (it->second.revision != channel.revision || left > kRest ||
      left <= absl::ZeroDuration()) {
    rests_.erase(it);
    return absl::OkStatus();
  }
  absl::Status refusal = it->second.refusal;
  SetRetryDelay(refusal, left);
  return refusal;
}

bool UserProfiles::Join(const seal::KeyScope& user, Done& done) {
  std::vector<Done>& waiting = waiting_[user];
  waiting.push_back(std::move(done));
  return waiting.size() > 1;
}

void UserProfiles::OnAnswer(const Asked& asked, Answer answer) {
  if (!answer.ok()) {
    graph::LogGraphFailure(graph::kGraphUserProfile, asked.channel_id,
                           answer.status());
  }
  const absl::Time now = clock_.Now();
  absl::Status status = answer.status();
  std::vector<Done> waiting;
  {
    MutexLock lock(mutex_);
    if (answer.ok()) {
      Complete(asked.user.user_id, now, *answer);
      ForgetOld(now);
      if (!forgotten_.contains(asked.user)) kept_.Insert(asked.user, *answer);
    } else {
      RestAfter(asked, now, status);
    }
    forgotten_.erase(asked.user);
    if (const auto it = waiting_.find(asked.user); it != waiting_.end()) {
      waiting = std::move(it->second);
      waiting_.erase(it);
    }
  }
  for (Done& done : waiting) {
    if (status.ok()) {
      done(answer);
    } else {
      done(status);
    }
  }
}

// One from the future was fetched by a clock that was ahead.
bool UserProfiles::IsOld(const v1::UserProfile& profile, absl::Time now) {
  const absl::Duration age =
      now - absl::FromUnixMillis(
                TimeUtil::TimestampToMilliseconds(profile.fetch_time()));
  return age < absl::ZeroDuration() || age >= kMaxAge;
}

void UserProfiles::ForgetOld(absl::Time now) {
  const absl::Duration since = now - last_sweep_;
  if (since >= absl::ZeroDuration() && since < absl::Minutes(1)) return;
  last_sweep_ = now;
  kept_.EraseIf([now](const seal::KeyScope&, const v1::UserProfile& profile) {
    return IsOld(profile, now);
  });
}

void UserProfiles::RestAfter(const Asked& asked, absl::Time now,
                             absl::Status& refusal) {
  if (!IsOfTheChannel(refusal)) return;
  absl::erase_if(rests_,
                 [now](const auto& rest) { return rest.second.end <= now; });
  // A call with the token of before may end after one with the new token.
  const auto known = rests_.find(asked.user.channel_no);
  if (known != rests_.end() && known->second.revision > asked.revision) return;
  const absl::Duration rest =
      std::min(RetryDelayOf(refusal).value_or(kRest), kRest);
  SetRetryDelay(refusal, rest);
  rests_.insert_or_assign(
      asked.user.channel_no,
      Rest{.refusal = refusal, .end = now + rest, .revision = asked.revision});
}

}  // namespace linktor::channels
