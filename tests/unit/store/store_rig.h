// A store and its journal over a temporary folder, and builders for records.
// For the tests of server/store and the model test.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "linktor/instagram/v1/event.pb.h"
#include "server/base/mutex.h"
#include "server/store/conversation_table.h"
#include "server/store/event_reader.h"
#include "server/store/message_table.h"
#include "server/store/records.h"
#include "server/store/sqlite_journal.h"
#include "server/store/store.h"

namespace linktor {

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kMinuteMs = 60 * kSecondMs;
inline constexpr std::int64_t kHourMs = 60 * kMinuteMs;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;
// Where the clock of most tests stands.
inline constexpr std::int64_t kNowMs = 1'790'000'000'000;

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Secret TestMasterKey(char fill = 'k');

// ---- Records --------------------------------------------------------------

struct TestChannel {
  std::int64_t no = 0;
  std::string id;
  std::string account;
  std::string page;
};
inline const TestChannel kShop{101, "shop", "17841001", "1001"};
inline const TestChannel kCafe{102, "cafe", "17841002", "1002"};

CreateChannelRecord MakeChannel(const TestChannel& channel,
                                std::int64_t now_ms = kNowMs,
                                std::string request_id = "",
                                std::string fingerprint = "same");

enum class TestItem : std::int8_t {
  kMessage,
  kEcho,
  kOther,
  kIgnored,
  kIssue,
  kPostback,
  // Without a mid of its own; `target` is that of the message reacted to.
  kReaction,
};

// One item of a webhook.
struct ItemSpec {
  TestItem kind = TestItem::kMessage;
  TestChannel channel = kShop;
  std::string user = "501";
  // Empty: told apart by `text`, as items without a mid are.
  std::string mid;
  std::string text;
  std::string target;
  std::int64_t event_ms = kNowMs;
  // Echoes: more than text, so that its content matches nothing.
  bool attachment = false;
  std::string raw = "{}";
};

RawId MidKeyOf(const TestChannel& channel, std::string_view mid);

WebhookRecord MakeDelivery(Sealer& sealer, std::int64_t now_ms,
                           const std::vector<ItemSpec>& items);

struct ClaimSpec {
  TestChannel channel = kShop;
  std::string user = "501";
  std::string text = "hello";
  std::string request_id = "r1";
  std::int64_t now_ms = kNowMs;
  bool attachment = false;
  bool human_agent = false;
  bool refuse_without_history = false;
  int quota = 0;
};
ClaimRecord MakeClaim(Sealer& sealer, const ClaimSpec& spec);

struct OutcomeSpec {
  v1::MessageState state = v1::MESSAGE_STATE_SENT;
  std::string mid;
  std::int64_t now_ms = kNowMs;
  v1::MessageState expected_state = v1::MESSAGE_STATE_PENDING;
  // 0: that of the message.
  int expected_attempt = 0;
  v1::SettledBy settled_by = v1::SETTLED_BY_ANSWER;
};
OutcomeRecord MakeOutcome(Sealer& sealer, const MessageRow& message,
                          const OutcomeSpec& spec);

struct OptOutSpec {
  TestChannel channel = kShop;
  std::string user = "501";
  bool opted_out = true;
  std::int64_t now_ms = kNowMs;
};
OptOutRecord MakeOptOut(const OptOutSpec& spec);

UsernameRecord MakeUsername(Sealer& sealer, const TestChannel& channel,
                            const std::string& user, const std::string& name,
                            std::int64_t now_ms = kNowMs);

// Trims nothing.
TrimRecord MakeTrim(std::int64_t now_ms = kNowMs);

// ---- Rig ------------------------------------------------------------------

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
