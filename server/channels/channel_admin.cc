#include "server/channels/channel_admin.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/field_mask_util.h"
#include "google/protobuf/util/time_util.h"
#include "server/base/status.h"
#include "server/base/try.h"
#include "server/channels/channel_event.h"
#include "server/kinds/table.h"

namespace linktor::channels {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kDefaultApiVersion[] = "v25.0";
// A change that meets another change of its channel this many times in a row is
// given up with OVERLOADED.
constexpr int kMaxConflicts = 20;

// Returns 47 random bits. Unlike a counter, the number is known before the
// record is applied, and the body is sealed for it.
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

// Adds the ice breaker unless it is there already, or there is no room.
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

// Returns a text that no other revision of any channel has.
std::string NewEtag() {
  std::array<char, 8> bits{};
  FillRandom(bits.data(), bits.size());
  return Hex({bits.data(), bits.size()});
}

// Returns the channel that the request asks for, without the fields that
// describe its credentials.
v1::Channel NewChannel(const v1::Channel& asked, std::int64_t now_ms) {
  v1::Channel channel;
  channel.set_id(asked.id());
  if (channel.id().empty()) {
    channel.set_id(FormatId(kChannelPrefix, NewRawId()));
  }
  channel.set_name(asked.name());
  channel.set_instagram_account_id(asked.instagram_account_id());
  channel.set_page_id(asked.page_id());
  channel.set_login_type(asked.login_type());
  channel.set_api_version(asked.api_version());
  channel.set_on_no_history(asked.on_no_history());
  FillDefaults(channel);
  channel.set_state(v1::CHANNEL_STATE_ACTIVE);
  channel.set_webhook_path(absl::StrCat("/webhooks/instagram/", channel.id()));
  *channel.mutable_create_time() = TimeUtil::MillisecondsToTimestamp(now_ms);
  *channel.mutable_update_time() = channel.create_time();
  channel.set_uid(FormatId(kChannelUidPrefix, NewRawId()));
  channel.set_etag(NewEtag());
  return channel;
}

absl::Status IdTaken(const std::string& channel_id) {
  return MakeError(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat("the channel id '", channel_id,
                   "' is in use, or was within the last 72 hours; choose "
                   "another"),
      {.reason = v1::ERROR_REASON_CHANNEL_ALREADY_EXISTS,
       .metadata = {{"channel_id", channel_id}}});
}

absl::Status AccountTaken(const std::string& owner) {
  return MakeError(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat("the Instagram account or page belongs to channel '", owner,
                   "'; use it, or delete it first"),
      {.reason = v1::ERROR_REASON_ACCOUNT_ALREADY_CONNECTED,
       .metadata = {{"channel_id", owner}}});
}

absl::Status RequestIdReused(const std::string& request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument,
                   "the request id was used for another channel; use a new one",
                   {.reason = v1::ERROR_REASON_REQUEST_ID_REUSED,
                    .metadata = {{"request_id", request_id}}});
}

// Fails with CHANNEL_CHANGED when the caller gives an etag, and the channel's
// is another.
absl::Status CheckEtag(const std::string& etag, const v1::Channel& channel) {
  if (etag.empty() || etag == channel.etag()) return absl::OkStatus();
  return MakeError(
      absl::StatusCode::kAborted,
      absl::StrCat("the channel '", channel.id(),
                   "' has changed since this etag was read; read it again"),
      {.reason = v1::ERROR_REASON_CHANNEL_CHANGED,
       .metadata = {{"channel_id", channel.id()}, {"etag", channel.etag()}}});
}

absl::Status AlwaysChanged() {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      "the channel is being changed by others all the time; try again",
      {.reason = v1::ERROR_REASON_OVERLOADED, .retry_after = absl::Seconds(1)});
}

// Puts a refusal into words for a caller that asked about the channel of that
// id, by a request of that id; OK when the answer is no refusal.
absl::Status RefusalOf(const state::ChannelAnswer& answer,
                       const std::string& channel_id,
                       const std::string& request_id = "") {
  switch (answer.kind) {
    case state::ChannelAnswer::Kind::kApplied:
    case state::ChannelAnswer::Kind::kReplayed:
    case state::ChannelAnswer::Kind::kErasing:
      return absl::OkStatus();
    case state::ChannelAnswer::Kind::kReused:
      return RequestIdReused(request_id);
    case state::ChannelAnswer::Kind::kNotFound:
      return ChannelNotFound(channel_id);
    case state::ChannelAnswer::Kind::kChanged:
      return AlwaysChanged();
    case state::ChannelAnswer::Kind::kIdTaken:
      return IdTaken(channel_id);
    case state::ChannelAnswer::Kind::kAccountTaken:
      return AccountTaken(answer.owner);
  }
  return absl::InternalError("the state gave no known answer");
}

}  // namespace

std::int64_t ChannelAdmin::NowMs() const {
  return absl::ToUnixMillis(clock_.Now());
}

absl::StatusOr<v1::Channel> ChannelAdmin::Create(
    const v1::CreateChannelRequest& request) {
  const std::int64_t now_ms = NowMs();
  journal::Record record = journal::NewRecord(now_ms);
  journal::CreateChannel& create = *record.mutable_create_channel();
  create.set_channel_no(NewChannelNo());
  create.set_request_id(request.request_id());
  v1::CreateChannelRequest fingerprinted = request;
  fingerprinted.clear_request_id();
  create.set_request_fingerprint(
      sealer_.RequestFingerprint(fingerprinted.SerializeAsString()));

  ChannelContent content{.channel = NewChannel(request.channel(), now_ms),
                         .credentials = request.credentials()};
  DescribeCredentials(content.credentials, now_ms, content.channel);
  seal::NewKeys new_keys;
  LINKTOR_ASSIGN(*create.mutable_body(),
                 SealChannel(sealer_, create.channel_no(), content, new_keys));
  LINKTOR_ASSIGN(
      auto clear,
      MakeChannelEvent(sealer_, kinds::kChannelCreated, create.channel_no(),
                       /*revision=*/1, content.channel, now_ms, new_keys,
                       *create.mutable_event()));
  LINKTOR_ASSIGN(const auto answer,
                 journal::AppendSealedAs<state::ChannelAnswer>(
                     journal_, std::move(new_keys),
                     journal::Appended{.record = std::move(record),
                                       .clear = {std::move(clear)}}));
  LINKTOR_TRY(RefusalOf(answer, content.channel.id(), request.request_id()));
  if (answer.kind == state::ChannelAnswer::Kind::kReplayed) {
    LINKTOR_ASSIGN(content, OpenChannel(sealer_, answer.row));
  }
  return content.channel;
}

absl::StatusOr<v1::Channel> ChannelAdmin::Update(
    const v1::UpdateChannelRequest& request) {
  const v1::Channel& asked = request.channel();
  return Modify(asked.id(), asked.etag(), [&](ChannelContent& draft) {
    google::protobuf::util::FieldMaskUtil::MergeOptions options;
    options.set_replace_message_fields(true);
    google::protobuf::util::FieldMaskUtil::MergeMessageTo(
        asked, request.update_mask(), options, &draft.channel);
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
  return Modify(
      request.channel_id(), request.etag(), [&](ChannelContent& draft) {
        v1::ChannelCredentials& credentials = draft.credentials;
        if (request.has_access_token()) {
          credentials.set_access_token(request.access_token());
        }
        if (request.has_verify_token()) {
          credentials.set_verify_token(request.verify_token());
        }
        auto& secrets = *credentials.mutable_app_secrets();
        if (request.has_remove_app_secret()) {
          const auto it = std::find_if(
              secrets.begin(), secrets.end(), [&](const auto& secret) {
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
            std::find(secrets.begin(), secrets.end(),
                      request.add_app_secret()) == secrets.end()) {
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
                                                 const std::string& etag,
                                                 Change change) {
  return Replace(channel_id, [&](ChannelContent& draft) -> absl::Status {
    LINKTOR_TRY(CheckEtag(etag, draft.channel));
    LINKTOR_TRY(change(draft));
    const std::int64_t now_ms = NowMs();
    DescribeCredentials(draft.credentials, now_ms, draft.channel);
    *draft.channel.mutable_update_time() =
        TimeUtil::MillisecondsToTimestamp(now_ms);
    draft.channel.set_etag(NewEtag());
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Channel> ChannelAdmin::Replace(const std::string& channel_id,
                                                  Change change) {
  for (int i = 0; i < kMaxConflicts; ++i) {
    const ChannelRegistry::EntryPtr entry = registry_.Find(channel_id);
    if (entry == nullptr) return ChannelNotFound(channel_id);
    ChannelContent content{.channel = entry->channel,
                           .ice_breakers = entry->ice_breakers};
    LINKTOR_ASSIGN(content.credentials,
                   OpenCredentials(sealer_, {.no = entry->no,
                                             .id = channel_id,
                                             .sealed_credentials =
                                                 entry->sealed_credentials}));
    LINKTOR_TRY(change(content));
    LINKTOR_ASSIGN(
        const state::ChannelAnswer answer,
        AppendUpdate(*entry, content,
                     content.channel.etag() != entry->channel.etag()));
    // Another change came first, and the registry knows it by now.
    if (answer.kind == state::ChannelAnswer::Kind::kChanged) continue;
    LINKTOR_TRY(RefusalOf(answer, channel_id));
    return std::move(content.channel);
  }
  return AlwaysChanged();
}

absl::StatusOr<state::ChannelAnswer> ChannelAdmin::AppendUpdate(
    const ChannelEntry& entry, const ChannelContent& content, bool tell) {
  const std::int64_t now_ms = NowMs();
  journal::Record record = journal::NewRecord(now_ms);
  journal::UpdateChannel& update = *record.mutable_update_channel();
  update.set_channel_no(entry.no);
  update.set_expected_revision(entry.revision);
  seal::NewKeys new_keys;
  LINKTOR_ASSIGN(*update.mutable_body(),
                 SealChannel(sealer_, entry.no, content, new_keys));
  state::ClearEvents clear;
  if (tell) {
    LINKTOR_ASSIGN(clear.emplace_back(),
                   MakeChannelEvent(sealer_, kinds::kChannelUpdated, entry.no,
                                    entry.revision + 1, content.channel, now_ms,
                                    new_keys, *update.mutable_event()));
  }
  return journal::AppendSealedAs<state::ChannelAnswer>(
      journal_, std::move(new_keys),
      journal::Appended{.record = std::move(record),
                        .clear = std::move(clear)});
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
  return Replace(channel_id,
                 [&](ChannelContent& draft) {
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
  const std::string& id = request.channel_id();
  for (int i = 0; i < kMaxConflicts; ++i) {
    journal::Record record = journal::NewRecord(NowMs());
    journal::DeleteChannel& body = *record.mutable_delete_channel();
    body.set_channel_id(id);
    body.set_erase(request.erase());
    const ChannelRegistry::EntryPtr entry = registry_.Find(id);
    if (entry != nullptr) {
      LINKTOR_TRY(CheckEtag(request.etag(), entry->channel));
      // The event is that of this revision.
      body.set_expected_revision(entry->revision);
      body.set_uid(entry->channel.uid());
      MakeDeletedEvent(entry->no, entry->revision + 1, id,
                       *body.mutable_event());
    } else if (!request.etag().empty() || !request.erase()) {
      return ChannelNotFound(id);
    }
    LINKTOR_ASSIGN(const auto answer, journal::AppendAs<state::ChannelAnswer>(
                                          journal_, std::move(record)));
    if (answer.kind != state::ChannelAnswer::Kind::kChanged) {
      return RefusalOf(answer, id);
    }
  }
  return AlwaysChanged();
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

}  // namespace linktor::channels
