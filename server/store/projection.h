// Turns records into rows: the only code that writes tables. Deterministic: no
// clock, no randomness, no network; what a record brings and what the tables
// say is all it knows. Runs on the writer thread inside its transaction.

#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "server/store/api_key_table.h"
#include "server/store/channel_table.h"
#include "server/store/conversation_table.h"
#include "server/store/delivery_table.h"
#include "server/store/event_table.h"
#include "server/store/message_table.h"
#include "server/store/records.h"
#include "server/store/sqlite.h"

namespace linktor {

// How long after a claim an echo with its text can still be its echo.
inline constexpr std::int64_t kEchoMatchMs = 10LL * 60 * 1000;
// How far Meta's clock may be behind ours.
inline constexpr std::int64_t kEchoSkewMs = 2000;

class Projection {
 public:
  // `mid_run`: see MidIndex.
  explicit Projection(Database& database,
                      std::size_t mid_run = MidIndex::kRunSize);

  // Loads the log's state; call once, after migration.
  absl::Status Load();

  // Applies one record. On failure the caller rolls the transaction (or
  // savepoint) back and calls Restore with what Mark returned before.
  absl::StatusOr<Outcome> Apply(const Record& record);
  // Keeps a webhook record that cannot be applied: its delivery and items as
  // received.
  absl::StatusOr<Outcome> Quarantine(const WebhookRecord& record,
                                     std::string_view why);

  struct Position {
    LogState state;
    std::size_t committed = 0;
    std::uint64_t mids = 0;
  };
  Position Mark() {
    return {state_, committed_.size(), events_.mids().version()};
  }
  // Also what is kept in memory of the tables is read again where it may have
  // changed. A failure is the disk's.
  absl::Status Restore(const Position& position);

  // Writes the log's state; the last thing before a commit.
  absl::Status Finish();
  // The events applied since the last call, in order; call after a commit.
  std::vector<CommittedEvent> TakeCommitted();

  const LogState& state() const { return state_; }

 private:
  absl::StatusOr<Outcome> ApplyOne(const WebhookRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const ClaimRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const OutcomeRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const CreateChannelRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const UpdateChannelRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const DeleteChannelRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const CreateApiKeyRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const UpdateApiKeyRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const DeleteApiKeyRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const UseApiKeysRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const OptOutRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const UsernameRecord& record);
  absl::StatusOr<Outcome> ApplyOne(const TrimRecord& record);

  absl::StatusOr<ItemFate> ApplyItem(const WebhookRecord& record,
                                     std::int64_t delivery_no, int position,
                                     bool& duplicate);
  absl::Status ApplyEcho(const WebhookItem& item, std::int64_t raw_no);
  // What Apply adds to an event that names one of our sends.
  absl::StatusOr<std::string> TargetOverlay(const WebhookItem& item);
  // `refusal` is OK when the policy lets the message go.
  absl::Status Decide(const ClaimRecord& record, absl::Status& refusal);
  absl::Status SettleByContent(std::int64_t channel_no,
                               std::string_view user_id,
                               std::string_view content_match);
  absl::Status SettleWith(const UnmatchedEcho& echo, MessageRow& row);
  void AdvanceLogTime(std::int64_t time_ms);
  // The keys a record brings are stored whatever becomes of it: the appender
  // takes them for stored when the record has been applied.
  absl::Status AddKeys(const std::vector<NewKey>& keys);

  Database& database_;
  EventTable events_;
  DeliveryTable deliveries_;
  MessageTable messages_;
  ChannelTable channels_;
  ApiKeyTable api_keys_;
  ConversationTable conversations_;
  Statement save_state_;
  LogState state_;
  std::vector<CommittedEvent> committed_;
};

}  // namespace linktor
