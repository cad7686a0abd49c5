// The ledger sees what it is there to see.

#include "tests/soak/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

namespace linktor::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kSeed = 7;
constexpr std::int64_t kBaseMs = 1'790'000'000'000;
constexpr std::uint32_t kItems = 200;

std::string CursorAt(std::int64_t sequence) {
  // Version, log and epoch, and the checksum at the end.
  std::string bytes(13, '\1');
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(sequence >> shift));
  }
  return absl::WebSafeBase64Escape(bytes + "1234");
}

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    for (std::uint32_t number = 0; number < kItems; ++number) {
      if (catalogue_.EventTypeOf(number).empty()) continue;
      events_.push_back(EventOf(number));
    }
  }

  v1::Event EventOf(std::uint32_t number) const {
    v1::Event event;
    event.set_id(absl::StrCat("evt_", number));
    event.set_type(std::string(catalogue_.EventTypeOf(number)));
    event.set_user_id(catalogue_.UserOf(number));
    *event.mutable_event_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
            catalogue_.TimeOf(number));
    const std::string mid = catalogue_.MidOf(number);
    switch (catalogue_.KindOf(number)) {
      case SoakKind::kText:
      case SoakKind::kTextWithoutMid:
        event.mutable_message_received()->set_mid(mid);
        break;
      case SoakKind::kQuickReply:
        event.mutable_quick_reply()->mutable_message()->set_mid(mid);
        break;
      case SoakKind::kEcho:
        event.mutable_message_echoed()->set_mid(mid);
        break;
      case SoakKind::kPostback:
      case SoakKind::kPostbackWithoutMid:
        event.mutable_postback()->set_mid(mid);
        break;
      case SoakKind::kReaction:
        event.mutable_reaction()->set_mid(mid);
        break;
      case SoakKind::kRead:
        event.mutable_message_read()->set_mid(mid);
        break;
      default:
        event.mutable_unknown()->set_kind("x");
        event.set_raw_json(catalogue_.Json(number, 0));
    }
    return event;
  }

  // Returns the index in events_ of the first event of that kind.
  std::size_t First(SoakKind kind) const {
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (catalogue_.KindOf(NumberOf(i)) == kind) return i;
    }
    ADD_FAILURE() << "there is none";
    return 0;
  }
  std::uint32_t NumberOf(std::size_t i) const {
    return static_cast<std::uint32_t>(std::stoul(events_[i].id().substr(4)));
  }

  // Judges a stream that has events_ in this order.
  Ledger::Verdict Judge() {
    Ledger ledger(catalogue_);
    std::int64_t sequence = 0;
    for (v1::Event event : events_) {
      ++sequence;
      if (event.cursor().empty()) event.set_cursor(CursorAt(sequence));
      ledger.Take(event);
    }
    order_hash_ = ledger.order_hash();
    return ledger.Judge();
  }

  const Catalogue catalogue_{kSeed, kBaseMs, kItems};
  std::vector<v1::Event> events_;
  std::uint64_t order_hash_ = 0;
};

TEST_F(LedgerTest, EveryItemOnceIsGood) {
  const Ledger::Verdict verdict = Judge();
  EXPECT_EQ(verdict.missing, 0U);
  EXPECT_EQ(verdict.duplicates, 0U);
  EXPECT_EQ(verdict.wrong, 0U);
  EXPECT_EQ(verdict.report, "");
}

TEST_F(LedgerTest, NamesWhatIsMissing) {
  const std::string name = catalogue_.NameOf(NumberOf(50));
  events_.erase(events_.begin() + 50);
  const Ledger::Verdict verdict = Judge();
  EXPECT_EQ(verdict.missing, 1U);
  EXPECT_EQ(verdict.duplicates, 0U);
  EXPECT_THAT(verdict.report, HasSubstr(name + " is missing"));
}

TEST_F(LedgerTest, NamesWhatComesAgain) {
  const std::string name = catalogue_.NameOf(NumberOf(50));
  events_.push_back(events_[50]);
  events_.push_back(events_[50]);
  const Ledger::Verdict verdict = Judge();
  EXPECT_EQ(verdict.missing, 0U);
  EXPECT_EQ(verdict.duplicates, 2U);
  EXPECT_THAT(verdict.report, HasSubstr(name + " came 3 times"));
}

TEST_F(LedgerTest, OneInPlaceOfAnotherIsBoth) {
  events_[50] = events_[51];
  const Ledger::Verdict verdict = Judge();
  EXPECT_EQ(verdict.missing, 1U);
  EXPECT_EQ(verdict.duplicates, 1U);
}

TEST_F(LedgerTest, NamesWhatComesOutOfOrder) {
  events_[50].set_cursor(CursorAt(50));
  const Ledger::Verdict verdict = Judge();
  EXPECT_EQ(verdict.wrong, 1U);
  EXPECT_THAT(verdict.report, HasSubstr(events_[50].id()));
  EXPECT_THAT(verdict.report, HasSubstr("comes after sequence 50"));
}

TEST_F(LedgerTest, CursorThatIsNoneIsOutOfOrder) {
  events_[50].set_cursor("no cursor");
  EXPECT_EQ(Judge().wrong, 1U);
}

TEST_F(LedgerTest, EventOfNothingIsWrong) {
  events_.push_back(EventOf(kItems));
  EXPECT_THAT(Judge().report, HasSubstr("is of nothing that makes an event"));
}

TEST_F(LedgerTest, EventOfWhatIsIgnoredIsWrong) {
  std::uint32_t ignored = 0;
  while (catalogue_.KindOf(ignored) != SoakKind::kIgnored) ++ignored;
  events_.push_back(EventOf(ignored));
  EXPECT_EQ(Judge().wrong, 1U);
}

TEST_F(LedgerTest, AnotherTypeUserOrMidIsWrong) {
  events_[First(SoakKind::kText)].set_type("message.echoed");
  events_[First(SoakKind::kEcho)].set_user_id("1");
  events_[First(SoakKind::kReaction)].mutable_reaction()->set_mid("x");
  events_[First(SoakKind::kRead)].mutable_message_read()->set_mid("x");
  events_[First(SoakKind::kMisfit)].set_raw_json("{}");
  EXPECT_EQ(Judge().wrong, 5U);
}

TEST_F(LedgerTest, OrderHashTellsOrdersApart) {
  Judge();
  const std::uint64_t before = order_hash_;
  Judge();
  EXPECT_EQ(order_hash_, before);
  std::swap(events_[50], events_[51]);
  Judge();
  EXPECT_NE(order_hash_, before);
}

}  // namespace
}  // namespace linktor::testing
