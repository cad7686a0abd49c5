#include "server/events/list_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/ids.h"
#include "server/base/status.h"

namespace linktor::events {
namespace {

// No log has so many of anything, and what reads a token may add to its
// numbers.
constexpr std::int64_t kMostNumber = std::int64_t{1} << 62;

absl::Status BadListToken() {
  return InvalidFields(
      v1::ERROR_REASON_INVALID_REQUEST,
      {{"page_token",
        "is no next_page_token of this list in this order, or the server was "
        "restored from a backup; begin the list again"}});
}

// Returns what tells a token from one that was cut off or changed on its way.
std::string CheckOf(std::string_view token) {
  constexpr std::size_t kBytes = 6;
  std::string check;
  absl::WebSafeBase64Escape(
      HashedRawId({"list token", token}).substr(0, kBytes), &check);
  return check;
}

}  // namespace

std::string MakeListToken(LogList list, const CursorCodec& cursors,
                          std::int64_t end_seq,
                          std::initializer_list<std::int64_t> numbers) {
  std::string token(1, static_cast<char>(list));
  token.append(cursors.Encode(end_seq));
  for (const std::int64_t number : numbers) {
    absl::StrAppend(&token, ".", number);
  }
  absl::StrAppend(&token, ".", CheckOf(token));
  return token;
}

absl::StatusOr<ListPlace> ReadListToken(LogList list,
                                        const CursorCodec& cursors,
                                        std::int64_t last_seq,
                                        std::string_view token,
                                        std::size_t numbers) {
  const std::size_t check = token.rfind('.');
  if (check == std::string_view::npos ||
      token.substr(check + 1) != CheckOf(token.substr(0, check)) ||
      token.front() != static_cast<char>(list)) {
    return BadListToken();
  }
  const std::vector<std::string> parts = absl::StrSplit(
      absl::string_view(token.data() + 1, check - 1), absl::ByChar('.'));
  if (parts.size() != numbers + 1) return BadListToken();
  const auto end = cursors.Decode(parts[0], last_seq);
  if (!end.ok()) return BadListToken();
  ListPlace place{.end_seq = *end};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::int64_t number = 0;
    if (!absl::SimpleAtoi(parts[i], &number) || number < 0 ||
        number > kMostNumber) {
      return BadListToken();
    }
    place.numbers.push_back(number);
  }
  return place;
}

}  // namespace linktor::events
