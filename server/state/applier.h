// Apply turns a record into rows and effects: it is the only code that writes
// tables. It is deterministic: it has no clock, no randomness, no network, no
// configuration, and no order that SQLite or a hash map chose. It knows only
// the record and the tables. Refusals are decided before the first write, and
// are answers, not failures. It runs on the applying thread, inside that
// thread's transaction; in the server BatchApplier (journal/) alone calls it.
//
// A change in what Apply does with a record needs a new format number, because
// every copy of the state must make the same rows of the same records.

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
#include "server/state/forgetting_table.h"
#include "server/state/held_echo_table.h"
#include "server/state/instance_table.h"
#include "server/state/key_table.h"
#include "server/state/message_table.h"
#include "server/state/recent_rows.h"
#include "server/state/redrive_table.h"
#include "server/state/waiting_item_table.h"

namespace linktor::state {

// The format number of the records that this program writes and applies. It is
// in every record.
inline constexpr std::uint32_t kRecordFormat = 1;

// An echo can belong to a send with the same content for so many milliseconds
// after the claim. A later one is taken for a message that somebody has sent
// from elsewhere.
inline constexpr std::int64_t kEchoMatchMs = 10LL * 60 * 1000;
// Meta's clock may be behind ours by so many milliseconds, so that the echo
// seems to come before the claim.
inline constexpr std::int64_t kEchoSkewMs = 2000;

// One Trim deletes at most this many rows of each kind, so that it does not
// hold up the records behind it. Apply depends on it, so it must not change
// without a new format.
inline constexpr std::int64_t kTrimRows = 2000;

// One ReleaseWaiting makes at most this many events, for the same reasons.
inline constexpr int kReleaseItems = 100;

// One record that erases people cleans at most this many rows of each kind, and
// looks at most at so many events of a channel. Apply depends on both.
inline constexpr int kForgetRows = 100;
inline constexpr std::int64_t kForgetLook = 4000;

// OK when Apply knows the record's format and body. FAILED_PRECONDITION with a
// sentence otherwise: then the process must stop, because another program would
// make rows of the record, and the two states would differ.
absl::Status CheckKnown(const journal::Record& record);

class Applier {
 public:
  // Prepares its statements, so the tables must exist. Both references must
  // outlive this.
  Applier(sqlite::Database& database, RecentRows& recent,
          const RunSizes& runs = {});

  // Loads the log's state and what tables lack yet. It is called once, before
  // the first record.
  absl::Status Load();

  // Applies one record that CheckKnown takes, and returns its answer and what
  // has changed. `clear` may be empty; the rows are the same without it. On
  // failure the caller rolls the transaction (or savepoint) back and calls
  // Restore with what Mark returned before; FaultOf (sqlite/database.h) says
  // whether the record is at fault or the disk.
  absl::StatusOr<Effects> Apply(const journal::Record& record,
                                const ClearEvents& clear);
  // Keeps a webhook that cannot be applied: its delivery and items as received,
  // and no events. The reason is in the process's log alone, because another
  // version of SQLite may word it differently, and the states must be equal. A
  // failure is treated as one of Apply.
  absl::StatusOr<Effects> Quarantine(const journal::Record& record);

  // A Position is what the memory was at a savepoint or at the beginning of a
  // transaction.
  struct Position {
    LogState state;
    MidIndex::Position mids;
    ConversationHeads::Position heads;
  };
  Position Mark() const {
    return {state_, events_.mids().Mark(), conversations_.heads().Mark()};
  }
  // Takes the memory back to `position`, after the database was rolled back to
  // it. Tables that are kept in memory are read again where they may have
  // changed. A failure is the disk's.
  absl::Status Restore(const Position& position);

  // Writes the log's state, and moves a part of what tables lack to them. It is
  // called once, as the last thing before a commit.
  absl::Status Finish();
  // Notes that the commit has succeeded.
  void OnCommitted();

  // Returns where the log stands, the open transaction included.
  const LogState& state() const { return state_; }

 private:
  // A Context is all that a function of Apply gets besides its record's body,
  // and where it puts what has changed.
  struct Context {
    const journal::Record& record;
    const ClearEvents& clear;
    Effects& effects;

    // The record's time, in ms since the epoch by its appender's clock.
    std::int64_t time_ms() const { return record.time_ms(); }
    // Returns the event of that item in the clear; null when it is not known.
    std::shared_ptr<const std::string> ClearOf(int index) const;
  };

  // Stores the event under the next sequence, which it returns, makes it the
  // head of its conversation, and tells it in the effects. `setting` lacks what
  // the conversation says. The customer was active at `activity_ms`, when the
  // event opens the messaging window.
  absl::StatusOr<std::int64_t> AppendEvent(
      const journal::NewEvent& event, EventTable::Setting setting,
      Context& context, std::optional<std::int64_t> activity_ms = std::nullopt);

  // Returns whether the event is of a conversation: it is about somebody, and
  // its channel is not being erased.
  absl::StatusOr<bool> HasConversation(const journal::NewEvent& event);

  // Each of these applies one kind of body. An error of any private function
  // here is the database's or the record's, and Apply returns it.
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
  absl::StatusOr<Answer> ApplyRelease(const journal::ReleaseWaiting& body,
                                      Context& context);
  absl::StatusOr<Answer> ApplyDeleteChannel(const journal::DeleteChannel& body,
                                            Context& context);
  absl::StatusOr<Answer> ApplyEraseUser(const journal::EraseUser& body,
                                        Context& context);
  absl::StatusOr<Answer> ApplyEraseOn(Context& context);
  absl::StatusOr<Answer> ApplyRedrive(const journal::Redrive& body,
                                      Context& context);

  // ---- Erasing (apply_erase.cc)
  // Destroys the key, and says so in the effects.
  absl::Status DestroyKey(std::int64_t id, Context& context);
  // Says in the effects that an erasure is due in the files.
  void NoteErasure(Context& context);
  // Erases the content of the message of that mid; `own` is its send, if it is
  // one. It says nothing of what is due.
  absl::Status EraseMid(std::string_view mid_key,
                        const std::optional<MessageRow>& own, Context& context);
  // Takes the message of that mid back, which was unsent at `time_ms`: erases
  // it, and makes its send, if it is one, RETRACTED.
  absl::Status Retract(std::string_view mid_key, std::int64_t time_ms,
                       Context& context);
  // Returns when the message of that mid was unsent; 0 when it was not.
  absl::StatusOr<std::int64_t> RetractTime(std::string_view mid_key);
  // Takes a send back whose mid is known only now, and whose unsend came
  // before.
  absl::Status RetractIfUnsent(const MessageRow& row, Context& context);
  // Adds the row of a change to the effects, and makes the event that tells of
  // it, unless that is empty. Returns the answer.
  absl::StatusOr<Answer> TellChannel(ChannelAnswer answer,
                                     const journal::NewEvent& event,
                                     std::string decided, Context& context);
  // Adds the row of a change to the effects, and returns the answer.
  static Answer TellApiKey(ApiKeyAnswer answer, Context& context);

  // ---- Erasing people (apply_forget.cc)
  // Destroys the person's keys, and takes the person out of all rows but those
  // of events, and out of as many of these as one record may change; what is
  // left is stored as a forgetting. Returns whether anything was known of the
  // person.
  absl::StatusOr<bool> BeginForgetting(Forgetting& person,
                                       const std::string& channel_id,
                                       Context& context);
  // Stores a forgetting for every channel that has or had that id and was not
  // erased before. Returns whether there is or was any.
  absl::StatusOr<bool> BeginForgettingChannel(std::string_view channel_id,
                                              Context& context);
  // Goes on with a person: cleans at most kForgetRows events. Returns whether
  // it is done.
  absl::StatusOr<bool> ForgetPerson(Forgetting& person, Context& context);
  // Goes on with a channel, and returns what is left to do.
  absl::StatusOr<EraseAnswer> ForgetChannel(Forgetting& channel,
                                            Context& context);
  // Destroys at most `limit` keys and returns how many.
  absl::StatusOr<int> DestroyKeys(const Forgetting& of, int limit,
                                  Context& context);
  // Erases the event, and items as received that name its mid, and takes the
  // person out of its row.
  absl::Status ForgetEvent(std::int64_t seq, std::string_view mid_key,
                           Context& context);
  // These two do the same with at most `limit` sends, and at most so many rows
  // of each kind that has no event, and return how many there were.
  absl::StatusOr<int> ForgetSends(const Forgetting& of, int limit);
  absl::StatusOr<int> ForgetRest(const Forgetting& of, int limit);

  // ---- Webhooks (apply_webhook.cc)
  // An ItemEnd says what became of an item. An echo that is held counts as an
  // event, which it becomes later.
  enum class ItemEnd : std::int8_t { kEvent, kDuplicate, kIgnored, kIssue };
  // Returns Instagram's time of the item, or `time_ms` where Instagram gave
  // none.
  static std::int64_t TimeOf(const journal::WebhookItem& item,
                             std::int64_t time_ms);
  // Returns the item with zeros for its content, as an erased one is stored,
  // and without what was received.
  static journal::WebhookItem WithoutContent(const journal::WebhookItem& item);
  // Stores the item as received and makes its event, or finds that there is
  // none to make: of a duplicate nothing is stored.
  absl::StatusOr<ItemEnd> ApplyItem(const journal::WebhookItem& item,
                                    std::int64_t delivery_no, int position,
                                    Context& context);
  // Lets the item wait for the message of its mid, unless that is known
  // already.
  absl::StatusOr<ItemEnd> ApplyWaiting(const journal::WebhookItem& item,
                                       Context& context);
  // Returns whether anything but a waiting item has told of that mid.
  absl::StatusOr<bool> IsKnown(std::string_view mid_key);
  // Stores the item as received and returns its number; 0 when there are no
  // bytes to keep. DeliveryTable::AddItem says what `unknown_seq` is.
  absl::StatusOr<std::int64_t> StoreRaw(
      const journal::WebhookItem& item, std::int64_t delivery_no, int position,
      std::optional<std::int64_t> unknown_seq);
  // Makes the event of an item that is no duplicate and whose channel is live,
  // or holds it. `setting` lacks what the item and the tables say.
  absl::Status StoreItem(const journal::WebhookItem& item,
                         EventTable::Setting setting, Context& context);
  // Returns whether the item came before. For an item without a mid it also
  // remembers the item, so it is asked once for each.
  absl::StatusOr<bool> IsDuplicate(const journal::WebhookItem& item,
                                   const Context& context);
  // Makes the event of an echo that just came and need not be held, and settles
  // a send by it if it is the only one that it can be of. `setting`
  // lacks what Apply decides.
  absl::Status ApplyEcho(const journal::WebhookItem& item,
                         EventTable::Setting setting, Context& context);
  // Makes it an event, also when it was held until now. Returns whether it
  // belongs to no send so far, and may settle one by its content.
  absl::StatusOr<bool> TellEcho(const journal::WebhookItem& item,
                                EventTable::Setting setting, Context& context);
  // Makes an event of it that says nothing, because its person was erased.
  absl::Status TellForgottenEcho(const journal::WebhookItem& item,
                                 EventTable::Setting setting, Context& context);
  // Returns whether the echo must wait for the end of a send, because nobody
  // knows yet whose it is.
  absl::StatusOr<bool> MustHold(const journal::WebhookItem& item);
  // Makes the events of echoes that were held, and then settles sends by their
  // content.
  absl::Status Release(const std::vector<HeldEcho>& held, Context& context);
  // Returns the fields that Apply adds to an event that names a send of this
  // server; empty for other events.
  absl::StatusOr<std::string> DecideTarget(const journal::WebhookItem& item);

  // ---- Items that are read again (apply_redrive.cc)
  // Makes the event of an item of the body's delivery, which came at
  // `receive_ms`, or finds that there is none to make.
  absl::StatusOr<RedriveEnd> ApplyAgain(const journal::RedriveItem& again,
                                        const journal::Redrive& body,
                                        std::int64_t receive_ms,
                                        Context& context);
  // Returns what the tables say against an event of the item, which is stored
  // like this; kEvent when that is nothing. For an item without a mid it also
  // remembers the item, so it is asked once for each.
  absl::StatusOr<RedriveEnd> Judge(const journal::RedriveItem& again,
                                   const DeliveryTable::Item& stored,
                                   const Context& context);
  // Returns the field that says what the item's event replaces: the event
  // `replaces_seq`, or nothing of that delivery when it is 0.
  absl::StatusOr<std::string> DecideRedriveOf(std::int64_t replaces_seq,
                                              std::string_view delivery_id);
  // Erases the item as received, and the event that it had, where the message
  // was taken back before anybody knew that the item has it.
  absl::Status EraseReplaced(std::int64_t raw_no, std::int64_t replaces_seq,
                             Context& context);

  // ---- Sends (apply_send.cc)
  // These decide about a claim and change nothing. The first looks at the
  // request id and the channel, and then asks the second, which looks at the
  // messaging window, the opt-out and the quota.
  absl::StatusOr<ClaimAnswer> Decide(const journal::Claim& claim,
                                     std::int64_t time_ms);
  absl::StatusOr<ClaimAnswer> DecideByHistory(const journal::Claim& claim,
                                              std::int64_t time_ms);
  // Writes the outcome to the row and to its table, and makes its event.
  absl::Status Settle(const journal::SendOutcome& body, MessageRow& row,
                      Context& context);
  // Releases the held echoes that need not wait any more after the outcome.
  absl::Status ReleaseEchoes(const MessageRow& row, Context& context);
  // These three settle UNCONFIRMED sends by echoes of the same content; see the
  // source.
  absl::Status SettleByContent(std::int64_t channel_no,
                               std::string_view user_id,
                               std::string_view content_match,
                               Context& context);
  absl::Status SettleOnly(const ContentKey& content,
                          const UnconfirmedSend& send, Context& context);
  absl::Status SettleWith(const UnmatchedEcho& echo, MessageRow& row,
                          Context& context);

  sqlite::Database& database_;
  EventTable events_;
  DeliveryTable deliveries_;
  MessageTable messages_;
  HeldEchoTable held_;
  WaitingItemTable waiting_;
  ChannelTable channels_;
  ApiKeyTable api_keys_;
  ConversationTable conversations_;
  KeyTable keys_;
  InstanceTable instances_;
  ErasureTable erasures_;
  RedriveTable redrives_;
  ForgettingTable forgettings_;
  LogStateTable log_state_;
  // It is ahead of log_state_ until Finish.
  LogState state_;
};

}  // namespace linktor::state
