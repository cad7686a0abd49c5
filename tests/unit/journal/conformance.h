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

namespace linktor {

// A record as a view was told of it.
struct Told {
  journal::Record record;
  bool own = false;
  Effects effects;
};

// Shorthands for an engine, and a view that remembers all. Those that append
// fail the test when the record is not applied.
class EngineRig {
 public:
  explicit EngineRig(Engine& engine) : engine_(engine) {}

  void Open();
  void Close() { engine_.Close(); }
  void Reopen();
  Engine& engine() { return engine_; }
  DataFolder& folder() { return engine_.folder(); }
  Sealer& sealer() { return folder().sealer(); }

  // Appends its keys, then the record.
  Ending AppendOne(SealedRecord made);
  template <typename T>
  T Append(SealedRecord made) {
    absl::StatusOr<T> answer = AnswerAs<T>(AppendOne(std::move(made)));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : T{};
  }
  // Appends them as one batch. Their keys are appended before.
  std::vector<Ending> AppendTogether(std::vector<SealedRecord> records);

  ChannelAnswer Create(const TestChannel& channel) {
    return Append<ChannelAnswer>(MakeChannel(channel));
  }
  DeliveryAnswer Deliver(const std::vector<ItemSpec>& items,
                         std::int64_t now_ms = kNowMs) {
    return Append<DeliveryAnswer>(MakeDelivery(sealer(), now_ms, items));
  }
  ClaimAnswer Claim(const ClaimSpec& spec = {}) {
    return Append<ClaimAnswer>(MakeClaim(sealer(), spec));
  }
  SendAnswer Settle(const MessageRow& message, const OutcomeSpec& spec) {
    return Append<SendAnswer>(MakeOutcome(sealer(), message, spec));
  }
  ApiKeyAnswer CreateKey(const std::string& id,
                         const std::string& request_id = "",
                         const std::string& fingerprint = "same");

  // These read the state.
  MessageRow Message(const RawId& id);
  ConversationRow Conversation(const std::string& user);
  std::vector<std::string> LiveChannels();
  // Events as subscribers who are behind read them.
  std::vector<CommittedEvent> ReadEvents();
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
ItemSpec Text(const std::string& mid, const std::string& user = "501");
// An echo of a send with that text.
ItemSpec Echo(const std::string& mid, const std::string& text = "hello");

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

}  // namespace linktor
