// A Stretch says which part of a list the user wants to see. WalkPages reads a
// list page by page. The `list` commands of events, messages, conversations and
// deliveries use both. They are for the main thread only.

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
  // Each is empty when it was not given.
  std::string since, until;
  bool oldest_first = false;
  std::int64_t limit = 20;
};

// This check of an option refuses an empty value. A value can be empty because
// a variable in a script is not set. Without the check the command would act as
// if the option had not been given.
const CLI::Validator& NotEmpty();

// Adds the options of a Stretch to a command. `what` names the rows of the
// list, in the plural.
void AddStretch(CLI::App& command, Stretch& stretch, const std::string& what);

// Reads the time that was given for `option` into `time`. An error names the
// option and is for the person who typed it.
absl::Status SetTime(const std::string& text, const char* option,
                     google::protobuf::Timestamp& time);

// Sets the times and the order of a list request from a Stretch.
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

// Says that standard output cannot be written, and returns the exit code. It
// reads the reason from errno. When the reader has closed the pipe because it
// has seen enough (| head), that is not an error, and the result is kOk.
ExitCode OutputClosed(const Session& session);

// A Noun is the name of a row, for one row and for several rows.
struct Noun {
  const char* one;
  const char* many;
};

// Gets page after page until `limit` rows are printed or the list ends. `get`
// fills one page, and returns a failure if there is one. `print` prints one
// page, and returns how many rows it printed, or -1 when the output cannot be
// written. At the end a notice says how many rows were printed; `noun` names
// the rows. The pages of events and of messages have a cursor. For them the
// notice also says from which cursor to read on.
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
