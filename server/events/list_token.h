// The server returns lists of events, messages and conversations in pages. A
// page token is opaque to callers. It has three parts:
// - the end of the log when the list began, so that no page has anything newer;
// - the numbers from which the next page continues, such as the sequence of an
//   event;
// - a checksum, so that a token that was cut off is refused.
//
// Clients hold a token for minutes at most, so a change of its format needs no
// version.
//
// ListEvents, ListMessages and ListConversations use these tokens. The other
// list methods use the tokens of server/base/paging.h. The functions are pure.

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

// A token is accepted only by the list that gave it out, and only for the same
// order. The value of the enum is the first byte of the token.
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
  // The next page continues from these numbers. No number is negative or above
  // 2^62.
  std::vector<std::int64_t> numbers;
};

// Returns the token for the next page of the list.
std::string MakeListToken(LogList list, const CursorCodec& cursors,
                          std::int64_t end_seq,
                          std::initializer_list<std::int64_t> numbers);

// Returns what the token says. The token must have as many numbers as `numbers`
// says. `last_seq` is the sequence of the last event in the log now.
// ReadListToken fails with INVALID_REQUEST when the text is not a token of this
// list. It also fails with INVALID_REQUEST when the log was restored from a
// backup and has lost events that it had when the token was made (see
// CursorCodec::Decode).
absl::StatusOr<ListPlace> ReadListToken(LogList list,
                                        const CursorCodec& cursors,
                                        std::int64_t last_seq,
                                        std::string_view token,
                                        std::size_t numbers);

}  // namespace linktor::events
