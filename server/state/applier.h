// Apply turns a record into rows and effects: it is the only code that writes
// tables. It is deterministic: no clock, no randomness, no network, no
// configuration, no order that SQLite or a hash map chose; what a record brings
// and what the tables say is all it knows. Refusals are decided before the
// first write, and are answers, not failures. It runs on one thread, inside
// that thread's transaction.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/journal/record.pb.h"
#include "server/state/api_key_table.h"
#include "server/state/channel_table.h"
#include "server/state/conversation_table.h"
#include "server/state/delivery_table.h"
#include "server/state/effects.h"
#include "server/state/erasure_table.h"
#include "server/state/event_table.h"
#include "server/state/held_echo_table.h"
#include "server/state/instance_table.h"
#include "server/state/key_table.h"
#include "server/state/message_table.h"

namespace linktor {

// The format number of the records that this program writes and applies.
inline constexpr std::uint32_t kRecordFormat = 1;

// How long after a claim an echo with its content can still be its echo.
inline constexpr std::int64_t kEchoMatchMs = 10LL * 60 * 1000;
// How far Meta's clock may be behind ours.
inline constexpr std::int64_t kEchoSkewMs = 2000;

// One Trim deletes at most this many rows of each kind, so that it never holds
// up a batch.
inline constexpr std::int64_t kTrimRows = 2000;

// Whether Apply knows the record's format and body. FAILED_PRECONDITION with a
// sentence otherwise: then the process must stop, because another program
// would make something of the record.
absl::Status CheckKnown(const journal::Record& record);

class Applier {
 public:
  // `mid_run`: see MidIndex.
  Applier(Database& database, RecentMids& recent,
          std::size_t mid_run = MidIndex::kRunSize);

  // Loads the log's state; call once, after migration.
  absl::Status Load();

  // Applies one record that CheckKnown takes. On failure the caller rolls the
  // transaction (or savepoint) back and calls Restore with what Mark returned
  // before.
  absl::StatusOr<Effects> Apply(const journal::Record& record,
                                const ClearEvents& clear);
  // Keeps a webhook that cannot be applied: its delivery and items as received.
  // Why it cannot is said in the log alone, because the words of another
  // version of SQLite may be others, and the state must not be.
  absl::StatusOr<Effects> Quarantine(const journal::Record& record);

  struct Position {
    LogState state;
    MidIndex::Position mids;
  };
  Position Mark() const { return {state_, events_.mids().Mark()}; }
  // Also what is kept in memory of the tables is read again where it may have
  // changed. A failure is the disk's.
  absl::Status Restore(const Position& position);

  // Writes the log's state; the last thing before a commit.
  absl::Status Finish();
  // The commit has succeeded.
  void OnCommitted();

  const LogState& state() const { return state_; }

 private:
  // What an Apply function needs to know of its record, and where it puts what
  // comes of it.
  struct Context {
    const journal::Record& record;
    const ClearEvents& clear;
    Effects& effects;

    std::int64_t time_ms() const { return record.time_ms(); }
    std::shared_ptr<const std::string> ClearOf(int index) const;
  };

  absl::StatusOr<Answer> ApplyBody(Context& context);
  absl::StatusOr<Answer> AddKeys(const journal::AddDataKeys& body,
                                 Context& context);
  absl::StatusOr<Answer> ApplyWebhook(const journal::Webhook& body,
                                      Context& context);
  absl::StatusOr<Answer> ApplyClaim(const journal::Claim& claim,
                                    Context& context);
  absl::StatusOr<Answer> ApplyOutcome(const journal::SendOutcome& body,
                                      Context& context);
  absl::StatusOr<Answer> ApplyOptOut(const journal::SetOptOut& body,
                                     Context& context);
  absl::StatusOr<Answer> ApplyUsername(const journal::SetUsername& body,
                                       Context& context);
  absl::StatusOr<Answer> ApplyTrim(const journal::Trim& body, Context& context);
  absl::StatusOr<Answer> ApplyErase(const journal::Erase& body,
                                    Context& context);
  static Answer TellChannel(ChannelAnswer answer, Context& context);
  static Answer TellApiKey(ApiKeyAnswer answer, Context& context);

  // ---- Webhooks (apply_webhook.cc)
  enum class ItemEnd : std::int8_t { kEvent, kDuplicate, kIgnored, kIssue };
  absl::StatusOr<ItemEnd> ApplyItem(const journal::Webhook& webhook,
                                    std::int64_t delivery_no, int position,
                                    Context& context);
  absl::StatusOr<bool> IsDuplicate(const journal::WebhookItem& item,
                                   const Context& context);
  // An echo that just came; `place` lacks the overlay.
  absl::Status ApplyEcho(const journal::WebhookItem& item,
                         EventTable::Place place, Context& context);
  // Makes it an event, also when it was held until now. Returns whether it
  // belongs to no send so far, and may settle one by its content.
  absl::StatusOr<bool> TellEcho(const journal::WebhookItem& item,
                                EventTable::Place place, Context& context);
  absl::StatusOr<bool> MustHold(const journal::WebhookItem& item);
  absl::Status Release(const std::vector<HeldEcho>& held, Context& context);
  // What Apply adds to an event that names one of our sends.
  absl::StatusOr<std::string> TargetOverlay(const journal::WebhookItem& item);

  // ---- Sends (apply_send.cc)
  absl::StatusOr<ClaimAnswer> Decide(const journal::Claim& claim,
                                     std::int64_t time_ms);
  absl::StatusOr<ClaimAnswer> DecideByHistory(const journal::Claim& claim,
                                              std::int64_t time_ms);
  absl::Status Settle(const journal::SendOutcome& body, MessageRow& row,
                      Context& context);
  absl::Status ReleaseEchoes(const MessageRow& row, Context& context);
  absl::Status SettleByContent(std::int64_t channel_no,
                               std::string_view user_id,
                               std::string_view content_match,
                               Context& context);
  absl::Status SettleOnly(const ContentKey& content,
                          const UnconfirmedSend& send, Context& context);
  absl::Status SettleWith(const UnmatchedEcho& echo, MessageRow& row,
                          Context& context);

  Database& database_;
  EventTable events_;
  DeliveryTable deliveries_;
  MessageTable messages_;
  HeldEchoTable held_;
  ChannelTable channels_;
  ApiKeyTable api_keys_;
  ConversationTable conversations_;
  KeyTable keys_;
  InstanceTable instances_;
  ErasureTable erasures_;
  LogStateTable log_state_;
  LogState state_;
};

}  // namespace linktor
