#include "server/state/applier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/try.h"
#include "server/state/expiry.h"

namespace linktor::state {
namespace {

// Each constant whose name ends with AgeMs says how long rows of one kind are
// kept, in milliseconds.
constexpr std::int64_t kHourMs = 60LL * 60 * 1000;
// Meta may deliver a webhook again for 36 h. Dedupe keys, which recognise items
// that came before, are kept twice as long.
constexpr std::int64_t kDedupeAgeMs = 72 * kHourMs;
// Request ids are kept for 7 days, as the API promises.
constexpr std::int64_t kRequestAgeMs = 7 * 24 * kHourMs;
// An unmatched echo is not known to belong to a send. It is kept for twice the
// time in which its content can show to which send it belongs.
constexpr std::int64_t kEchoAgeMs = 2 * kEchoMatchMs;
// A call is one request by which this server sends a message. Calls are kept
// for twice the period over which the quota counts them.
constexpr std::int64_t kCallAgeMs = 2 * kQuotaPeriodMs;

// Returns the event about the deletion of the channel `row`, serialised. It has
// only the fields that Apply decides.
std::string DescribeDeletion(const journal::DeleteChannel& body,
                             const ChannelRow& row, std::int64_t time_ms) {
  v1::Event described;
  *described.mutable_receive_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(time_ms);
  v1::ChannelChange& change = *described.mutable_channel_deleted();
  change.mutable_channel()->set_id(row.id);
  change.mutable_channel()->set_uid(body.uid());
  change.mutable_channel()->set_instagram_account_id(row.account_id);
  change.mutable_channel()->set_page_id(row.page_id);
  change.set_erase(body.erase());
  return described.SerializeAsString();
}

}  // namespace

absl::Status CheckKnown(const journal::Record& record) {
  if (record.format() != kRecordFormat) {
    return absl::FailedPreconditionError(absl::StrCat(
        "a record has format ", record.format(), "; this program knows format ",
        kRecordFormat, ". Start the program that wrote it, or a newer one"));
  }
  if (record.body_case() == journal::Record::BODY_NOT_SET) {
    return absl::FailedPreconditionError(
        "a record says something that this program does not know. Start the "
        "program that wrote it, or a newer one");
  }
  return absl::OkStatus();
}

Applier::Applier(sqlite::Database& database, RecentRows& recent,
                 const RunSizes& runs)
    : database_(database),
      events_(database, recent.mids, runs.mids),
      deliveries_(database),
      messages_(database),
      held_(database),
      waiting_(database),
      channels_(database),
      api_keys_(database),
      conversations_(database, recent.heads, runs.heads),
      keys_(database),
      instances_(database),
      erasures_(database),
      redrives_(database),
      forgettings_(database),
      log_state_(database) {}

absl::Status Applier::Load() {
  LINKTOR_ASSIGN(state_, LoadLogState(database_));
  LINKTOR_TRY(events_.mids().Load(state_));
  return conversations_.heads().Load(state_);
}

std::shared_ptr<const std::string> Applier::Context::ClearOf(int index) const {
  const auto i = static_cast<std::size_t>(index);
  return i < clear.size() ? clear[i] : nullptr;
}

absl::StatusOr<Effects> Applier::Apply(const journal::Record& record,
                                       const ClearEvents& clear) {
  Effects effects;
  Context context{.record = record, .clear = clear, .effects = effects};
  if (state_.expiry.time_ms == 0) state_.expiry.time_ms = record.time_ms();
  LINKTOR_ASSIGN(effects.answer, ApplyBody(context));
  return effects;
}

absl::StatusOr<std::int64_t> Applier::AppendEvent(
    const journal::NewEvent& event, EventTable::Setting setting,
    Context& context, std::optional<std::int64_t> activity_ms) {
  LINKTOR_ASSIGN(const bool noted_here, HasConversation(event));
  if (noted_here) {
    LINKTOR_ASSIGN(const ConversationHeads::Noted noted,
                   conversations_.heads().Note(
                       event.channel_no(), event.user_id(),
                       {.seq = state_.last_seq + 1,
                        .receive_ms = setting.AgeFrom(),
                        .activity_ms = activity_ms,
                        .message = IsMessage(event.type(), setting.kind,
                                             !setting.mid_key.empty())}));
    setting.before_seq = noted.before_seq;
    setting.advances = noted.advances;
  }
  return events_.Append(event, setting, state_, context.effects.events);
}

// A deleted channel gets no webhooks any more. But its PENDING sends still have
// outcomes, and each outcome can release held echoes (held_echo_table.h).
absl::StatusOr<bool> Applier::HasConversation(const journal::NewEvent& event) {
  if (event.user_id().empty()) return false;
  LINKTOR_ASSIGN(const bool live, channels_.IsLive(event.channel_no()));
  if (live) return true;
  LINKTOR_ASSIGN(const bool erasing,
                 forgettings_.HasChannel(event.channel_no()));
  return !erasing;
}

absl::StatusOr<Answer> Applier::ApplyBody(Context& context) {
  using Body = journal::Record;
  const journal::Record& record = context.record;
  switch (record.body_case()) {
    case Body::kInstanceStarted:
      LINKTOR_TRY(instances_.Start(record.instance(), record.incarnation()));
      return Done{};
    case Body::kAddDataKeys:
      return AddKeys(record.add_data_keys(), context);
    case Body::kWebhook:
      return ApplyWebhook(record.webhook(), context);
    case Body::kClaim:
      return ApplyClaim(record.claim(), context);
    case Body::kSendOutcome:
      return ApplyOutcome(record.send_outcome(), context);
    case Body::kCreateChannel: {
      LINKTOR_ASSIGN(auto answer,
                     channels_.Create(record.create_channel(), state_));
      return TellChannel(std::move(answer), record.create_channel().event(), "",
                         context);
    }
    case Body::kUpdateChannel: {
      LINKTOR_ASSIGN(auto answer, channels_.Update(record.update_channel()));
      return TellChannel(std::move(answer), record.update_channel().event(), "",
                         context);
    }
    case Body::kDeleteChannel:
      return ApplyDeleteChannel(record.delete_channel(), context);
    case Body::kCreateApiKey: {
      LINKTOR_ASSIGN(auto answer, api_keys_.Create(record.create_api_key()));
      return TellApiKey(std::move(answer), context);
    }
    case Body::kUpdateApiKey: {
      LINKTOR_ASSIGN(auto answer, api_keys_.Update(record.update_api_key()));
      return TellApiKey(std::move(answer), context);
    }
    case Body::kDeleteApiKey: {
      LINKTOR_ASSIGN(auto answer, api_keys_.Delete(record.delete_api_key()));
      return TellApiKey(std::move(answer), context);
    }
    case Body::kUseApiKeys:
      LINKTOR_TRY(api_keys_.RecordUse(record.use_api_keys()));
      return Done{};
    case Body::kSetOptOut:
      return ApplyOptOut(record.set_opt_out(), context);
    case Body::kSetUsername:
      return ApplyUsername(record.set_username(), context);
    case Body::kTrim:
      return ApplyTrim(record.trim(), context);
    case Body::kErase:
      return ApplyErase(record.erase(), context);
    case Body::kErased:
      LINKTOR_TRY(
          instances_.Erased(record.instance(), record.erased().through_no()));
      return Done{};
    case Body::kReleaseWaiting:
      return ApplyRelease(record.release_waiting(), context);
    case Body::kEraseUser:
      return ApplyEraseUser(record.erase_user(), context);
    case Body::kEraseOn:
      return ApplyEraseOn(context);
    case Body::kRedrive:
      return ApplyRedrive(record.redrive(), context);
    case Body::BODY_NOT_SET:
      break;
  }
  return CheckKnown(record);
}

absl::Status Applier::Restore(const Position& position) {
  state_ = position.state;
  channels_.ForgetCached();
  deliveries_.ForgetCached();
  keys_.ForgetCached();
  conversations_.heads().Restore(position.heads);
  return events_.mids().Restore(position.mids, state_);
}

absl::Status Applier::Finish() {
  LINKTOR_TRY(events_.mids().Settle(state_));
  LINKTOR_TRY(conversations_.heads().Settle(state_));
  return log_state_.Save(state_);
}

void Applier::OnCommitted() {
  events_.mids().OnCommitted(state_);
  conversations_.heads().OnCommitted(state_);
}

// A channel that was deleted earlier can still be erased. Then the answer is
// kErasing.
absl::StatusOr<Answer> Applier::ApplyDeleteChannel(
    const journal::DeleteChannel& body, Context& context) {
  using Kind = ChannelAnswer::Kind;
  LINKTOR_ASSIGN(ChannelAnswer answer,
                 channels_.Delete(body, context.time_ms(), state_));
  const bool erase = body.erase() && (answer.kind == Kind::kApplied ||
                                      answer.kind == Kind::kNotFound);
  if (erase) {
    LINKTOR_ASSIGN(const bool known,
                   BeginForgettingChannel(body.channel_id(), context));
    if (known && answer.kind == Kind::kNotFound) {
      return ChannelAnswer{.kind = Kind::kErasing};
    }
  }
  std::string decided = DescribeDeletion(body, answer.row, context.time_ms());
  return TellChannel(std::move(answer), body.event(), std::move(decided),
                     context);
}

absl::StatusOr<Answer> Applier::TellChannel(ChannelAnswer answer,
                                            const journal::NewEvent& event,
                                            std::string decided,
                                            Context& context) {
  if (answer.kind != ChannelAnswer::Kind::kApplied) return answer;
  context.effects.channels.push_back(answer.row);
  if (event.id().empty()) return answer;
  LINKTOR_TRY(AppendEvent(event,
                          {.time_ms = context.time_ms(),
                           .decided = std::move(decided),
                           .clear = context.ClearOf(0)},
                          context)
                  .status());
  return answer;
}

Answer Applier::TellApiKey(ApiKeyAnswer answer, Context& context) {
  if (answer.kind == ApiKeyAnswer::Kind::kApplied) {
    context.effects.api_keys.push_back(answer.row);
  }
  return answer;
}

absl::StatusOr<Answer> Applier::AddKeys(const journal::AddDataKeys& body,
                                        Context& context) {
  for (const journal::DataKey& key : body.keys()) {
    LINKTOR_ASSIGN(const bool erased, channels_.IsErased(key.channel_no()));
    if (erased) continue;
    LINKTOR_ASSIGN(const bool added, keys_.Add(key));
    if (added) context.effects.data_keys.push_back(key);
  }
  return Done{};
}

absl::StatusOr<Answer> Applier::ApplyOptOut(const journal::SetOptOut& body,
                                            Context& context) {
  ConversationAnswer answer;
  LINKTOR_ASSIGN(answer.live, channels_.IsLive(body.channel_no()));
  if (!answer.live) return answer;
  LINKTOR_ASSIGN(answer.row,
                 conversations_.Find(body.channel_no(), body.user_id()));
  // When the customer has opted out already, the time of the first opt-out
  // stays.
  if (body.opted_out() == answer.row.opt_out_ms.has_value()) return answer;
  answer.row.opt_out_ms.reset();
  if (body.opted_out()) answer.row.opt_out_ms = context.time_ms();
  LINKTOR_TRY(conversations_.SetOptOut(body.channel_no(), body.user_id(),
                                       answer.row.opt_out_ms));
  return answer;
}

absl::StatusOr<Answer> Applier::ApplyUsername(const journal::SetUsername& body,
                                              Context& context) {
  ConversationAnswer answer;
  LINKTOR_ASSIGN(answer.live, channels_.IsLive(body.channel_no()));
  if (!answer.live) return answer;
  LINKTOR_ASSIGN(answer.row,
                 conversations_.Find(body.channel_no(), body.user_id()));
  if (body.only_known() && answer.row.last_seq == 0 &&
      !answer.row.opt_out_ms.has_value() &&
      answer.row.sealed_username.empty()) {
    answer.live = false;
    return answer;
  }
  answer.row.sealed_username = body.sealed_username();
  LINKTOR_TRY(conversations_.SetUsername(body.channel_no(), body.user_id(),
                                         body.sealed_username()));
  context.effects.names.push_back(answer.row);
  return answer;
}

// It first moves the expiry time. Then it deletes rows that are too old by the
// new expiry time, at most kTrimRows of each kind. `more` of the answer is true
// when kTrimRows rows of one kind were deleted.
absl::StatusOr<Answer> Applier::ApplyTrim(const journal::Trim& body,
                                          Context& context) {
  state_.expiry = MoveExpiry(state_.expiry, {.clock_ms = context.time_ms(),
                                             .from_ms = body.measured_from_ms(),
                                             .elapsed_ms = body.elapsed_ms()});
  const auto before = [this](std::int64_t age_ms) {
    return state_.expiry.time_ms - age_ms;
  };
  TrimAnswer answer{.expiry_ms = state_.expiry.time_ms};
  const auto count = [&answer](std::int64_t rows) {
    answer.deleted += rows;
    answer.more = answer.more || rows >= kTrimRows;
  };
  // A received item is deleted before its event, because an erasure finds the
  // item by the event.
  const std::int64_t item_age_ms =
      std::min(body.raw_age_ms(), body.event_age_ms());
  LINKTOR_ASSIGN(
      const std::int64_t raw,
      deliveries_.TrimItems(before(item_age_ms), body.raw_max_bytes(),
                            kTrimRows, state_));
  count(raw);
  LINKTOR_ASSIGN(const std::int64_t events,
                 events_.Trim(before(body.event_age_ms()), kTrimRows, state_));
  count(events);
  // After a restart, Load makes the heads that are not in the table from the
  // events. It cannot use deleted events. So the heads that these events have
  // made are written to the table now.
  if (state_.oldest_seq - 1 > state_.heads_through) {
    LINKTOR_TRY(
        conversations_.heads().WriteThrough(state_.oldest_seq - 1, state_));
  }
  if (events > 0) LINKTOR_TRY(redrives_.Trim(state_.oldest_seq));
  LINKTOR_ASSIGN(
      const std::int64_t deliveries,
      deliveries_.TrimDeliveries(before(body.raw_age_ms()), kTrimRows));
  count(deliveries);
  LINKTOR_ASSIGN(const std::int64_t keys,
                 events_.TrimDedupe(before(kDedupeAgeMs), kTrimRows));
  count(keys);
  LINKTOR_ASSIGN(const std::int64_t requests,
                 messages_.TrimRequests(before(kRequestAgeMs), kTrimRows));
  count(requests);
  // A send is deleted after its events, because an erasure finds these events
  // by the send.
  if (body.message_age_ms() > 0) {
    const std::int64_t age_ms =
        std::max({body.message_age_ms(), body.event_age_ms(), kRequestAgeMs});
    LINKTOR_ASSIGN(const std::int64_t sends,
                   messages_.TrimEnded(before(age_ms), kTrimRows, state_));
    count(sends);
  }
  LINKTOR_ASSIGN(const std::int64_t echoes,
                 messages_.TrimUnmatched(before(kEchoAgeMs), kTrimRows));
  count(echoes);
  LINKTOR_ASSIGN(const std::int64_t calls,
                 conversations_.TrimCalls(before(kCallAgeMs), kTrimRows));
  count(calls);
  return answer;
}

}  // namespace linktor::state
