#include "server/state/event_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/cause_log.h"
#include "tests/support/log_capture.h"
#include "tests/unit/state/store_rig.h"

namespace linktor::state {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kAll = [](std::string_view, std::string_view, std::string_view) {
  return true;
};

class EventReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    rig_.Create(kCafe);
    for (int i = 1; i <= 10; ++i) {
      rig_.Deliver({{.channel = i % 5 == 0 ? kCafe : kShop,
                     .user = i % 2 == 0 ? "502" : "501",
                     .mid = absl::StrCat("m", i),
                     .text = absl::StrCat("text ", i)}});
    }
  }

  EventReader::Page Read(const EventReader::Bounds& bounds,
                         EventReader::Wanted wanted) {
    auto page = rig_.data().events().Read(bounds, wanted);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *std::move(page) : EventReader::Page();
  }
  static std::vector<std::int64_t> Seqs(const EventReader::Page& page) {
    std::vector<std::int64_t> seqs;
    seqs.reserve(page.events.size());
    for (const auto& event : page.events) seqs.push_back(event.seq);
    return seqs;
  }

  StoreRig rig_;
};

TEST_F(EventReaderTest, ReadsBetweenItsBounds) {
  const auto page = Read({.after_seq = 3, .last_seq = 6}, kAll);
  EXPECT_THAT(Seqs(page), ElementsAre(4, 5, 6));
  EXPECT_EQ(page.through_seq, 6);
  EXPECT_EQ(page.oldest_seq, 1);
  const CommittedEvent& event = page.events[1];
  EXPECT_EQ(event.type, "message.received");
  EXPECT_EQ(event.channel_id, "cafe");
  EXPECT_EQ(event.user_id, "501");
  EXPECT_EQ(MergeEvent(event).message_received().text(), "text 5");
}

TEST_F(EventReaderTest, NothingNewStaysWhereItIs) {
  const auto page = Read({.after_seq = 10, .last_seq = 10}, kAll);
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_EQ(page.through_seq, 10);
}

// A position ahead of what the caller believes committed must not fall back:
// its events would be delivered twice.
TEST_F(EventReaderTest, NeverGoesBack) {
  const auto page = Read({.after_seq = 10, .last_seq = 7}, kAll);
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_EQ(page.through_seq, 10);
}

TEST_F(EventReaderTest, FilterSeesTypeChannelAndUser) {
  const auto page =
      Read({.last_seq = 10}, [](std::string_view type, std::string_view channel,
                                std::string_view user) {
        return type == "message.received" && channel == "shop" && user == "502";
      });
  EXPECT_THAT(Seqs(page), ElementsAre(2, 4, 6, 8));
  EXPECT_EQ(page.through_seq, 10) << "hidden events have been passed too";
}

TEST_F(EventReaderTest, StopsAtEachLimit) {
  auto page = Read({.last_seq = 10, .max_events = 3}, kAll);
  EXPECT_THAT(Seqs(page), ElementsAre(1, 2, 3));
  EXPECT_EQ(page.through_seq, 3);
  page = Read({.last_seq = 10, .max_bytes = 1}, kAll);
  EXPECT_THAT(Seqs(page), ElementsAre(1));
  EXPECT_EQ(page.through_seq, 1);
  page = Read({.last_seq = 10, .max_rows = 4},
              [](auto, auto, auto) { return false; });
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_EQ(page.through_seq, 4);
}

TEST_F(EventReaderTest, PagesAddUpToTheWhole) {
  for (const int size : {1, 2, 3, 7}) {
    std::vector<std::int64_t> seqs;
    for (std::int64_t after = 0; after < 10;) {
      const auto page =
          Read({.after_seq = after, .last_seq = 10, .max_events = size}, kAll);
      ASSERT_GT(page.through_seq, after);
      after = page.through_seq;
      for (const auto seq : Seqs(page)) seqs.push_back(seq);
    }
    EXPECT_THAT(seqs, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  }
}

TEST_F(EventReaderTest, TrimmedFrontShowsInOldest) {
  rig_.Deliver({{.mid = "m11"}}, kNowMs + 1);
  rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = kDayMs - 1});
  const auto page = Read({.after_seq = 2, .last_seq = 11}, kAll);
  EXPECT_THAT(Seqs(page), ElementsAre(11));
  EXPECT_EQ(page.oldest_seq, 11);
  const auto gone = Read({.after_seq = 2, .last_seq = 8}, kAll);
  EXPECT_THAT(gone.events, IsEmpty());
  EXPECT_EQ(gone.oldest_seq, 11);
}

TEST_F(EventReaderTest, RawOnRequestUpTo256KiB) {
  const std::string fits(kMaxRawJson, 'x');
  rig_.Deliver({{.mid = "a", .raw = "{\"a\":1}"},
                {.mid = "b", .raw = fits},
                {.mid = "c", .raw = fits + "x"}});
  const EventReader::Bounds bounds{
      .after_seq = 10, .last_seq = 13, .max_bytes = 10'000'000};
  EXPECT_FALSE(MergeEvent(Read(bounds, kAll).events[0]).has_message_sent());
  EXPECT_EQ(MergeEvent(Read(bounds, kAll).events[0]).raw_json(), "");
  EventReader::Bounds with_raw = bounds;
  with_raw.include_raw = true;
  const auto page = Read(with_raw, kAll);
  ASSERT_EQ(page.events.size(), 3);
  EXPECT_EQ(MergeEvent(page.events[0]).raw_json(), "{\"a\":1}");
  EXPECT_EQ(MergeEvent(page.events[1]).raw_json(), fits);
  EXPECT_EQ(MergeEvent(page.events[1]).raw_size(), 0);
  EXPECT_EQ(MergeEvent(page.events[2]).raw_json(), "");
  EXPECT_EQ(MergeEvent(page.events[2]).raw_size(), kMaxRawJson + 1);
  EXPECT_EQ(MergeEvent(page.events[2]).message_received().mid(), "c");
}

TEST_F(EventReaderTest, RawCountsTowardsTheBytesOfAPage) {
  const std::string raw(10'000, 'x');
  rig_.Deliver({{.mid = "a", .raw = raw}, {.mid = "b", .raw = raw}});
  const auto page = Read({.after_seq = 10,
                          .last_seq = 12,
                          .max_bytes = 10'000,
                          .include_raw = true},
                         kAll);
  EXPECT_THAT(Seqs(page), ElementsAre(11));
}

TEST_F(EventReaderTest, EventWhoseKeyIsGoneComesWithoutContent) {
  rig_.Close();
  rig_.ExecuteClosed("DELETE FROM data_keys WHERE user_id = '502'");
  rig_.Open();
  const auto page = Read({.last_seq = 10, .include_raw = true}, kAll);
  ASSERT_EQ(page.events.size(), 10);
  const v1::Event kept = MergeEvent(page.events[0]);
  EXPECT_EQ(kept.message_received().text(), "text 1");
  EXPECT_EQ(kept.raw_json(), "{}");
  const v1::Event bare = MergeEvent(page.events[1]);
  EXPECT_EQ(bare.type(), "message.received");
  EXPECT_EQ(bare.user_id(), "502");
  EXPECT_EQ(bare.channel_id(), "shop");
  EXPECT_THAT(bare.id(), testing::StartsWith("evt_"));
  EXPECT_FALSE(bare.has_message_received());
  EXPECT_EQ(bare.raw_json(), "");
}

// Somebody has changed the file: the log tells, and the event comes without it.
TEST_F(EventReaderTest, DamagedItemAsReceivedIsTold) {
  rig_.Close();
  rig_.ExecuteClosed(
      "UPDATE raw_items SET sealed_raw = x'0102030405060708' WHERE no = 1");
  rig_.Open();
  // What other tests have left out is none of this one's.
  LogLeftOutCauses(/*all=*/true);
  const LogCapture log;
  const auto page = Read({.last_seq = 2, .include_raw = true}, kAll);
  ASSERT_EQ(page.events.size(), 2);
  EXPECT_EQ(MergeEvent(page.events[0]).message_received().text(), "text 1");
  EXPECT_EQ(MergeEvent(page.events[0]).raw_json(), "");
  EXPECT_EQ(MergeEvent(page.events[1]).raw_json(), "{}");
  LogLeftOutCauses(/*all=*/true);
  EXPECT_EQ(log.Count("item as received cannot be opened"), 1);
}

// What was erased is no damage.
TEST_F(EventReaderTest, ErasedItemAsReceivedIsNotTold) {
  rig_.Close();
  rig_.ExecuteClosed("UPDATE raw_items SET sealed_raw = zeroblob(90)");
  rig_.Open();
  // What other tests have left out is none of this one's.
  LogLeftOutCauses(/*all=*/true);
  const LogCapture log;
  const auto page = Read({.last_seq = 2, .include_raw = true}, kAll);
  ASSERT_EQ(page.events.size(), 2);
  EXPECT_EQ(MergeEvent(page.events[0]).raw_json(), "");
  LogLeftOutCauses(/*all=*/true);
  EXPECT_EQ(log.Count("cannot be opened"), 0);
}

// A key that cannot be opened is as good as none.
TEST_F(EventReaderTest, DamagedEventComesWithoutContent) {
  rig_.Close();
  rig_.ExecuteClosed(
      "UPDATE events SET sealed_event = zeroblob(length(sealed_event)) "
      "WHERE seq = 1");
  rig_.Open();
  const auto page = Read({.last_seq = 2}, kAll);
  ASSERT_EQ(page.events.size(), 2);
  EXPECT_FALSE(MergeEvent(page.events[0]).has_message_received());
  EXPECT_EQ(MergeEvent(page.events[1]).message_received().text(), "text 2");
}

// ---- By mid -----------------------------------------------------------------

class FindByMidTest : public testing::Test {
 protected:
  void SetUp() override {
    rig_.Create(kShop);
    Write("m1");
  }
  void Write(const std::string& mid) {
    rig_.Deliver({{.mid = mid, .text = "text " + mid}});
  }
  // Enough that what came before is moved from memory into the table.
  void Fill() {
    for (int i = 0; i < 8; ++i) Write(absl::StrCat("fill", i));
    ASSERT_GT(rig_.Number("SELECT mids_through FROM log_state"), 0);
  }
  std::string TextOf(const TestChannel& channel, const std::string& mid,
                     journal::ItemKind kind = journal::ITEM_KIND_MESSAGE) {
    const auto found =
        rig_.data().events().FindByMid(MidKeyOf(channel, mid), kind);
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok() || !found->has_value()) return "none";
    return (*found)->has_message_echoed() ? (*found)->message_echoed().text()
                                          : (*found)->message_received().text();
  }

  StoreRig rig_{journal::EmbeddedJournal::Options{
      .max_batch_time = absl::Hours(1), .runs = {4, 4}}};
};

TEST_F(FindByMidTest, InMemoryAndInTheTable) {
  EXPECT_EQ(rig_.Number("SELECT count(*) FROM event_mids"), 0);
  EXPECT_EQ(TextOf(kShop, "m1"), "text m1");
  Fill();
  EXPECT_EQ(rig_.Number("SELECT min(seq) FROM event_mids"), 1);
  EXPECT_EQ(TextOf(kShop, "m1"), "text m1");
  EXPECT_EQ(TextOf(kShop, "fill7"), "text fill7");
  rig_.Reopen();
  EXPECT_EQ(TextOf(kShop, "m1"), "text m1");
  EXPECT_EQ(TextOf(kShop, "fill7"), "text fill7");
}

TEST_F(FindByMidTest, ByKindAndChannel) {
  rig_.Deliver({{.kind = TestItem::kEcho, .mid = "m1", .text = "echo"}});
  EXPECT_EQ(TextOf(kShop, "m1"), "text m1");
  EXPECT_EQ(TextOf(kShop, "m1", journal::ITEM_KIND_ECHO), "echo");
  EXPECT_EQ(TextOf(kShop, "m1", journal::ITEM_KIND_POSTBACK), "none");
  EXPECT_EQ(TextOf(kCafe, "m1"), "none");
}

TEST_F(FindByMidTest, DeletedOnesAreNotFound) {
  Fill();
  Write("last");
  rig_.TrimAt(kNowMs + kDayMs, {.event_age_ms = 0});
  EXPECT_EQ(TextOf(kShop, "m1"), "none");
  EXPECT_EQ(TextOf(kShop, "fill7"), "none");
  EXPECT_EQ(TextOf(kShop, "last"), "text last");
}

// The same mids decide what is a duplicate, in memory, in the table, and after
// a start.
TEST_F(FindByMidTest, DuplicatesAreFoundWhereverTheirMidIs) {
  EXPECT_EQ(rig_.Deliver({{.mid = "m1"}}).duplicates, 1);
  Fill();
  EXPECT_EQ(rig_.Deliver({{.mid = "m1"}, {.mid = "fill7"}}).duplicates, 2);
  rig_.Reopen();
  EXPECT_EQ(rig_.Deliver({{.mid = "m1"}, {.mid = "fill7"}}).duplicates, 2);
}

}  // namespace
}  // namespace linktor::state
