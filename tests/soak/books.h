// What the server has counted, post by post, against what was posted.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/soak/plan.h"

namespace linktor::testing {

// The server's counts of all posts together.
struct Books {
  std::int64_t events = 0;
  std::int64_t duplicates = 0;
  std::int64_t ignored = 0;
  std::int64_t issues = 0;
  std::int64_t quarantined = 0;
  // Each post, as the counts say.
  std::vector<PostCounts> posts;

  std::int64_t items() const { return events + duplicates + ignored + issues; }
};

// The deliveries of a data folder whose server has ended.
absl::StatusOr<Books> ReadBooks(const std::string& data_folder);

// What does not add up, one sentence each; empty when every answered post was
// counted once and as it was, and besides only posts whose answer never came.
std::string CompareBooks(const Books& books, std::vector<PostCounts> answered,
                         std::vector<PostCounts> unanswered);

}  // namespace linktor::testing
