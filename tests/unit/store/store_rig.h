// A store and its journal over a temporary folder. For the tests of
// server/store and the model test; brings record_makers.h, whose specs its
// shorthands take.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/store/conversation_table.h"
#include "server/store/event_reader.h"
#include "server/store/message_table.h"
#include "server/store/records.h"
#include "server/store/sqlite_journal.h"
#include "server/store/store.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/store/record_makers.h"

namespace linktor {

Secret TestMasterKey(char fill = 'k');

class StoreRig {
 public:
  using WriterHook = std::function<void(Database&)>;

  // Batches end by size alone, so that what waits together is one batch.
  static SqliteJournal::Options PatientOptions();

  explicit StoreRig(SqliteJournal::Options options = PatientOptions());
  ~StoreRig();

  // `hook` sees the writer's connection before the journal takes it, this time
  // and whenever it is opened again.
  void Open(const WriterHook& hook = nullptr);
  void Close();
  void Reopen();
  // Runs SQL on the closed folder.
  void ExecuteClosed(const std::string& sql);

  const std::string& folder() const { return folder_.path(); }
  std::string database_path() const { return folder() + "/gateway.db"; }
  Store& store() { return *store_; }
  Sealer& sealer() { return store_->sealer(); }
  SqliteJournal& journal() { return *journal_; }

  template <typename T>
  absl::StatusOr<T> Append(Record record) {
    return AppendAs<T>(*journal_, std::move(record));
  }
  // Appends while the writer is held up, so that all are in one batch.
  std::vector<absl::StatusOr<Outcome>> AppendTogether(
      std::vector<Record> records);

  // Shorthands that fail the test when the append fails.
  WebhookOutcome Deliver(const std::vector<ItemSpec>& items,
                         std::int64_t now_ms = kNowMs);
  ClaimOutcome Claim(const ClaimSpec& spec);
  MessageOutcome Settle(const MessageRow& message, const OutcomeSpec& spec);
  ChannelOutcome Create(const TestChannel& channel,
                        std::int64_t now_ms = kNowMs);
  ConversationOutcome OptOut(const OptOutSpec& spec);
  ConversationOutcome Name(const std::string& user, const std::string& name);
  TrimOutcome Trim(const TrimRecord& record);

  // What the tables say.
  MessageRow Message(const RawId& id);
  ConversationRow Conversation(const TestChannel& channel,
                               const std::string& user);
  // The user name of a row; "" when it has none.
  std::string NameIn(const ConversationRow& row);
  std::vector<CommittedEvent> ReadEvents(bool include_raw = false);
  // The first column of a query's rows.
  std::vector<std::string> Rows(const std::string& sql);
  std::int64_t Number(const std::string& sql);

  // What the commit sink was given, batch by batch.
  std::vector<std::vector<CommittedEvent>> batches() const;
  int failures() const;

 private:
  TempFolder folder_;
  const SqliteJournal::Options options_;
  WriterHook hook_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SqliteJournal> journal_;
  mutable Mutex mutex_;
  std::vector<std::vector<CommittedEvent>> batches_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
};

// "type user" of each event, for comparisons at a glance.
std::vector<std::string> Summary(const std::vector<CommittedEvent>& events);

// The reason's name, "" when the status has none.
std::string ReasonOf(const absl::Status& status);

}  // namespace linktor
