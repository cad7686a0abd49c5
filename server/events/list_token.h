// Lists of events, messages and conversations are given out in pages. A page
// token is opaque to callers and holds three things. The first is the end of
// the log when the list began, so that no page has anything newer. The second
// is the numbers at which the list goes on. The third is a checksum, so that a
// token that was cut off is refused. Clients hold a token for minutes at most,
// so a change of its form needs no version.
//
// ListEvents, ListMessages and ListConversations use these tokens. The other
// lists have the tokens of server/base/paging.h. The functions are pure.

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

// A token works only for the list that gave it out, and only in the same order.
// The values are the first byte of the tokens.
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
  // The list goes on at these numbers. None of them is negative or above 2^62.
  std::vector<std::int64_t> numbers;
};

// Returns the token with which the list goes on.
std::string MakeListToken(LogList list, const CursorCodec& cursors,
                          std::int64_t end_seq,
                          std::initializer_list<std::int64_t> numbers);

// Returns what the token says. The token must have as many numbers as `numbers`
// says. `last_seq` is the present end of the log. It fails with INVALID_REQUEST
// when the text is not a token of this list. It also fails with INVALID_REQUEST
// when the log was restored from a backup and has lost events that it had when
// the token was made (see CursorCodec::Decode).
absl::StatusOr<ListPlace> ReadListToken(LogList list,
                                        const CursorCodec& cursors,
                                        std::int64_t last_seq,
                                        std::string_view token,
                                        std::size_t numbers);

}  // namespace linktor::events
