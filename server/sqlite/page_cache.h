// Spares every commit a walk over the whole page cache.
//
// When SQLite splits a page of a b-tree, it gives pages for a moment a number
// that no page has, that of the page at 1 GiB, so as to sort them. Its page
// cache remembers that number as the greatest. At the end of the transaction
// SQLite tells the cache to forget pages behind the end of the database;
// because of that number the cache then looks at each of its pages, of which
// the writer has 16,000. That was a fifth of the writer's time (SQLite 3.40.1).
//
// What is here stands in front of SQLite's own page cache and forwards all
// calls to it, but for the order to forget pages where there are none.

#pragma once

#include <sqlite3.h>

#include <cstdint>

namespace linktor::sqlite {

// Puts itself in front of SQLite's page cache, for all connections that are
// opened later. Only the first call does anything, and only before SQLite has
// begun to work; where it comes too late, commits are slower and nothing else
// changes. It is thread-safe. Database::Open calls it.
void SkipNeedlessTruncation();

// Returns what stands in front, for tests; null where the call came too late.
const sqlite3_pcache_methods2* PageCacheInFront();
// Returns how many orders to forget pages were forwarded, in all caches, for
// tests.
std::int64_t ForwardedTruncations();

}  // namespace linktor::sqlite
