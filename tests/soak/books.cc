#include "tests/soak/books.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace linktor::testing {
namespace {

constexpr std::size_t kMaxSentences = 20;

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
  }
};

std::vector<PostCounts> Without(const std::vector<PostCounts>& all,
                                const std::vector<PostCounts>& these) {
  std::vector<PostCounts> left;
  std::set_difference(all.begin(), all.end(), these.begin(), these.end(),
                      std::back_inserter(left));
  return left;
}

std::string Sentences(const std::vector<PostCounts>& posts,
                      absl::string_view what) {
  std::string text;
  for (std::size_t i = 0; i < std::min(posts.size(), kMaxSentences); ++i) {
    absl::StrAppend(&text, "a post of ", posts[i].bytes, " bytes with ",
                    posts[i].items, " items, ", posts[i].ignored,
                    " to ignore and ", posts[i].issues, " of strangers ", what,
                    "\n");
  }
  return text;
}

}  // namespace

absl::StatusOr<Books> ReadBooks(const std::string& data_folder) {
  const std::string path = data_folder + "/gateway.db";
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, CloseDatabase> database(opened);
  if (result != SQLITE_OK) {
    return absl::InternalError(sqlite3_errmsg(opened));
  }
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(opened,
                         "SELECT bytes, events, duplicates, ignored, issues, "
                         "quarantined FROM deliveries",
                         -1, &prepared, nullptr) != SQLITE_OK) {
    return absl::InternalError(sqlite3_errmsg(opened));
  }
  const std::unique_ptr<sqlite3_stmt, EndStatement> statement(prepared);
  const auto column = [prepared](int i) {
    return static_cast<std::int64_t>(sqlite3_column_int64(prepared, i));
  };
  Books books;
  int step = sqlite3_step(prepared);
  for (; step == SQLITE_ROW; step = sqlite3_step(prepared)) {
    books.events += column(1);
    books.duplicates += column(2);
    books.ignored += column(3);
    books.issues += column(4);
    books.quarantined += column(5);
    books.posts.push_back(
        {.bytes = column(0),
         .items = column(1) + column(2) + column(3) + column(4),
         .ignored = column(3),
         .issues = column(4)});
  }
  if (step != SQLITE_DONE) return absl::InternalError(sqlite3_errmsg(opened));
  return books;
}

std::string CompareBooks(const Books& books, std::vector<PostCounts> answered,
                         std::vector<PostCounts> unanswered) {
  std::vector<PostCounts> counted = books.posts;
  std::sort(counted.begin(), counted.end());
  std::sort(answered.begin(), answered.end());
  std::sort(unanswered.begin(), unanswered.end());
  return Sentences(Without(answered, counted),
                   "was answered 200 but is not counted so") +
         Sentences(Without(Without(counted, answered), unanswered),
                   "is counted but was not posted so");
}

}  // namespace linktor::testing
