#include "server/events/live_ring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/seed.h"

namespace linktor::events {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kPlenty = 1 << 20;

// Events first..last of `bytes` each.
std::vector<EncodedEvent> Events(std::int64_t first, std::int64_t last,
                                 std::size_t bytes = 10) {
  std::vector<EncodedEvent> events;
  for (std::int64_t seq = first; seq <= last; ++seq) {
    events.push_back({.seq = seq, .wire = std::string(bytes, 'x')});
  }
  return events;
}

// Sequences after `after` that a read gives; {-1} when it refuses.
std::vector<std::int64_t> Read(const LiveRing& ring, std::int64_t after,
                               std::size_t max_bytes = kPlenty) {
  std::vector<LiveRing::Segment> segments;
  if (!ring.Read(after, max_bytes, segments)) return {-1};
  std::vector<std::int64_t> seqs;
  for (const LiveRing::Segment& segment : segments) {
    for (const EncodedEvent& event : *segment) {
      if (event.seq > after) seqs.push_back(event.seq);
    }
  }
  return seqs;
}

TEST(LiveRingTest, EmptyRingKnowsItsPlace) {
  const LiveRing ring(7, kPlenty);
  EXPECT_EQ(ring.last_seq(), 7);
  EXPECT_THAT(Read(ring, 7), IsEmpty());
  EXPECT_THAT(Read(ring, 9), IsEmpty());
  EXPECT_THAT(Read(ring, 6), ElementsAre(-1));
}

TEST(LiveRingTest, ReadsAtEveryPosition) {
  LiveRing ring(2, kPlenty);
  ring.Publish(Events(3, 4));
  ring.Publish(Events(5, 5));
  ring.Publish({});
  ring.Publish(Events(6, 9));
  EXPECT_EQ(ring.last_seq(), 9);
  EXPECT_THAT(Read(ring, 1), ElementsAre(-1));
  EXPECT_THAT(Read(ring, 2), ElementsAre(3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(Read(ring, 3), ElementsAre(4, 5, 6, 7, 8, 9));
  EXPECT_THAT(Read(ring, 4), ElementsAre(5, 6, 7, 8, 9));
  EXPECT_THAT(Read(ring, 5), ElementsAre(6, 7, 8, 9));
  EXPECT_THAT(Read(ring, 8), ElementsAre(9));
  EXPECT_THAT(Read(ring, 9), IsEmpty());
}

TEST(LiveRingTest, StopsAtTheBytesAskedFor) {
  LiveRing ring(0, kPlenty);
  for (std::int64_t seq = 1; seq <= 5; ++seq) ring.Publish(Events(seq, seq));
  EXPECT_THAT(Read(ring, 0, 1), ElementsAre(1));
  EXPECT_THAT(Read(ring, 2, 1), ElementsAre(3));
  EXPECT_THAT(Read(ring, 0, 2 * (10 + sizeof(EncodedEvent))),
              ElementsAre(1, 2));
}

TEST(LiveRingTest, DropsTheOldestWhenFull) {
  LiveRing ring(0, 3 * (10 + sizeof(EncodedEvent)));
  for (std::int64_t seq = 1; seq <= 5; ++seq) ring.Publish(Events(seq, seq));
  EXPECT_THAT(Read(ring, 1), ElementsAre(-1));
  EXPECT_THAT(Read(ring, 2), ElementsAre(3, 4, 5));
}

TEST(LiveRingTest, KeepsTheNewestSegmentWhateverItsSize) {
  LiveRing ring(0, 100);
  ring.Publish(Events(1, 3, 1000));
  EXPECT_THAT(Read(ring, 0), ElementsAre(1, 2, 3));
  ring.Publish(Events(4, 4, 1000));
  EXPECT_THAT(Read(ring, 2), ElementsAre(-1));
  EXPECT_THAT(Read(ring, 3), ElementsAre(4));
}

TEST(LiveRingTest, SegmentsOutliveTheirEviction) {
  LiveRing ring(0, 1);
  ring.Publish(Events(1, 1, 50));
  std::vector<LiveRing::Segment> segments;
  ASSERT_TRUE(ring.Read(0, kPlenty, segments));
  ring.Publish(Events(2, 2, 50));
  EXPECT_EQ(segments.at(0)->front().wire, std::string(50, 'x'));
}

EncodedEvent Erased(const EncodedEvent& event) {
  return {.seq = event.seq, .wire = "erased"};
}

// The wires of all events, the unchanged ones as "kept".
std::vector<std::string> Wires(const LiveRing& ring, std::int64_t after) {
  std::vector<LiveRing::Segment> segments;
  EXPECT_TRUE(ring.Read(after, kPlenty, segments));
  std::vector<std::string> wires;
  for (const LiveRing::Segment& segment : segments) {
    for (const EncodedEvent& event : *segment) {
      wires.push_back(event.wire == std::string(10, 'x') ? "kept" : event.wire);
    }
  }
  return wires;
}

TEST(LiveRingTest, EventsAreReplacedInTheirPlaces) {
  LiveRing ring(0, kPlenty);
  ring.Publish(Events(1, 3));
  ring.Publish(Events(4, 6));
  std::vector<LiveRing::Segment> before;
  ASSERT_TRUE(ring.Read(0, kPlenty, before));
  ring.Replace(std::vector<std::int64_t>{3, 4, 6}, Erased);
  EXPECT_THAT(Read(ring, 0), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Wires(ring, 0), ElementsAre("kept", "kept", "erased", "erased",
                                          "kept", "erased"));
  EXPECT_EQ((*before.at(0))[2].wire, std::string(10, 'x'))
      << "who reads it keeps it whole";
}

TEST(LiveRingTest, EventsAreReplacedByWhatTheyAre) {
  LiveRing ring(0, kPlenty);
  ring.Publish(Events(1, 3));
  ring.Publish(Events(4, 6));
  ring.Publish(Events(7, 7));
  ring.ReplaceIf([](const EncodedEvent& event) { return event.seq % 3 == 0; },
                 Erased);
  EXPECT_THAT(Wires(ring, 0), ElementsAre("kept", "kept", "erased", "kept",
                                          "kept", "erased", "kept"));
}

// An erasure must not cost more when the ring has more: it runs on the thread
// that applies records.
TEST(LiveRingTest, OnlySegmentsWithAReplacedEventAreCopied) {
  LiveRing ring(0, kPlenty);
  for (std::int64_t seq = 1; seq <= 9; seq += 3) {
    ring.Publish(Events(seq, seq + 2));
  }
  std::vector<LiveRing::Segment> before;
  ASSERT_TRUE(ring.Read(0, kPlenty, before));
  int encoded = 0;
  ring.Replace(std::vector<std::int64_t>{5}, [&](const EncodedEvent& event) {
    ++encoded;
    return Erased(event);
  });
  std::vector<LiveRing::Segment> after;
  ASSERT_TRUE(ring.Read(0, kPlenty, after));
  EXPECT_EQ(encoded, 1);
  EXPECT_EQ(after.at(0), before.at(0));
  EXPECT_NE(after.at(1), before.at(1));
  EXPECT_EQ(after.at(2), before.at(2));
}

TEST(LiveRingTest, WhatIsNotThereIsNotReplaced) {
  LiveRing ring(2, 3 * (10 + sizeof(EncodedEvent)));
  const auto fail = [](const EncodedEvent& event) {
    ADD_FAILURE() << event.seq;
    return event;
  };
  ring.Replace(std::vector<std::int64_t>{3}, fail);
  for (std::int64_t seq = 3; seq <= 8; ++seq) ring.Publish(Events(seq, seq));
  ring.Replace(std::vector<std::int64_t>{0, 2, 3, 5, 9}, fail);
  EXPECT_THAT(Read(ring, 5), ElementsAre(6, 7, 8));
}

TEST(LiveRingTest, ReadersSeeNoHolesWhileItGrows) {
  LiveRing ring(0, 50 * (10 + sizeof(EncodedEvent)));
  std::atomic<bool> failed = false;
  std::thread reader([&] {
    std::int64_t at = 0;
    while (at < 5000) {
      const std::vector<std::int64_t> seqs = Read(ring, at);
      // Fallen behind: a subscriber would read the disk.
      if (!seqs.empty() && seqs.front() == -1) at = ring.last_seq();
      for (const std::int64_t seq : seqs) {
        if (seq == -1) continue;
        if (seq != at + 1) failed = true;
        at = seq;
      }
    }
  });
  Random random(TestSeed());
  for (std::int64_t next = 1; next <= 5000;) {
    const auto last = next + static_cast<std::int64_t>(random.Below(7));
    ring.Publish(Events(next, last));
    next = last + 1;
  }
  reader.join();
  EXPECT_FALSE(failed);
}

}  // namespace
}  // namespace linktor::events
