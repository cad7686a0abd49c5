// Many sends to one customer that are not settled: what an outcome or an echo
// costs then, and which of them an echo settles. Costs are steps of SQLite's
// machine, of all statements: no clock is read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/state/applier.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAreArray;

constexpr int kFew = 10;
constexpr int kMany = 1000;
// More records are measured than one, because now and then a record also does
// what is due once for many.
constexpr int kMeasured = 4;

// A store that counts the steps of its writer.
class CountedStore {
 public:
  CountedStore() {
    rig_.Close();
    rig_.Open([this](sqlite::Database& writer) {
      const auto count = [](void* steps) {
        static_cast<std::atomic<std::int64_t>*>(steps)->fetch_add(1);
        return 0;
      };
      sqlite3_progress_handler(writer.handle(), /*nOps=*/1, count, &steps_);
    });
    rig_.Create(kShop);
    // It makes the conversation's key.
    rig_.Deliver({{.mid = "m0", .text = "hi"}});
  }

  StoreRig& rig() { return rig_; }

  std::vector<MessageRow> Claim(int count, const std::string& text,
                                bool all_differ = false) {
    std::vector<SealedRecord> claims;
    for (int i = 0; i < count; ++i) {
      claims.push_back(MakeClaim(
          rig_.sealer(), {.text = all_differ ? absl::StrCat(text, i) : text,
                          .request_id = absl::StrCat("r", ++made_),
                          .now_ms = kNowMs + i}));
    }
    std::vector<MessageRow> rows;
    for (const journal::Ending& ending :
         rig_.AppendTogether(std::move(claims))) {
      EXPECT_TRUE(ending.applied());
      rows.push_back(std::get<ClaimAnswer>(ending.answer).message);
    }
    return rows;
  }
  // Nobody knows how they ended.
  void Lose(const std::vector<MessageRow>& sends) {
    std::vector<SealedRecord> outcomes;
    for (const MessageRow& send : sends) {
      outcomes.push_back(MakeOutcome(
          rig_.sealer(), send,
          {.state = v1::MESSAGE_STATE_UNCONFIRMED, .now_ms = send.claim_ms}));
    }
    for (const journal::Ending& ending :
         rig_.AppendTogether(std::move(outcomes))) {
      EXPECT_TRUE(ending.applied());
    }
  }
  // So many come, the first 500 ms after the claims.
  void Echo(int count, const std::string& text) {
    std::vector<ItemSpec> echoes;
    for (int i = 0; i < count; ++i) {
      echoes.push_back({.kind = TestItem::kEcho,
                        .mid = absl::StrCat("m", ++made_),
                        .text = text,
                        .event_ms = kNowMs + 500 + i});
    }
    EXPECT_EQ(rig_.Deliver(echoes).events, count);
  }

  // Returns the fewest steps that one of several such records takes. Each
  // follows its `prepare`, which is not counted.
  std::int64_t StepsOf(
      const std::function<void(int)>& append,
      const std::function<void(int)>& prepare = [](int) {}) {
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    for (int i = 0; i < kMeasured; ++i) {
      prepare(i);
      const std::int64_t before = steps_;
      append(i);
      fewest = std::min(fewest, steps_ - before);
    }
    EXPECT_GT(fewest, 0);
    return fewest;
  }

 private:
  std::atomic<std::int64_t> steps_ = 0;
  StoreRig rig_;
  int made_ = 0;
};

// `steps` are those with so many open sends.
void ExpectTheSameCost(const std::function<std::int64_t(int)>& steps) {
  const std::int64_t few = steps(kFew);
  const std::int64_t many = steps(kMany);
  EXPECT_LE(many, few + few / 4)
      << "with " << kMany << " open sends; " << few << " with " << kFew;
}

// ---- What it costs ----------------------------------------------------------

TEST(OpenSendsTest, AnOutcomeReadsNoneOfTheOthersThatArePending) {
  ExpectTheSameCost([](int count) {
    CountedStore store;
    const auto sends = store.Claim(count, "hello ", /*all_differ=*/true);
    return store.StepsOf([&](int i) {
      store.rig().Settle(sends[static_cast<std::size_t>(i)],
                         {.mid = absl::StrCat("own", i)});
    });
  });
}

TEST(OpenSendsTest, AnEchoReadsNoneOfThoseThatArePending) {
  ExpectTheSameCost([](int count) {
    CountedStore store;
    store.Claim(count, "hello");
    return store.StepsOf([&](int /*i*/) { store.Echo(1, "hello"); });
  });
}

TEST(OpenSendsTest, AnEchoReadsFewOfThoseItCouldBelongTo) {
  ExpectTheSameCost([](int count) {
    CountedStore store;
    store.Lose(store.Claim(count, "hello"));
    return store.StepsOf([&](int /*i*/) { store.Echo(1, "hello"); });
  });
}

// All of one content, as pictures are.
TEST(OpenSendsTest, AnOutcomeReadsFewOfTheSendsAndEchoesOfItsContent) {
  for (const auto state :
       {v1::MESSAGE_STATE_SENT, v1::MESSAGE_STATE_UNCONFIRMED}) {
    SCOPED_TRACE(v1::MessageState_Name(state));
    ExpectTheSameCost([state](int count) {
      CountedStore store;
      store.Lose(store.Claim(count, "hello"));
      store.Echo(count, "hello");
      MessageRow next;
      return store.StepsOf(
          [&](int i) {
            const bool sent = state == v1::MESSAGE_STATE_SENT;
            store.rig().Settle(
                next,
                {.state = state, .mid = sent ? absl::StrCat("own", i) : ""});
          },
          [&](int /*i*/) { next = store.Claim(1, "hello").front(); });
    });
  }
}

// ---- Which are settled ------------------------------------------------------

// One customer's UNCONFIRMED sends of one text, and the echoes that came.
struct Scene {
  std::vector<std::int64_t> claims_ms;
  std::vector<std::int64_t> echoes_ms;
};

// Returns for each send, in the order of their claims, the echo that it alone
// can have and that no other can have; -1 for none.
std::vector<int> PairsOf(const Scene& scene) {
  const auto fit = [&](std::size_t send, std::size_t echo) {
    const std::int64_t after = scene.echoes_ms[echo] - scene.claims_ms[send];
    return after >= -kEchoSkewMs && after <= kEchoMatchMs;
  };
  std::vector<int> pairs;
  for (std::size_t send = 0; send < scene.claims_ms.size(); ++send) {
    int found = -1;
    int choices = 0;
    for (std::size_t echo = 0; echo < scene.echoes_ms.size(); ++echo) {
      if (!fit(send, echo)) continue;
      ++choices;
      found = static_cast<int>(echo);
      for (std::size_t other = 0; other < scene.claims_ms.size(); ++other) {
        if (other != send && fit(other, echo)) choices += 2;
      }
    }
    pairs.push_back(choices == 1 ? found : -1);
  }
  return pairs;
}

// Times that lie close to each other, or as far apart as a limit, or nearly so.
Scene RandomScene(Random& random) {
  const auto below = [&](std::size_t end) {
    return static_cast<std::int64_t>(random.Below(end));
  };
  const std::int64_t apart[] = {0, 1, kEchoSkewMs, kEchoMatchMs,
                                kEchoMatchMs + kEchoSkewMs};
  const auto next = [&](std::int64_t ms) {
    return ms + apart[below(5)] + below(3);
  };
  Scene scene;
  std::int64_t ms = kNowMs;
  for (std::int64_t left = below(12); left >= 0; --left) {
    ms = next(ms);
    if (below(2) == 0) {
      scene.claims_ms.push_back(ms);
    } else {
      scene.echoes_ms.push_back(ms - 2 * kEchoSkewMs + below(5) * kEchoSkewMs);
    }
  }
  return scene;
}

class SettleByContentTest : public testing::Test {
 protected:
  void SetUp() override { rig_.Create(kShop); }

  // Has it all known at once, by a send of that text that was under way until
  // then. Returns the mids that settled sends, in the order in which it was
  // told, and says of the others that they are UNCONFIRMED.
  std::vector<std::string> Settle(const Scene& scene, const std::string& user) {
    ClaimSpec claim{.user = user, .request_id = user + " under way"};
    const MessageRow under_way = rig_.Claim(claim).message;
    std::vector<SealedRecord> claims;
    for (const std::int64_t ms : scene.claims_ms) {
      claim.request_id = absl::StrCat(user, " ", claims.size());
      claim.now_ms = ms;
      claims.push_back(MakeClaim(rig_.sealer(), claim));
    }
    std::vector<SealedRecord> outcomes;
    for (const journal::Ending& ending :
         rig_.AppendTogether(std::move(claims))) {
      outcomes.push_back(MakeOutcome(
          rig_.sealer(), std::get<ClaimAnswer>(ending.answer).message,
          {.state = v1::MESSAGE_STATE_UNCONFIRMED}));
    }
    rig_.AppendTogether(std::move(outcomes));
    std::vector<ItemSpec> echoes;
    for (const std::int64_t ms : scene.echoes_ms) {
      echoes.push_back({.kind = TestItem::kEcho,
                        .user = user,
                        .mid = absl::StrCat(user, " ", echoes.size()),
                        .text = "hello",
                        .event_ms = ms});
    }
    if (!echoes.empty()) rig_.Deliver(echoes);
    rig_.Settle(under_way, {.state = v1::MESSAGE_STATE_FAILED});
    std::vector<std::string> told;
    const auto batches = rig_.batches();
    for (CommittedEvent event : batches.back()) {
      if (event.type != "message.sent") continue;
      EXPECT_THAT(OpenEvent(rig_.sealer(), event), IsOk());
      told.push_back(MergeEvent(event).message_sent().mid());
    }
    return told;
  }

  StoreRig rig_;
};

TEST_F(SettleByContentTest, PairsThatAreAloneAmongTheRest) {
  const auto after = [](std::int64_t minutes, std::int64_t ms) {
    return kNowMs + minutes * kMinuteMs + ms;
  };
  // An echo before all sends, a pair, two sends with one echo, a send without
  // one, one with two echoes, an echo without a send, a pair.
  const Scene scene{
      .claims_ms = {after(20, 0), after(40, 0), after(41, 0), after(60, 0),
                    after(80, 0), after(120, 0)},
      .echoes_ms = {after(1, 0), after(21, 0), after(42, 0), after(81, 0),
                    after(82, 0), after(100, 0), after(121, 0)}};
  EXPECT_THAT(Settle(scene, "501"), testing::ElementsAre("501 1", "501 6"));
}

TEST_F(SettleByContentTest, AreThoseThatComparingAllWithAllFinds) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("LINKTOR_TEST_SEED=", seed));
  Random random(seed);
  int settled = 0;
  for (int round = 0; round < 150; ++round) {
    const Scene scene = RandomScene(random);
    const std::string user = absl::StrCat(1000 + round);
    std::vector<std::string> expected;
    for (const int echo : PairsOf(scene)) {
      if (echo >= 0) expected.push_back(absl::StrCat(user, " ", echo));
    }
    ASSERT_THAT(Settle(scene, user), ElementsAreArray(expected))
        << "round " << round;
    settled += static_cast<int>(expected.size());
  }
  EXPECT_GT(settled, 20);
}

}  // namespace
}  // namespace linktor::state
