#include "tests/unit/state/store_rig.h"

#include <gtest/gtest.h>

#include <latch>
#include <limits>
#include <utility>

#include "server/base/crypto.h"
#include "server/base/status.h"
#include "server/sqlite/statement.h"

namespace linktor::state {
namespace {

// Fails the test when `answer` is none.
template <typename T>
T Expect(absl::StatusOr<T> answer) {
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? *std::move(answer) : T{};
}

}  // namespace

Secret TestMasterKey(char fill) {
  return Secret(std::string(AeadKey::kKeySize, fill));
}

journal::EmbeddedJournal::Options StoreRig::PatientOptions() {
  return {.max_batch_time = absl::Hours(1)};
}

StoreRig::StoreRig(journal::EmbeddedJournal::Options options,
                   std::int64_t start_ms)
    : options_(options), start_ms_(start_ms) {
  Open();
}

StoreRig::~StoreRig() { Close(); }

void StoreRig::Open(const WriterHook& hook) {
  auto data = journal::DataFolder::Open(folder_.path(), TestMasterKey());
  ASSERT_TRUE(data.ok()) << data.status();
  data_ = *std::move(data);
  if (hook) hook_ = hook;
  if (hook_) hook_(data_->writer());
  data_->feed().Add([this](auto records) { Follow(records); });
  auto journal = journal::EmbeddedJournal::Create(options_, *data_, start_ms_,
                                                  [this](const absl::Status&) {
                                                    MutexLock lock(mutex_);
                                                    ++failures_;
                                                  });
  ASSERT_TRUE(journal.ok()) << journal.status();
  journal_ = *std::move(journal);
}

void StoreRig::Close() {
  journal_.reset();
  data_.reset();
}

void StoreRig::Reopen() {
  Close();
  Open();
}

void StoreRig::ExecuteClosed(const std::string& sql) {
  ASSERT_EQ(data_, nullptr);
  auto database = sqlite::Database::Open(database_path(),
                                         sqlite::Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok()) << database.status();
  const absl::Status done = (*database)->Execute(sql.c_str());
  ASSERT_TRUE(done.ok()) << done;
}

void StoreRig::Follow(std::span<const journal::AppliedRecord> records) {
  std::vector<CommittedEvent> events;
  for (const journal::AppliedRecord& one : records) {
    events.insert(events.end(), one.effects.events.begin(),
                  one.effects.events.end());
  }
  if (events.empty()) return;
  MutexLock lock(mutex_);
  batches_.push_back(std::move(events));
}

journal::Ending StoreRig::AppendOne(SealedRecord made) {
  journal::Ending ended;
  std::latch answered(1);
  journal::AppendSealed(*journal_, std::move(made.keys),
                        {.record = std::move(made.record), .clear = made.clear},
                        [&](journal::Ending ending) {
                          ended = std::move(ending);
                          answered.count_down();
                        });
  answered.wait();
  return ended;
}

std::vector<journal::Ending> StoreRig::AppendTogether(
    std::vector<SealedRecord> records,
    const std::function<void()>& while_held) {
  SealedRecord first(MakeNothing());
  for (SealedRecord& one : records) {
    first.keys.insert(first.keys.end(), one.keys.begin(), one.keys.end());
  }
  if (!first.keys.empty()) {
    EXPECT_TRUE(AppendOne(std::move(first)).applied());
  }
  // The writer is held up by the answer to a batch that has none of them.
  std::latch held(1);
  std::latch appended(1);
  std::latch answered(static_cast<std::ptrdiff_t>(records.size()) + 1);
  journal_->Append(MakeNothing(), [&](const journal::Ending&) {
    held.count_down();
    appended.wait();
    answered.count_down();
  });
  held.wait();
  std::vector<journal::Ending> endings(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    journal_->Append({.record = std::move(records[i].record),
                      .clear = std::move(records[i].clear)},
                     [&, i](journal::Ending ending) {
                       endings[i] = std::move(ending);
                       answered.count_down();
                     });
  }
  if (while_held) while_held();
  appended.count_down();
  answered.wait();
  return endings;
}

DeliveryAnswer StoreRig::Deliver(const std::vector<ItemSpec>& items,
                                 std::int64_t now_ms) {
  return Expect(Append<DeliveryAnswer>(MakeDelivery(sealer(), now_ms, items)));
}

ClaimAnswer StoreRig::Claim(const ClaimSpec& spec) {
  return Expect(Append<ClaimAnswer>(MakeClaim(sealer(), spec)));
}

SendAnswer StoreRig::Settle(const MessageRow& message,
                            const OutcomeSpec& spec) {
  return Expect(Append<SendAnswer>(MakeOutcome(sealer(), message, spec)));
}

ChannelAnswer StoreRig::Create(const TestChannel& channel,
                               std::int64_t now_ms) {
  return Expect(Append<ChannelAnswer>(MakeChannel(channel, now_ms)));
}

ChannelAnswer StoreRig::Delete(const std::string& channel_id,
                               std::int64_t now_ms) {
  return Expect(Append<ChannelAnswer>(MakeDeletion(channel_id, now_ms)));
}

ConversationAnswer StoreRig::OptOut(const OptOutSpec& spec) {
  return Expect(Append<ConversationAnswer>(MakeOptOut(spec)));
}

ConversationAnswer StoreRig::Name(const std::string& user,
                                  const std::string& name) {
  return Expect(
      Append<ConversationAnswer>(MakeUsername(sealer(), kShop, user, name)));
}

TrimAnswer StoreRig::Trim(TrimSpec spec) {
  if (spec.measured_from_ms == 0) spec.measured_from_ms = ExpiryMs();
  return Expect(Append<TrimAnswer>(MakeTrim(spec)));
}

TrimAnswer StoreRig::TrimAt(std::int64_t expiry_ms, TrimSpec spec) {
  spec.now_ms = expiry_ms;
  spec.elapsed_ms = expiry_ms - ExpiryMs();
  EXPECT_GE(spec.elapsed_ms, 0) << "the expiry time never goes back";
  return Trim(spec);
}

MessageRow StoreRig::Message(const RawId& id) {
  return Expect(data_->state().MessageById(id)).value_or(MessageRow());
}

ConversationRow StoreRig::Conversation(const TestChannel& channel,
                                       const std::string& user) {
  return Expect(data_->state().Conversation(channel.no, user));
}

std::string StoreRig::NameIn(const ConversationRow& row) {
  if (row.sealed_username.empty()) return "";
  return Expect(sealer().Open(seal::SealedPlace::kUsername, row.user_id,
                              row.sealed_username));
}

std::vector<CommittedEvent> StoreRig::ReadEvents(bool include_raw) {
  return Expect(data_->events().Read(
                    {.last_seq = Number("SELECT last_seq FROM log_state"),
                     .max_rows = std::numeric_limits<int>::max(),
                     .max_events = std::numeric_limits<int>::max(),
                     .max_bytes = std::numeric_limits<std::size_t>::max(),
                     .include_raw = include_raw},
                    [](auto, auto, auto) { return true; }))
      .events;
}

std::vector<std::string> StoreRig::Rows(const std::string& sql) {
  std::vector<std::string> rows;
  const auto read_all = [&](sqlite::Database& database) -> absl::Status {
    sqlite::Statement read(database, sql.c_str());
    for (;;) {
      const auto row = read.Step();
      if (!row.ok()) return row.status();
      if (!*row) return absl::OkStatus();
      rows.push_back(read.String(0));
    }
  };
  const absl::Status read = data_->pool().Read(read_all);
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

}  // namespace linktor::state
