// A StoreRig has a data folder and its journal, in a temporary folder. The
// tests of state, journal and sealer use it, and the model test does. This
// header includes record_makers.h, because the functions here take its specs.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/journal/data_folder.h"
#include "server/journal/embedded_journal.h"
#include "server/state/event_encoding.h"
#include "server/state/rows.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::state {

Secret TestMasterKey(char fill = 'k');

class StoreRig {
 public:
  using WriterHook = std::function<void(sqlite::Database&)>;

  // Batches end by size alone, so that what waits together is one batch.
  static journal::EmbeddedJournal::Options PatientOptions();

  // Each start is recorded at `start_ms`: the first one sets the expiry time.
  explicit StoreRig(
      journal::EmbeddedJournal::Options options = PatientOptions(),
      std::int64_t start_ms = kNowMs);
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
  journal::DataFolder& data() { return *data_; }
  seal::Sealer& sealer() { return data_->sealer(); }
  journal::EmbeddedJournal& journal() { return *journal_; }

  // Appends its keys, then the record.
  journal::Ending AppendOne(SealedRecord made);
  template <typename T>
  absl::StatusOr<T> Append(SealedRecord made) {
    return journal::AnswerAs<T>(AppendOne(std::move(made)));
  }
  // Appends while the writer is held up, so that all are in one batch. Their
  // keys are appended before. `while_held` runs before the writer goes on.
  std::vector<journal::Ending> AppendTogether(
      std::vector<SealedRecord> records,
      const std::function<void()>& while_held = nullptr);

  // Shorthands that fail the test when the append fails.
  DeliveryAnswer Deliver(const std::vector<ItemSpec>& items,
                         std::int64_t now_ms = kNowMs);
  ClaimAnswer Claim(const ClaimSpec& spec);
  SendAnswer Settle(const MessageRow& message, const OutcomeSpec& spec);
  ChannelAnswer Create(const TestChannel& channel,
                       std::int64_t now_ms = kNowMs);
  ChannelAnswer Delete(const std::string& channel_id,
                       std::int64_t now_ms = kNowMs);
  ConversationAnswer OptOut(const OptOutSpec& spec);
  ConversationAnswer Name(const std::string& user, const std::string& name);
  // Measured from the expiry time as it is, unless the spec says otherwise.
  TrimAnswer Trim(TrimSpec spec = {});
  // Moves the expiry time to `expiry_ms` by a clock that says the same, and
  // deletes what is too old then.
  TrimAnswer TrimAt(std::int64_t expiry_ms, TrimSpec spec = {});

  // These read the tables.
  MessageRow Message(const RawId& id);
  ConversationRow Conversation(const TestChannel& channel,
                               const std::string& user);
  // The user name of a row; "" when it has none.
  std::string NameIn(const ConversationRow& row);
  std::vector<CommittedEvent> ReadEvents(bool include_raw = false);
  // Returns the first column of each row of a query.
  std::vector<std::string> Rows(const std::string& sql);
  std::int64_t Number(const std::string& sql);
  std::int64_t ExpiryMs() { return Number("SELECT expiry_ms FROM log_state"); }

  // The events that views were told of, commit by commit.
  std::vector<std::vector<CommittedEvent>> batches() const;
  int failures() const;

 private:
  void Follow(std::span<const journal::AppliedRecord> records);

  TempFolder folder_;
  const journal::EmbeddedJournal::Options options_;
  const std::int64_t start_ms_;
  WriterHook hook_;
  std::unique_ptr<journal::DataFolder> data_;
  std::unique_ptr<journal::EmbeddedJournal> journal_;
  mutable Mutex mutex_;
  std::vector<std::vector<CommittedEvent>> batches_ ABSL_GUARDED_BY(mutex_);
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Returns "type user" for each event, so that a test can compare events in one
// line.
std::vector<std::string> Summary(const std::vector<CommittedEvent>& events);

// The reason's name, "" when the status has none.
std::string ReasonOf(const absl::Status& status);

}  // namespace linktor::state
