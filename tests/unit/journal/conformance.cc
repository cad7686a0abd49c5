#include "tests/unit/journal/conformance.h"

#include <latch>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/state/event_encoding.h"

namespace linktor::journal {
namespace {

template <typename T>
T Expect(absl::StatusOr<T> read) {
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? *std::move(read) : T{};
}

std::string TextOf(const v1::Event& event) {
  if (event.has_message_received()) return event.message_received().text();
  if (event.has_message_echoed()) return event.message_echoed().text();
  return "";
}

}  // namespace

void EngineRig::Open() {
  Forget();
  const absl::Status opened =
      engine_.Open([this](std::span<const AppliedRecord> records) {
        MutexLock lock(mutex_);
        for (const AppliedRecord& one : records) {
          told_.push_back(
              {.record = one.record, .own = one.own, .effects = one.effects});
        }
      });
  ASSERT_TRUE(opened.ok()) << opened;
}

void EngineRig::Reopen() {
  Close();
  Open();
}

Ending EngineRig::AppendOne(state::SealedRecord made) {
  Ending ended;
  std::latch answered(1);
  AppendSealed(engine_.journal(), std::move(made.keys),
               {.record = std::move(made.record), .clear = made.clear},
               [&](Ending ending) {
                 ended = std::move(ending);
                 answered.count_down();
               });
  answered.wait();
  return ended;
}

std::vector<Ending> EngineRig::AppendTogether(
    std::vector<state::SealedRecord> records) {
  state::SealedRecord first(state::MakeNothing());
  for (state::SealedRecord& one : records) {
    first.keys.insert(first.keys.end(), one.keys.begin(), one.keys.end());
  }
  EXPECT_TRUE(AppendOne(std::move(first)).applied());
  engine_.Hold();
  std::vector<Ending> endings(records.size());
  std::latch answered(static_cast<std::ptrdiff_t>(records.size()));
  for (std::size_t i = 0; i < records.size(); ++i) {
    engine_.journal().Append({.record = std::move(records[i].record),
                              .clear = std::move(records[i].clear)},
                             [&, i](Ending ending) {
                               endings[i] = std::move(ending);
                               answered.count_down();
                             });
  }
  engine_.Release();
  answered.wait();
  return endings;
}

state::ApiKeyAnswer EngineRig::CreateKey(const std::string& id,
                                         const std::string& request_id,
                                         const std::string& fingerprint) {
  journal::Record record = NewRecord(state::kNowMs);
  journal::CreateApiKey& body = *record.mutable_create_api_key();
  body.set_id(id);
  body.set_sealed_key("sealed");
  body.set_hash("hash of " + id);
  body.set_request_id(request_id);
  body.set_request_fingerprint(fingerprint);
  return Append<state::ApiKeyAnswer>(std::move(record));
}

state::MessageRow EngineRig::Message(const RawId& id) {
  return Expect(folder().state().MessageById(id)).value_or(state::MessageRow{});
}

state::ConversationRow EngineRig::Conversation(const std::string& user) {
  return Expect(folder().state().Conversation(state::kShop.no, user));
}

std::vector<std::string> EngineRig::LiveChannels() {
  std::vector<std::string> ids;
  for (state::ChannelRow& row : Expect(folder().state().LiveChannels())) {
    ids.push_back(std::move(row.id));
  }
  return ids;
}

std::vector<state::CommittedEvent> EngineRig::ReadEvents() {
  auto page = Expect(folder().events().Read(
      {.last_seq = std::numeric_limits<std::int64_t>::max(),
       .max_rows = std::numeric_limits<int>::max(),
       .max_events = std::numeric_limits<int>::max(),
       .max_bytes = std::numeric_limits<std::size_t>::max()},
      [](auto, auto, auto) { return true; }));
  return std::move(page.events);
}

std::vector<std::string> EngineRig::Summary() {
  std::vector<std::string> lines;
  for (const state::CommittedEvent& event : ReadEvents()) {
    lines.push_back(absl::StrCat(event.seq, " ", event.type, " ", event.user_id,
                                 " ", TextOf(state::MergeEvent(event))));
  }
  return lines;
}

std::vector<Told> EngineRig::told() const {
  MutexLock lock(mutex_);
  return told_;
}

std::vector<std::int64_t> EngineRig::told_sequences() const {
  std::vector<std::int64_t> sequences;
  for (const Told& one : told()) {
    for (const state::CommittedEvent& event : one.effects.events) {
      sequences.push_back(event.seq);
    }
  }
  return sequences;
}

void EngineRig::Forget() {
  MutexLock lock(mutex_);
  told_.clear();
}

state::ItemSpec Text(const std::string& mid, const std::string& user) {
  return {.user = user, .mid = mid, .text = "hi"};
}

state::ItemSpec Echo(const std::string& mid, const std::string& text) {
  return {.kind = state::TestItem::kEcho, .mid = mid, .text = text};
}

void JournalConformance::Start(const EngineOptions& options) {
  rig_.reset();
  engine_ = GetParam().make(options);
  rig_ = std::make_unique<EngineRig>(*engine_);
  rig_->Open();
  rig_->Create(state::kShop);
}

void JournalConformance::TearDown() {
  rig_->Close();
  engine_->CheckClosed();
}

INSTANTIATE_TEST_SUITE_P(Engines, JournalConformance,
                         testing::ValuesIn(AllEngines()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace linktor::journal
