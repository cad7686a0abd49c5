#include "server/app/descriptor_limit.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace linktor::app {
namespace {

// Lowers the soft limit below the hard one, and puts it back at the end.
class LoweredLimit {
 public:
  LoweredLimit() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = before_.rlim_max - 1;
    setrlimit(RLIMIT_NOFILE, &lowered);
  }
  ~LoweredLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
  LoweredLimit(const LoweredLimit&) = delete;
  LoweredLimit& operator=(const LoweredLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(DescriptorLimitTest, IsRaisedToWhatIsAllowed) {
  const LoweredLimit lowered;
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_LT(limit.rlim_cur, limit.rlim_max);
  EXPECT_EQ(RaiseDescriptorLimit(), limit.rlim_max);
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

}  // namespace
}  // namespace linktor::app
