// Lists of what is in the log are given out in pages. A page token is opaque to
// callers and holds three things: the end of the log when the list began, so
// that no page has anything that came later; the numbers at which the list goes
// on; and a check of both, so that a token which was cut off is refused.
// Clients hold tokens for minutes at most, so a change of their form needs no
// version. ListEvents, ListMessages and ListConversations use it; lists of
// other things have server/base/paging.h. Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/events/cursor.h"

namespace linktor::events {

// A token works for the list that gave it alone, and in its order. The values
// are the first byte of tokens.
enum class LogList : char {
  kNewestEvents = 'n',
  kOldestEvents = 'o',
  kNewestMessages = 'N',
  kOldestMessages = 'O',
  kConversations = 'C'
};

// A ListPlace is what a token says.
struct ListPlace {
  // The log ended with this sequence when the list began.
  std::int64_t end_seq = 0;
  // None of them is negative, or above 2^62.
  std::vector<std::int64_t> numbers;
};

// Returns the token with which the list goes on.
std::string MakeListToken(LogList list, const CursorCodec& cursors,
                          std::int64_t end_seq,
                          std::initializer_list<std::int64_t> numbers);

// Returns what the token says; it must have as many numbers as the last
// argument says. `last_seq` is the end of the log now. Fails with
// INVALID_REQUEST when it is not a token of that list, or when it is from a
// life of the log that had other events (see CursorCodec::Decode).
absl::StatusOr<ListPlace> ReadListToken(LogList list,
                                        const CursorCodec& cursors,
                                        std::int64_t last_seq,
                                        std::string_view token,
                                        std::size_t numbers);

}  // namespace linktor::events
