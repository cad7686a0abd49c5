// Makes commits faster: SQLite does not have to look at every page of its page
// cache at the end of each transaction.
//
// When SQLite splits a page of a b-tree, it sorts some pages. During the sort
// it gives a page a number that no page has: the number of the page at 1 GiB.
// SQLite's page cache keeps this number as the greatest page number that it has
// seen. At the end of the transaction, SQLite tells the cache to drop all pages
// behind the end of the database. Because of the great number, the cache then
// looks at every page that it has. The writer's cache has 16,000 pages. This
// search took a fifth of the writer's time (SQLite 3.40.1).
//
// The code here stands between SQLite and SQLite's own page cache, and forwards
// all calls to the cache. There is one exception: when no page has to be
// dropped, it does not forward the call that drops pages.

#pragma once

#include <sqlite3.h>

#include <cstdint>

namespace linktor::sqlite {

// Puts this code between SQLite and its page cache, for all connections that
// are opened later. Only the first call does anything, and it must come before
// SQLite is used. If it comes too late, commits are slower and nothing else
// changes. It is thread-safe. Database::Open calls it.
void SkipNeedlessTruncation();

// Returns the functions of this code that SQLite calls. Returns null when the
// first call of SkipNeedlessTruncation came too late. It is for tests.
const sqlite3_pcache_methods2* PageCacheInFront();
// Returns how many calls that drop pages were forwarded, for all caches
// together. It is for tests.
std::int64_t ForwardedTruncations();

}  // namespace linktor::sqlite
