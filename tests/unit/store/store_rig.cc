#include "tests/unit/store/store_rig.h"

#include <gtest/gtest.h>

#include <latch>
#include <limits>
#include <utility>

#include "server/base/crypto.h"
#include "server/base/status.h"

namespace linktor {

Secret TestMasterKey(char fill) {
  return Secret(std::string(AeadKey::kKeySize, fill));
}

SqliteJournal::Options StoreRig::PatientOptions() {
  return {.max_batch_time = absl::Hours(1)};
}

StoreRig::StoreRig(SqliteJournal::Options options) : options_(options) {
  Open();
}

StoreRig::~StoreRig() { Close(); }

void StoreRig::Open(const WriterHook& hook) {
  auto store = Store::Open(folder_.path(), TestMasterKey());
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
  std::unique_ptr<Database> writer = store_->TakeWriter();
  if (hook) hook_ = hook;
  if (hook_) hook_(*writer);
  auto journal = SqliteJournal::Create(
      options_, std::move(writer), store_->sealer(),
      [this](std::vector<CommittedEvent> events) {
        MutexLock lock(mutex_);
        batches_.push_back(std::move(events));
      },
      [this](const absl::Status&) {
        MutexLock lock(mutex_);
        ++failures_;
      });
  ASSERT_TRUE(journal.ok()) << journal.status();
  journal_ = *std::move(journal);
}

void StoreRig::Close() {
  journal_.reset();
  store_.reset();
}

void StoreRig::Reopen() {
  Close();
  Open();
}

void StoreRig::ExecuteClosed(const std::string& sql) {
  ASSERT_EQ(store_, nullptr);
  auto database = Database::Open(database_path(), Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status done = (*database)->Execute(sql.c_str());
  ASSERT_TRUE(done.ok()) << done;
}

std::vector<absl::StatusOr<Outcome>> StoreRig::AppendTogether(
    std::vector<Record> records) {
  // The writer is held up by the answer to a batch that has none of them.
  std::latch held(1);
  std::latch appended(1);
  std::latch answered(static_cast<std::ptrdiff_t>(records.size()) + 1);
  journal_->Append(MakeTrim(0), [&](const absl::StatusOr<Outcome>&) {
    held.count_down();
    appended.wait();
    answered.count_down();
  });
  held.wait();
  std::vector<absl::StatusOr<Outcome>> outcomes(
      records.size(), absl::UnknownError("not answered"));
  for (std::size_t i = 0; i < records.size(); ++i) {
    journal_->Append(std::move(records[i]),
                     [&, i](absl::StatusOr<Outcome> outcome) {
                       outcomes[i] = std::move(outcome);
                       answered.count_down();
                     });
  }
  appended.count_down();
  answered.wait();
  return outcomes;
}

WebhookOutcome StoreRig::Deliver(const std::vector<ItemSpec>& items,
                                 std::int64_t now_ms) {
  auto outcome = Append<WebhookOutcome>(MakeDelivery(sealer(), now_ms, items));
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : WebhookOutcome{};
}

ClaimOutcome StoreRig::Claim(const ClaimSpec& spec) {
  auto outcome = Append<ClaimOutcome>(MakeClaim(sealer(), spec));
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : ClaimOutcome{};
}

MessageOutcome StoreRig::Settle(const MessageRow& message,
                                const OutcomeSpec& spec) {
  auto outcome = Append<MessageOutcome>(MakeOutcome(sealer(), message, spec));
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : MessageOutcome{};
}

ChannelOutcome StoreRig::Create(const TestChannel& channel,
                                std::int64_t now_ms) {
  auto outcome = Append<ChannelOutcome>(MakeChannel(channel, now_ms));
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : ChannelOutcome{};
}

ConversationOutcome StoreRig::OptOut(const OptOutSpec& spec) {
  auto outcome = Append<ConversationOutcome>(MakeOptOut(spec));
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : ConversationOutcome{};
}

ConversationOutcome StoreRig::Name(const std::string& user,
                                   const std::string& name) {
  auto outcome =
      Append<ConversationOutcome>(MakeUsername(sealer(), kShop, user, name));
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : ConversationOutcome{};
}

TrimOutcome StoreRig::Trim(const TrimRecord& record) {
  auto outcome = Append<TrimOutcome>(record);
  EXPECT_TRUE(outcome.ok()) << outcome.status();
  return outcome.ok() ? *outcome : TrimOutcome{};
}

MessageRow StoreRig::Message(const RawId& id) {
  MessageRow row;
  const absl::Status read = store_->pool().Read([&](Database& database) {
    MessageTable table(database);
    auto found = table.FindById(id);
    if (found.ok() && found->has_value()) row = **found;
    return found.status();
  });
  EXPECT_TRUE(read.ok()) << read;
  return row;
}

ConversationRow StoreRig::Conversation(const TestChannel& channel,
                                       const std::string& user) {
  ConversationRow row;
  const absl::Status read = store_->pool().Read([&](Database& database) {
    auto found = ReadConversation(database, channel.no, user);
    if (found.ok()) row = *found;
    return found.status();
  });
  EXPECT_TRUE(read.ok()) << read;
  return row;
}

std::string StoreRig::NameIn(const ConversationRow& row) {
  if (row.sealed_username.empty()) return "";
  const auto opened =
      sealer().Open(SealedPlace::kUsername, row.user_id, row.sealed_username);
  EXPECT_TRUE(opened.ok()) << opened.status();
  return opened.ok() ? *opened : "";
}

std::vector<CommittedEvent> StoreRig::ReadEvents(bool include_raw) {
  EventReader reader(store_->pool(), sealer());
  auto page =
      reader.ReadAfter({.last_seq = Number("SELECT last_seq FROM log_state"),
                        .max_rows = std::numeric_limits<int>::max(),
                        .max_events = std::numeric_limits<int>::max(),
                        .max_bytes = std::numeric_limits<std::size_t>::max(),
                        .include_raw = include_raw},
                       [](auto, auto, auto) { return true; });
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? std::move(page->events) : std::vector<CommittedEvent>();
}

std::vector<std::string> StoreRig::Rows(const std::string& sql) {
  std::vector<std::string> rows;
  const auto read_all = [&](Database& database) -> absl::Status {
    Statement read(database, sql.c_str());
    for (;;) {
      const auto row = read.Step();
      if (!row.ok()) return row.status();
      if (!*row) return absl::OkStatus();
      rows.push_back(read.String(0));
    }
  };
  const absl::Status read = store_->pool().Read(read_all);
  EXPECT_TRUE(read.ok()) << read;
  return rows;
}

std::int64_t StoreRig::Number(const std::string& sql) {
  const std::vector<std::string> rows = Rows(sql);
  return rows.size() == 1 ? std::stoll(rows.front()) : -1;
}

std::vector<std::vector<CommittedEvent>> StoreRig::batches() const {
  MutexLock lock(mutex_);
  return batches_;
}

int StoreRig::failures() const {
  MutexLock lock(mutex_);
  return failures_;
}

std::vector<std::string> Summary(const std::vector<CommittedEvent>& events) {
  std::vector<std::string> lines;
  lines.reserve(events.size());
  for (const CommittedEvent& event : events) {
    lines.push_back(event.type + " " + event.user_id);
  }
  return lines;
}

std::string ReasonOf(const absl::Status& status) {
  return ErrorInfoOf(status).reason();
}

}  // namespace linktor
