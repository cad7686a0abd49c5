// A Stretch says which part of the log a list is of, and WalkPages goes over
// the pages of a list. The commands `list` of events, messages, conversations
// and deliveries share them. They are for the main thread only.

#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"
#include "client/cli/session.h"
#include "linktor/instagram/v1/list_order.pb.h"

namespace linktor::cli {

struct Stretch {
  // Both are empty when they were not given.
  std::string since, until;
  bool oldest_first = false;
  std::int64_t limit = 20;
};

// Refuses a value that is empty: a script's variable that is not set would take
// a limit away.
const CLI::Validator& NotEmpty();

// Adds the options to a command; `what` are its rows, in the plural.
void AddStretch(CLI::App& command, Stretch& stretch, const std::string& what);

// Reads a time of an option of that name. Errors are for the person who typed
// it.
absl::Status SetTime(const std::string& text, const char* option,
                     google::protobuf::Timestamp& time);

// Sets the times and the order of a request.
template <typename ListRequest>
absl::Status SetStretch(const Stretch& stretch, ListRequest& request) {
  if (!stretch.since.empty()) {
    const absl::Status set =
        SetTime(stretch.since, "--since", *request.mutable_since());
    if (!set.ok()) return set;
  }
  if (!stretch.until.empty()) {
    const absl::Status set =
        SetTime(stretch.until, "--until", *request.mutable_until());
    if (!set.ok()) return set;
  }
  request.set_order(stretch.oldest_first ? v1::LIST_ORDER_OLDEST_FIRST
                                         : v1::LIST_ORDER_NEWEST_FIRST);
  return absl::OkStatus();
}

// Says that standard output cannot be written, and returns the exit code; errno
// says why. A reader that has seen enough (| head) is no fault.
ExitCode OutputClosed(const Session& session);

// A Noun names one row, and several rows.
struct Noun {
  const char* one;
  const char* many;
};

// Gets page after page, gives each to `print`, which returns how many rows it
// has printed, or -1 when the output cannot be written, and says at the end
// where to go on, if the rows are those of a log that can be followed. `noun`
// names the rows. `get` fills a page and returns a failure, if any.
template <typename Response, typename ListRequest, typename Get, typename Print>
ExitCode WalkPages(Session& session, std::int64_t limit, const Noun& noun,
                   ListRequest request, Get get, Print print) {
  constexpr std::int64_t kMostOfAPage = 1000;
  std::int64_t left = limit;
  std::string cursor;
  do {
    request.set_page_size(static_cast<int>(std::min(left, kMostOfAPage)));
    Response page;
    if (auto failure = get(request, &page)) return session.Fail(*failure);
    const int rows = print(page);
    if (rows < 0) return OutputClosed(session);
    left -= rows;
    if constexpr (requires { page.cursor(); }) cursor = page.cursor();
    request.set_page_token(page.next_page_token());
  } while (left > 0 && !request.page_token().empty());
  const std::int64_t printed = limit - left;
  session.Notice(
      absl::StrCat(printed, " ", printed == 1 ? noun.one : noun.many,
                   request.page_token().empty()
                       ? ", and no more"
                       : "; there may be more, which --limit asks for"),
      cursor);
  return ExitCode::kOk;
}

}  // namespace linktor::cli
