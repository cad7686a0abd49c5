// The conformance suite: what holds for every engine behind Journal. Its tests
// are in the conformance_*_test.cc files and are run with all of AllEngines;
// what holds for several instances on one log is in shared_log_test.cc.

#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/mutex.h"
#include "server/journal/record.pb.h"
#include "server/state/effects.h"
#include "server/state/rows.h"
#include "tests/unit/journal/engines.h"
#include "tests/unit/state/record_makers.h"

namespace linktor::journal {

// A record as a view was told of it.
struct Told {
  journal::Record record;
  bool own = false;
  state::Effects effects;
};

// An EngineRig has short functions for the work with an engine, and a view that
// remembers all that the feed told it. The functions that append a record fail
// the test when the record is not applied.
class EngineRig {
 public:
  explicit EngineRig(Engine& engine) : engine_(engine) {}

  void Open();
  void Close() { engine_.Close(); }
  void Reopen();
  Engine& engine() { return engine_; }
  DataFolder& folder() { return engine_.folder(); }
  seal::Sealer& sealer() { return folder().sealer(); }

  // Appends its keys, then the record.
  Ending AppendOne(state::SealedRecord made);
  template <typename T>
  T Append(state::SealedRecord made) {
    absl::StatusOr<T> answer = AnswerAs<T>(AppendOne(std::move(made)));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : T{};
  }
  // Appends them as one batch. Their keys are appended before.
  std::vector<Ending> AppendTogether(std::vector<state::SealedRecord> records);

  state::ChannelAnswer Create(const state::TestChannel& channel) {
    return Append<state::ChannelAnswer>(state::MakeChannel(channel));
  }
  state::DeliveryAnswer Deliver(const std::vector<state::ItemSpec>& items,
                                std::int64_t now_ms = state::kNowMs) {
    return Append<state::DeliveryAnswer>(
        state::MakeDelivery(sealer(), now_ms, items));
  }
  state::ClaimAnswer Claim(const state::ClaimSpec& spec = {}) {
    return Append<state::ClaimAnswer>(state::MakeClaim(sealer(), spec));
  }
  state::SendAnswer Settle(const state::MessageRow& message,
                           const state::OutcomeSpec& spec) {
    return Append<state::SendAnswer>(
        state::MakeOutcome(sealer(), message, spec));
  }
  state::ApiKeyAnswer CreateKey(const std::string& id,
                                const std::string& request_id = "",
                                const std::string& fingerprint = "same");

  // These read the state.
  state::MessageRow Message(const RawId& id);
  state::ConversationRow Conversation(const std::string& user);
  std::vector<std::string> LiveChannels();
  // Events as subscribers who are behind read them.
  std::vector<state::CommittedEvent> ReadEvents();
  // "sequence type user text" of each, opened.
  std::vector<std::string> Summary();

  // The records that the view was told of since the last opening, and the
  // sequences of their events.
  std::vector<Told> told() const;
  std::vector<std::int64_t> told_sequences() const;
  void Forget();

 private:
  Engine& engine_;
  mutable Mutex mutex_;
  std::vector<Told> told_ ABSL_GUARDED_BY(mutex_);
};

// An ItemSpec of a message that a customer has written.
state::ItemSpec Text(const std::string& mid, const std::string& user = "501");
// An echo of a send with that text.
state::ItemSpec Echo(const std::string& mid, const std::string& text = "hello");

class JournalConformance : public testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override { Start({}); }
  void TearDown() override;
  // Begins anew with an engine with these options, and the channel kShop.
  void Start(const EngineOptions& options);

  EngineUnderTest& engine() { return *engine_; }
  EngineRig& rig() { return *rig_; }

 private:
  std::unique_ptr<EngineUnderTest> engine_;
  std::unique_ptr<EngineRig> rig_;
};

}  // namespace linktor::journal
