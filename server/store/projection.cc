#include "server/store/projection.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/status.h"
#include "server/base/try.h"

namespace linktor {

Projection::Projection(Database& database, std::size_t mid_run)
    : database_(database),
      events_(database, mid_run),
      deliveries_(database),
      messages_(database),
      channels_(database),
      api_keys_(database),
      conversations_(database),
      save_state_(database,
                  "UPDATE log_state SET last_seq = ?1, oldest_seq = ?2, "
                  "log_ms = ?3, last_raw_no = ?4, raw_bytes = ?5") {}

absl::Status Projection::Load() {
  Statement load(database_,
                 "SELECT last_seq, oldest_seq, log_ms, last_raw_no, raw_bytes "
                 "FROM log_state");
  LINKTOR_ASSIGN(const bool row, load.Step());
  if (!row) return absl::DataLossError("the log has no state");
  state_ = {.last_seq = load.Int(0),
            .oldest_seq = load.Int(1),
            .log_ms = load.Int(2),
            .last_raw_no = load.Int(3),
            .raw_bytes = load.Int(4)};
  return events_.mids().Load();
}

absl::StatusOr<Outcome> Projection::Apply(const Record& record) {
  return std::visit(
      [this](const auto& one) -> absl::StatusOr<Outcome> {
        AdvanceLogTime(one.time_ms);
        if constexpr (requires { one.new_keys; }) {
          LINKTOR_TRY(AddKeys(one.new_keys));
        }
        return ApplyOne(one);
      },
      record);
}

absl::Status Projection::Restore(const Position& position) {
  state_ = position.state;
  committed_.resize(position.committed);
  channels_.ForgetCached();
  deliveries_.ForgetCached();
  if (events_.mids().version() == position.mids) return absl::OkStatus();
  return events_.mids().Load();
}

absl::Status Projection::Finish() {
  LINKTOR_TRY(events_.mids().Settle());
  return save_state_.Bind(1, state_.last_seq)
      .Bind(2, state_.oldest_seq)
      .Bind(3, state_.log_ms)
      .Bind(4, state_.last_raw_no)
      .Bind(5, state_.raw_bytes)
      .Run();
}

std::vector<CommittedEvent> Projection::TakeCommitted() {
  return std::exchange(committed_, {});
}

void Projection::AdvanceLogTime(std::int64_t time_ms) {
  state_.log_ms = std::max(state_.log_ms, time_ms);
}

absl::Status Projection::AddKeys(const std::vector<NewKey>& keys) {
  for (const NewKey& key : keys) LINKTOR_TRY(channels_.AddKey(key));
  return absl::OkStatus();
}

absl::StatusOr<Outcome> Projection::ApplyOne(
    const CreateChannelRecord& record) {
  return channels_.Create(record);
}

absl::StatusOr<Outcome> Projection::ApplyOne(
    const UpdateChannelRecord& record) {
  return channels_.Update(record);
}

absl::StatusOr<Outcome> Projection::ApplyOne(
    const DeleteChannelRecord& record) {
  return channels_.Delete(record, state_.last_seq);
}

absl::StatusOr<Outcome> Projection::ApplyOne(const CreateApiKeyRecord& record) {
  return api_keys_.Create(record);
}

absl::StatusOr<Outcome> Projection::ApplyOne(const UpdateApiKeyRecord& record) {
  return api_keys_.Update(record);
}

absl::StatusOr<Outcome> Projection::ApplyOne(const DeleteApiKeyRecord& record) {
  return api_keys_.Delete(record);
}

absl::StatusOr<Outcome> Projection::ApplyOne(const UseApiKeysRecord& record) {
  LINKTOR_TRY(api_keys_.RecordUse(record));
  return ApiKeyOutcome{.kind = ApiKeyOutcome::Kind::kApplied};
}

absl::StatusOr<Outcome> Projection::ApplyOne(const OptOutRecord& record) {
  ConversationOutcome outcome;
  LINKTOR_ASSIGN(outcome.live, channels_.IsLive(record.channel_no));
  if (!outcome.live) return outcome;
  LINKTOR_ASSIGN(outcome.row,
                 conversations_.Find(record.channel_no, record.user_id));
  // Repeated, it stays the first time.
  if (record.opted_out == outcome.row.opt_out_ms.has_value()) return outcome;
  outcome.row.opt_out_ms.reset();
  if (record.opted_out) outcome.row.opt_out_ms = record.time_ms;
  LINKTOR_TRY(conversations_.SetOptOut(record.channel_no, record.user_id,
                                       outcome.row.opt_out_ms));
  return outcome;
}

absl::StatusOr<Outcome> Projection::ApplyOne(const UsernameRecord& record) {
  ConversationOutcome outcome;
  LINKTOR_ASSIGN(outcome.live, channels_.IsLive(record.channel_no));
  if (!outcome.live) return outcome;
  LINKTOR_ASSIGN(outcome.row,
                 conversations_.Find(record.channel_no, record.user_id));
  outcome.row.sealed_username = record.sealed_username;
  LINKTOR_TRY(conversations_.SetUsername(record.channel_no, record.user_id,
                                         record.sealed_username));
  return outcome;
}

absl::StatusOr<Outcome> Projection::ApplyOne(const TrimRecord& record) {
  TrimOutcome outcome;
  const auto count = [&outcome](std::int64_t rows) {
    outcome.deleted += rows;
    outcome.more = outcome.more || rows >= kTrimRows;
  };
  LINKTOR_ASSIGN(const std::int64_t events,
                 events_.Trim(record.events_before_ms, kTrimRows, state_));
  count(events);
  LINKTOR_ASSIGN(
      const std::int64_t raw,
      deliveries_.TrimItems(record.raw_before_ms, record.raw_max_bytes,
                            kTrimRows, state_));
  count(raw);
  LINKTOR_ASSIGN(const std::int64_t deliveries,
                 deliveries_.TrimDeliveries(record.raw_before_ms, kTrimRows));
  count(deliveries);
  LINKTOR_ASSIGN(const std::int64_t keys,
                 events_.TrimDedupe(record.dedupe_before_ms, kTrimRows));
  count(keys);
  LINKTOR_ASSIGN(const std::int64_t requests,
                 messages_.TrimRequests(record.requests_before_ms, kTrimRows));
  count(requests);
  LINKTOR_ASSIGN(const std::int64_t echoes,
                 messages_.TrimUnmatched(record.echoes_before_ms, kTrimRows));
  count(echoes);
  LINKTOR_ASSIGN(const std::int64_t calls,
                 conversations_.TrimCalls(record.calls_before_ms, kTrimRows));
  count(calls);
  return outcome;
}

}  // namespace linktor
