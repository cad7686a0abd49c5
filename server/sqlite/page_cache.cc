#include "server/sqlite/page_cache.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <new>

namespace linktor::sqlite {
namespace {

// They are SQLite's own, once they were asked for.
sqlite3_pcache_methods2 real;
// They forward to those.
sqlite3_pcache_methods2 ours;

std::atomic<std::int64_t> forwarded{0};

// SQLite has the pointer to this in place of that to its own cache. A cache
// belongs to a connection, which one thread uses at a time.
struct Cache {
  sqlite3_pcache* real_cache = nullptr;
  // No page that is in the cache has a greater number, except for those that
  // `beyond` counts.
  unsigned greatest = 0;
  // So many pages have, for a moment, a number that was beyond `greatest` when
  // they were given it.
  int beyond = 0;
};

Cache& CacheOf(sqlite3_pcache* cache) {
  return *reinterpret_cast<Cache*>(cache);
}
sqlite3_pcache* RealOf(sqlite3_pcache* cache) {
  return CacheOf(cache).real_cache;
}

sqlite3_pcache* Create(int page_size, int extra_size, int purgeable) {
  auto* cache = new (std::nothrow) Cache;
  if (cache == nullptr) return nullptr;
  cache->real_cache = real.xCreate(page_size, extra_size, purgeable);
  if (cache->real_cache != nullptr) {
    return reinterpret_cast<sqlite3_pcache*>(cache);
  }
  delete cache;
  return nullptr;
}

void Destroy(sqlite3_pcache* cache) {
  real.xDestroy(RealOf(cache));
  delete &CacheOf(cache);
}

void SetSize(sqlite3_pcache* cache, int pages) {
  real.xCachesize(RealOf(cache), pages);
}

int Count(sqlite3_pcache* cache) { return real.xPagecount(RealOf(cache)); }

sqlite3_pcache_page* Fetch(sqlite3_pcache* cache, unsigned number, int create) {
  Cache& one = CacheOf(cache);
  sqlite3_pcache_page* page = real.xFetch(one.real_cache, number, create);
  // SQLite looks for the page at 1 GiB before it gives that number to another.
  // A page that is looked for and is not there must not count.
  if (page != nullptr) one.greatest = std::max(one.greatest, number);
  return page;
}

void Unpin(sqlite3_pcache* cache, sqlite3_pcache_page* page, int discard) {
  real.xUnpin(RealOf(cache), page, discard);
}

void Rekey(sqlite3_pcache* cache, sqlite3_pcache_page* page, unsigned from,
           unsigned to) {
  Cache& one = CacheOf(cache);
  if (from > one.greatest) --one.beyond;
  if (to > one.greatest) ++one.beyond;
  real.xRekey(one.real_cache, page, from, to);
}

void Truncate(sqlite3_pcache* cache, unsigned limit) {
  Cache& one = CacheOf(cache);
  if (one.beyond == 0 && limit > one.greatest) return;
  real.xTruncate(one.real_cache, limit);
  forwarded.fetch_add(1, std::memory_order_relaxed);
  const unsigned last = limit == 0 ? 0 : limit - 1;
  // A page that `beyond` counted may still be there, below the limit.
  one.greatest = one.beyond != 0 ? last : std::min(one.greatest, last);
  one.beyond = 0;
}

void Shrink(sqlite3_pcache* cache) { real.xShrink(RealOf(cache)); }

bool Configure() {
  if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &real) != SQLITE_OK) {
    return false;
  }
  ours = real;
  ours.xCreate = Create;
  ours.xCachesize = SetSize;
  ours.xPagecount = Count;
  ours.xFetch = Fetch;
  ours.xUnpin = Unpin;
  ours.xRekey = Rekey;
  ours.xTruncate = Truncate;
  ours.xDestroy = Destroy;
  ours.xShrink = Shrink;
  return sqlite3_config(SQLITE_CONFIG_PCACHE2, &ours) == SQLITE_OK;
}

}  // namespace

const sqlite3_pcache_methods2* PageCacheInFront() {
  static const bool kConfigured = Configure();
  return kConfigured ? &ours : nullptr;
}

std::int64_t ForwardedTruncations() {
  return forwarded.load(std::memory_order_relaxed);
}

void SkipNeedlessTruncation() { (void)PageCacheInFront(); }

}  // namespace linktor::sqlite
