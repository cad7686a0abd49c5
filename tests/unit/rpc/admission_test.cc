#include "server/rpc/admission.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <utility>

namespace linktor::rpc {
namespace {

// A key's last stream may end after the key was deleted: the assignment of an
// empty Admitted then lets go of the key before the place is given back.
TEST(PlaceTest, KeepsItsCounterAlive) {
  auto use = std::make_shared<access::KeyUse>();
  const std::weak_ptr<access::KeyUse> watched = use;
  std::int64_t before = -1;
  Admitted admitted;
  admitted.own = Place({use, &use->streams}, before);
  EXPECT_EQ(before, 0);
  use.reset();

  ASSERT_FALSE(watched.expired());
  EXPECT_EQ(watched.lock()->streams.load(), 1);
  admitted = {};
  EXPECT_TRUE(watched.expired());
}

TEST(PlaceTest, IsGivenBackOnce) {
  Place::Counter taken{0};
  const auto counter = [&taken] {
    return std::shared_ptr<Place::Counter>(std::shared_ptr<void>(), &taken);
  };
  std::int64_t before = -1;
  {
    Place first(counter(), before);
    EXPECT_EQ(before, 0);
    Place second(counter(), before);
    EXPECT_EQ(before, 1);
    const Place moved = std::move(first);
    EXPECT_EQ(taken.load(), 2);
    second = Place();
    EXPECT_EQ(taken.load(), 1);
  }
  EXPECT_EQ(taken.load(), 0);
}

}  // namespace
}  // namespace linktor::rpc
