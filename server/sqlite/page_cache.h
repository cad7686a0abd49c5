// Saves every commit a walk through the whole page cache.
//
// When SQLite splits a page of a b-tree, it has to sort some pages. For a
// moment it gives a page a number that no page has: the number of the page at 1
// GiB. SQLite's page cache remembers this number as the greatest one. At the
// end of the transaction SQLite orders the cache to forget all pages behind the
// end of the database. Because of that number the cache then looks at every
// page that it has. The writer's cache has 16,000 pages. This walk was a fifth
// of the writer's time (SQLite 3.40.1).
//
// The code here stands in front of SQLite's own page cache and forwards all
// calls to it. Only one call is not forwarded: the order to forget pages when
// there are no such pages.

#pragma once

#include <sqlite3.h>

#include <cstdint>

namespace linktor::sqlite {

// Puts this code in front of SQLite's page cache, for all connections that are
// opened later. Only the first call does anything, and only if SQLite has not
// begun to work. If the call comes too late, commits are slower and nothing
// else changes. It is thread-safe. Database::Open calls it.
void SkipNeedlessTruncation();

// Returns the functions that stand in front of SQLite's page cache, for tests.
// Returns null when the first call came too late.
const sqlite3_pcache_methods2* PageCacheInFront();
// Returns how many orders to forget pages were forwarded, in all caches. It is
// for tests.
std::int64_t ForwardedTruncations();

}  // namespace linktor::sqlite
