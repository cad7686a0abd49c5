#include "server/channels/channel_admin.h"

#include <algorithm>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kDefaultApiVersion[] = "v25.0";
// A change that loses this many races in a row is given up.
constexpr int kMaxConflicts = 20;

// 47 random bits: unlike a counter, known before the record is applied.
std::int64_t NewChannelNo() {
  std::uint64_t bits = 0;
  FillRandom(&bits, sizeof(bits));
  return static_cast<std::int64_t>(bits >> 17) + 1;
}

void FillDefaults(v1::Channel& channel) {
  if (channel.login_type() == v1::LOGIN_TYPE_UNSPECIFIED) {
    channel.set_login_type(v1::LOGIN_TYPE_FACEBOOK_LOGIN);
  }
  if (channel.api_version().empty()) {
    channel.set_api_version(kDefaultApiVersion);
  }
  if (channel.on_no_history() == v1::NO_HISTORY_POLICY_UNSPECIFIED) {
    channel.set_on_no_history(v1::NO_HISTORY_POLICY_ALLOW);
  }
}

// Unless it is there already, or there is no room.
void AddIceBreaker(const v1::IceBreaker& one,
                   google::protobuf::RepeatedPtrField<v1::IceBreaker>& list) {
  const bool known =
      std::any_of(list.begin(), list.end(), [&](const v1::IceBreaker& other) {
        return other.question() == one.question() &&
               other.payload() == one.payload();
      });
  if (!known && list.size() < kMaxKnownIceBreakers) *list.Add() = one;
}

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(ToAbsl(bytes));
}

}  // namespace

std::int64_t ChannelAdmin::NowMs() const {
  return absl::ToUnixMillis(clock_.Now());
}

absl::StatusOr<v1::Channel> ChannelAdmin::Create(
    const v1::CreateChannelRequest& request) {
  CreateChannelRecord record;
  record.time_ms = NowMs();
  record.channel_no = NewChannelNo();
  record.request_id = request.request_id();
  v1::CreateChannelRequest fingerprinted = request;
  fingerprinted.clear_request_id();
  record.request_fingerprint =
      sealer_.RequestFingerprint(fingerprinted.SerializeAsString());

  v1::Channel& channel = record.channel;
  channel.set_id(request.channel().id());
  if (channel.id().empty()) {
    channel.set_id(FormatId(kChannelPrefix, NewRawId()));
  }
  channel.set_name(request.channel().name());
  channel.set_instagram_account_id(request.channel().instagram_account_id());
  channel.set_page_id(request.channel().page_id());
  channel.set_login_type(request.channel().login_type());
  channel.set_api_version(request.channel().api_version());
  channel.set_on_no_history(request.channel().on_no_history());
  FillDefaults(channel);
  channel.set_state(v1::CHANNEL_STATE_ACTIVE);
  channel.set_webhook_path(absl::StrCat("/webhooks/instagram/", channel.id()));
  *channel.mutable_create_time() =
      TimeUtil::MillisecondsToTimestamp(record.time_ms);
  *channel.mutable_update_time() = channel.create_time();
  DescribeCredentials(request.credentials(), record.time_ms, channel);
  LINKTOR_ASSIGN(record.sealed_credentials,
                 SealCredentials(record.channel_no, request.credentials(),
                                 record.new_keys));
  LINKTOR_ASSIGN(const auto outcome,
                 AppendAs<ChannelOutcome>(journal_, std::move(record)));
  LINKTOR_TRY(outcome.refusal);
  if (!outcome.replayed) LINKTOR_TRY(registry_.Put(outcome.row));
  return outcome.row.channel;
}

absl::StatusOr<v1::Channel> ChannelAdmin::Update(
    const v1::UpdateChannelRequest& request) {
  return Modify(request.channel().id(), [&](Draft& draft) {
    google::protobuf::util::FieldMaskUtil::MergeOptions options;
    options.set_replace_message_fields(true);
    google::protobuf::util::FieldMaskUtil::MergeMessageTo(
        request.channel(), request.update_mask(), options, &draft.channel);
    FillDefaults(draft.channel);
    if (draft.channel.login_type() == v1::LOGIN_TYPE_FACEBOOK_LOGIN &&
        draft.channel.page_id().empty()) {
      return InvalidFields(
          v1::ERROR_REASON_INVALID_REQUEST,
          {{"channel.page_id", "is required with Facebook Login"}});
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Channel> ChannelAdmin::SetCredentials(
    const v1::SetChannelCredentialsRequest& request) {
  return Modify(request.channel_id(), [&](Draft& draft) {
    v1::ChannelCredentials& credentials = draft.credentials;
    if (request.has_access_token()) {
      credentials.set_access_token(request.access_token());
    }
    if (request.has_verify_token()) {
      credentials.set_verify_token(request.verify_token());
    }
    auto& secrets = *credentials.mutable_app_secrets();
    if (request.has_remove_app_secret()) {
      const auto it =
          std::find_if(secrets.begin(), secrets.end(), [&](const auto& secret) {
            return Hex(sealer_.Fingerprint(secret)) ==
                   request.remove_app_secret();
          });
      if (it == secrets.end()) {
        return InvalidFields(
            v1::ERROR_REASON_INVALID_REQUEST,
            {{"remove_app_secret",
              "the channel has no app secret with this fingerprint; "
              "GetChannel shows those it has"}});
      }
      secrets.erase(it);
    }
    if (request.has_add_app_secret() &&
        std::find(secrets.begin(), secrets.end(), request.add_app_secret()) ==
            secrets.end()) {
      if (secrets.size() >= kMaxAppSecrets) {
        return InvalidFields(
            v1::ERROR_REASON_INVALID_REQUEST,
            {{"add_app_secret",
              absl::StrCat("the channel has ", kMaxAppSecrets,
                           " app secrets already; remove one")}});
      }
      *secrets.Add() = request.add_app_secret();
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Channel> ChannelAdmin::Modify(const std::string& channel_id,
                                                 Change change) {
  for (int i = 0; i < kMaxConflicts; ++i) {
    const ChannelRegistry::EntryPtr entry = registry_.Find(channel_id);
    if (entry == nullptr) return ChannelNotFound(channel_id);
    Draft draft{entry->channel, entry->credentials, entry->ice_breakers};
    LINKTOR_TRY(change(draft));
    LINKTOR_ASSIGN(UpdateChannelRecord record,
                   MakeUpdate(*entry, std::move(draft)));
    LINKTOR_ASSIGN(const auto outcome,
                   AppendAs<ChannelOutcome>(journal_, std::move(record)));
    // Another change came first; its caller may not have told the registry
    // yet.
    if (absl::IsAborted(outcome.refusal)) continue;
    LINKTOR_TRY(outcome.refusal);
    LINKTOR_TRY(registry_.Put(outcome.row));
    return outcome.row.channel;
  }
  return MakeError(
      absl::StatusCode::kAborted,
      "the channel is being changed by others all the time; try "
      "again",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

absl::StatusOr<UpdateChannelRecord> ChannelAdmin::MakeUpdate(
    const ChannelEntry& entry, Draft draft) {
  UpdateChannelRecord record;
  record.time_ms = NowMs();
  record.channel_no = entry.no;
  record.expected_revision = entry.revision;
  DescribeCredentials(draft.credentials, record.time_ms, draft.channel);
  *draft.channel.mutable_update_time() =
      TimeUtil::MillisecondsToTimestamp(record.time_ms);
  record.channel = std::move(draft.channel);
  LINKTOR_ASSIGN(record.sealed_credentials,
                 SealCredentials(entry.no, draft.credentials, record.new_keys));
  v1::GetIceBreakersResponse ice_breakers;
  *ice_breakers.mutable_ice_breakers() = std::move(draft.ice_breakers);
  record.ice_breakers = ice_breakers.SerializeAsString();
  return record;
}

absl::Status ChannelAdmin::RememberIceBreakers(
    const std::string& channel_id, const IceBreakerList& ice_breakers,
    const google::protobuf::RepeatedPtrField<v1::LocalizedIceBreakers>&
        localizations) {
  const ChannelRegistry::EntryPtr entry = registry_.Find(channel_id);
  if (entry == nullptr) return ChannelNotFound(channel_id);
  IceBreakerList wanted;
  const auto add = [&wanted](const IceBreakerList& more) {
    for (const v1::IceBreaker& one : more) AddIceBreaker(one, wanted);
  };
  add(ice_breakers);
  for (const v1::LocalizedIceBreakers& one : localizations) {
    add(one.ice_breakers());
  }
  if (std::all_of(wanted.begin(), wanted.end(), [&](const v1::IceBreaker& one) {
        return entry->IsIceBreaker(one.question(), one.payload());
      })) {
    return absl::OkStatus();
  }
  return Modify(channel_id,
                [&](Draft& draft) {
                  IceBreakerList all = wanted;
                  for (const v1::IceBreaker& one : draft.ice_breakers) {
                    AddIceBreaker(one, all);
                  }
                  draft.ice_breakers = std::move(all);
                  return absl::OkStatus();
                })
      .status();
}

absl::Status ChannelAdmin::Delete(const v1::DeleteChannelRequest& request) {
  LINKTOR_ASSIGN(
      const auto outcome,
      AppendAs<ChannelOutcome>(
          journal_, DeleteChannelRecord{.time_ms = NowMs(),
                                        .channel_id = request.channel_id()}));
  LINKTOR_TRY(outcome.refusal);
  return registry_.Put(outcome.row);
}

absl::StatusOr<std::string> ChannelAdmin::SealCredentials(
    std::int64_t channel_no, const v1::ChannelCredentials& credentials,
    std::vector<NewKey>& new_keys) {
  return sealer_.Seal({.channel_no = channel_no, .user_id = ""},
                      SealedPlace::kCredentials, std::to_string(channel_no),
                      credentials.SerializeAsString(), new_keys);
}

void ChannelAdmin::DescribeCredentials(
    const v1::ChannelCredentials& credentials, std::int64_t now_ms,
    v1::Channel& channel) const {
  channel.set_access_token_fingerprint(
      credentials.access_token().empty()
          ? ""
          : Hex(sealer_.Fingerprint(credentials.access_token())));
  channel.set_verify_token_set(!credentials.verify_token().empty());
  const auto known = channel.app_secrets();
  channel.clear_app_secrets();
  for (const std::string& secret : credentials.app_secrets()) {
    v1::AppSecret* described = channel.add_app_secrets();
    described->set_fingerprint(Hex(sealer_.Fingerprint(secret)));
    const auto it =
        std::find_if(known.begin(), known.end(), [&](const auto& other) {
          return other.fingerprint() == described->fingerprint();
        });
    *described->mutable_create_time() =
        it != known.end() ? it->create_time()
                          : TimeUtil::MillisecondsToTimestamp(now_ms);
  }
}

}  // namespace linktor
