// Apply turns a record of the journal into rows and effects (effects.h). While
// the server runs, no other code writes the tables. Apply is deterministic, so
// that every copy of the state makes the same rows from the same records.
// Therefore it uses no clock, no randomness, no network, no configuration, and
// no order that SQLite or a hash map chose. It knows only the record and the
// tables. It decides about a refusal before it writes anything; a refusal is an
// answer, and not a failure. It runs on the applying thread (the only thread
// that writes the database), inside that thread's transaction. In the server
// only BatchApplier (journal/batch_applier.h) calls it.
//
// When a new version of Apply makes other rows from the same record, the
// records of the new version need a new format number. Otherwise two copies of
// the state could differ although they have applied the same records.

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

// This is the format number of the records that this program writes and
// applies. Every record has it.
inline constexpr std::uint32_t kRecordFormat = 1;

// An echo is Instagram's webhook about a message that the account has sent. An
// echo whose mid belongs to no known send can still belong to a send with the
// same content. But it must come at most this many milliseconds after the
// send's claim. A later echo counts as a message that somebody has sent from
// elsewhere, for example in the Instagram app.
inline constexpr std::int64_t kEchoMatchMs = 10LL * 60 * 1000;
// Meta's clock may be this many milliseconds behind the server's clock, so that
// the echo seems to come before the claim.
inline constexpr std::int64_t kEchoSkewMs = 2000;

// One Trim record deletes at most this many rows of each kind, so that the
// records after it need not wait long. The rows that Apply makes depend on this
// number, so it must not change without a new format number.
inline constexpr std::int64_t kTrimRows = 2000;

// Some items wait for a message that does not come. One ReleaseWaiting record
// makes events of at most this many of them. The number has the same purpose as
// kTrimRows, and must not change without a new format number either.
inline constexpr int kReleaseItems = 100;

// To clean a row is to remove from it the content and the person. A record that
// erases one person cleans at most kForgetRows events, and all other rows of
// the person at once. A record that goes on with the erasure of a channel
// cleans at most kForgetRows rows of each kind. It looks at no more than
// kForgetLook events of the channel. The rows that Apply makes depend on both
// numbers, so they must not change without a new format number either.
inline constexpr int kForgetRows = 100;
inline constexpr std::int64_t kForgetLook = 4000;

// Returns OK when Apply knows the format and the body of the record. Otherwise
// it returns FAILED_PRECONDITION with a sentence for the operator. Then the
// process must stop. If it went on without the record, its state would differ
// from the state of a program that knows the record.
absl::Status CheckKnown(const journal::Record& record);

class Applier {
 public:
  // Prepares the SQL statements, so the tables must exist. `database` and
  // `recent` must outlive this object. RunSizes (recent_rows.h) explains
  // `runs`.
  Applier(sqlite::Database& database, RecentRows& recent,
          const RunSizes& runs = {});

  // Loads the state of the event log (log_state.h). From the table of events it
  // also reads the rows that other tables do not have yet (recent_rows.h). It
  // is called once, before the first record.
  absl::Status Load();

  // Applies one record that CheckKnown accepts. Returns the record's answer and
  // what the record has changed. `clear` may be empty, because no row depends
  // on it. After a failure the caller rolls back the transaction (or the
  // savepoint). Then it calls Restore with the Position that Mark returned
  // before. FaultOf (sqlite/database.h) says whether the record or the disk is
  // at fault.
  absl::StatusOr<Effects> Apply(const journal::Record& record,
                                const ClearEvents& clear);
  // Stores a webhook that cannot be applied: its delivery, and its items as
  // they were received, but no events. No table stores why the webhook cannot
  // be applied, because another version of SQLite may word the reason
  // differently, and all copies of the state must be equal. Only the server's
  // own log has the reason. After a failure the caller must roll back and call
  // Restore, as the comment at Apply says.
  absl::StatusOr<Effects> Quarantine(const journal::Record& record);

  // A Position describes what this object keeps in memory at a savepoint, or at
  // the beginning of a transaction.
  struct Position {
    LogState state;
    MidIndex::Position mids;
    ConversationHeads::Position heads;
  };
  Position Mark() const {
    return {state_, events_.mids().Mark(), conversations_.heads().Mark()};
  }
  // Takes what this object keeps in memory back to `position`. The caller must
  // have rolled back the database to the same point before. Copies of table
  // rows in memory are dropped where they may be wrong, and are read again.
  // Every failure comes from the disk.
  absl::Status Restore(const Position& position);

  // Writes the state of the event log. It also moves some of the rows that are
  // only in memory (recent_rows.h) to their tables. It is called once for each
  // commit, as the last step before it.
  absl::Status Finish();
  // Notes that the commit has succeeded.
  void OnCommitted();

  // Returns the state of the event log, including the changes of the open
  // transaction.
  const LogState& state() const { return state_; }

 private:
  // A Context is everything that a function of Apply gets besides the body of
  // its record. The function puts what it has changed into `effects`.
  struct Context {
    const journal::Record& record;
    const ClearEvents& clear;
    Effects& effects;

    // Returns the record's time, in ms since the epoch by the clock of its
    // appender.
    std::int64_t time_ms() const { return record.time_ms(); }
    // Returns the event of the record's item with that index, in the clear (not
    // encrypted). Returns null when `clear` does not have the event.
    std::shared_ptr<const std::string> ClearOf(int index) const;
  };

  // Stores the event under the next sequence, and returns this sequence. It
  // also adds the event to the effects, and makes it the head of its
  // conversation (conversation_heads.h). It fills in the fields `before_seq`
  // and `advances` of `setting`. `activity_ms` is set only when the event opens
  // the messaging window: the customer was active at that time.
  absl::StatusOr<std::int64_t> AppendEvent(
      const journal::NewEvent& event, EventTable::Setting setting,
      Context& context, std::optional<std::int64_t> activity_ms = std::nullopt);

  // Returns whether the event belongs to a conversation. That is so when both
  // are true: the event is about a customer; the event's channel is not being
  // erased.
  absl::StatusOr<bool> HasConversation(const journal::NewEvent& event);

  // ApplyBody calls the function for the record's body. Each of the other
  // functions applies one kind of body. An error of any private function of
  // this class comes from the database or from the record, and Apply returns
  // it.
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
  // Destroys the data key, and adds its id to the effects.
  absl::Status DestroyKey(std::int64_t id, Context& context);
  // Adds to the effects that an erasure is due: the old bytes must disappear
  // from the files, too (journal/erasure_worker.h). One call for each record is
  // enough; further calls do nothing.
  void NoteErasure(Context& context);
  // Erases the content of the message with that mid. `own` is the row of the
  // message, if a send of this server has the mid. The caller also calls
  // NoteErasure.
  absl::Status EraseMid(std::string_view mid_key,
                        const std::optional<MessageRow>& own, Context& context);
  // Applies an unsend: the message with that mid was taken back in Instagram at
  // `time_ms`. It erases the content. If the message is a send of this server,
  // the send becomes RETRACTED.
  absl::Status Retract(std::string_view mid_key, std::int64_t time_ms,
                       Context& context);
  // Returns the time at which the message with that mid was unsent; 0 when it
  // was not unsent.
  absl::StatusOr<std::int64_t> RetractTime(std::string_view mid_key);
  // Makes the send RETRACTED if its message was unsent before the server knew
  // the send's mid. It is called when the mid becomes known.
  absl::Status RetractIfUnsent(const MessageRow& row, Context& context);
  // Returns the answer. When the answer is kApplied, it first adds the
  // channel's row to the effects and stores the event about the change, unless
  // `event` is empty.
  absl::StatusOr<Answer> TellChannel(ChannelAnswer answer,
                                     const journal::NewEvent& event,
                                     std::string decided, Context& context);
  // Returns the answer. When the answer is kApplied, it first adds the key's
  // row to the effects.
  static Answer TellApiKey(ApiKeyAnswer answer, Context& context);

  // ---- Erasing people (apply_forget.cc)
  // Begins to erase a person. It destroys the person's data keys, and removes
  // the person from all rows that are not events. It also removes the person
  // from as many events as one record may change. When events are left, it
  // stores a Forgetting for them (forgetting_table.h). Returns whether anything
  // was known of the person.
  absl::StatusOr<bool> BeginForgetting(Forgetting& person,
                                       const std::string& channel_id,
                                       Context& context);
  // Begins to erase every channel that has or had that id, and was not erased
  // before: it stores a Forgetting for each of them. Returns whether there is
  // or was such a channel.
  absl::StatusOr<bool> BeginForgettingChannel(std::string_view channel_id,
                                              Context& context);
  // Goes on with the erasure of a person: cleans at most kForgetRows events.
  // Returns true when no event is left.
  absl::StatusOr<bool> ForgetPerson(Forgetting& person, Context& context);
  // Goes on with the erasure of a channel. The answer says what is left to do.
  absl::StatusOr<EraseAnswer> ForgetChannel(Forgetting& channel,
                                            Context& context);
  // Destroys at most `limit` data keys of the person or the channel `of`.
  // Returns how many it has destroyed.
  absl::StatusOr<int> DestroyKeys(const Forgetting& of, int limit,
                                  Context& context);
  // Erases the content of the event, and of the received items that have the
  // event's mid. Then it removes the person from the row of the event.
  absl::Status ForgetEvent(std::int64_t seq, std::string_view mid_key,
                           Context& context);
  // These two functions erase content, and remove the person from rows that are
  // not events. ForgetSends does this for at most `limit` sends, and returns
  // how many there were. ForgetRest does this for at most `limit` rows of each
  // other kind. It returns the greatest number of rows of one kind, so that the
  // caller sees whether the limit was reached.
  absl::StatusOr<int> ForgetSends(const Forgetting& of, int limit);
  absl::StatusOr<int> ForgetRest(const Forgetting& of, int limit);

  // ---- Webhooks (apply_webhook.cc)
  // An ItemEnd says what became of an item, which is one part of a webhook's
  // body. An echo that is held counts as an event, because it becomes an event
  // later.
  enum class ItemEnd : std::int8_t { kEvent, kDuplicate, kIgnored, kIssue };
  // Returns Instagram's time of the item, or `time_ms` where Instagram gave no
  // time.
  static std::int64_t TimeOf(const journal::WebhookItem& item,
                             std::int64_t time_ms);
  // Returns a copy of the item that has zeros in place of its content, as an
  // erased item is stored. The copy does not have the bytes that were received.
  static journal::WebhookItem WithoutContent(const journal::WebhookItem& item);
  // Stores the received item and makes its event. For some items there is no
  // event to make. Nothing is stored of a duplicate.
  absl::StatusOr<ItemEnd> ApplyItem(const journal::WebhookItem& item,
                                    std::int64_t delivery_no, int position,
                                    Context& context);
  // Lets the item wait for the message with its mid (waiting_item_table.h). It
  // stores nothing when the message is known already.
  absl::StatusOr<ItemEnd> ApplyWaiting(const journal::WebhookItem& item,
                                       Context& context);
  // Returns whether the server knows of that mid from anything other than a
  // waiting item.
  absl::StatusOr<bool> IsKnown(std::string_view mid_key);
  // Stores the received item and returns its number. It returns 0 when there
  // are no bytes to keep. The comment at DeliveryTable::AddItem explains
  // `unknown_seq`.
  absl::StatusOr<std::int64_t> StoreRaw(
      const journal::WebhookItem& item, std::int64_t delivery_no, int position,
      std::optional<std::int64_t> unknown_seq);
  // Makes the event of an item, or holds the item (see MustHold). The item must
  // be no duplicate, and its channel must be live. StoreItem fills in the
  // fields of `setting` that depend on the item and the tables.
  absl::Status StoreItem(const journal::WebhookItem& item,
                         EventTable::Setting setting, Context& context);
  // Returns whether the item came before. When the item has a dedupe key, it
  // also stores the key. So it must be called only once for each item.
  absl::StatusOr<bool> IsDuplicate(const journal::WebhookItem& item,
                                   const Context& context);
  // Makes the event of an echo that just came and need not be held. When this
  // echo and one UNCONFIRMED send can belong only to each other, it settles the
  // send: it records the send as SENT. ApplyEcho fills in the fields of
  // `setting` that Apply decides.
  absl::Status ApplyEcho(const journal::WebhookItem& item,
                         EventTable::Setting setting, Context& context);
  // Makes the event of an echo, also of an echo that was held until now.
  // Returns true when the echo is not known to belong to a send, but its
  // content can show later to which send it belongs.
  absl::StatusOr<bool> TellEcho(const journal::WebhookItem& item,
                                EventTable::Setting setting, Context& context);
  // Makes an event of an echo whose person was erased. The event has no content
  // and no person.
  absl::Status TellForgottenEcho(const journal::WebhookItem& item,
                                 EventTable::Setting setting, Context& context);
  // Returns whether the echo must be held until a send has ended, because
  // nobody knows yet whether the echo belongs to that send.
  absl::StatusOr<bool> MustHold(const journal::WebhookItem& item);
  // Makes the events of echoes that were held. Then it settles sends by the
  // content of these echoes.
  absl::Status Release(const std::vector<HeldEcho>& held, Context& context);
  // Returns the fields that Apply adds to an event about a send of this server,
  // such as a reaction. These fields have the message id of the send. It
  // returns an empty string for other events.
  absl::StatusOr<std::string> DecideTarget(const journal::WebhookItem& item);

  // ---- Items that are read again (apply_redrive.cc)
  // Makes the event of one item of the delivery that `body` names. For some
  // items there is no event to make. The delivery came at `receive_ms`.
  absl::StatusOr<RedriveEnd> ApplyAgain(const journal::RedriveItem& again,
                                        const journal::Redrive& body,
                                        std::int64_t receive_ms,
                                        Context& context);
  // Returns why the item cannot become an event, or kEvent when it can.
  // `stored` is the item as the table has it. When the item has a dedupe key,
  // it also stores the key. So it must be called only once for each item.
  absl::StatusOr<RedriveEnd> Judge(const journal::RedriveItem& again,
                                   const DeliveryTable::Item& stored,
                                   const Context& context);
  // Returns the field `redrive_of` of the item's event. The field has the id of
  // the event `replaces_seq`, which the new event replaces. When `replaces_seq`
  // is 0, or that event is not kept, the field has the id of the delivery.
  absl::StatusOr<std::string> DecideRedriveOf(std::int64_t replaces_seq,
                                              std::string_view delivery_id);
  // Erases the received item whose number is `raw_no`, and the event
  // `replaces_seq` that the item had before. It is called when the item has
  // content of a message that was unsent earlier.
  absl::Status EraseReplaced(std::int64_t raw_no, std::int64_t replaces_seq,
                             Context& context);

  // ---- Sends (apply_send.cc)
  // These two functions decide about a claim, and change nothing. Decide looks
  // at the request id, the channel and the data key of the content, and then
  // calls DecideByHistory. DecideByHistory looks at the messaging window, the
  // opt-out and the quota.
  absl::StatusOr<ClaimAnswer> Decide(const journal::Claim& claim,
                                     std::int64_t time_ms);
  absl::StatusOr<ClaimAnswer> DecideByHistory(const journal::Claim& claim,
                                              std::int64_t time_ms);
  // Writes the outcome to `row` and to the table, and makes the event of the
  // outcome.
  absl::Status Settle(const journal::SendOutcome& body, MessageRow& row,
                      Context& context);
  // Makes the events of the held echoes that need not wait any more after the
  // outcome.
  absl::Status ReleaseEchoes(const MessageRow& row, Context& context);
  // These three functions settle UNCONFIRMED sends by echoes with the same
  // content; apply_send.cc explains how.
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
  // It has newer values than the table log_state until Finish writes them
  // there.
  LogState state_;
};

}  // namespace linktor::state
