// SQLite writes each page of a commit to its write-ahead log by two calls, the
// head of a frame and the page. Here they are gathered in memory and written
// together when SQLite syncs, which it does before anybody learns of the
// commit: a commit of thirty pages is one write instead of sixty.

#pragma once

namespace linktor {

// The name under which SQLite knows this layer (a VFS), for sqlite3_open_v2. It
// stands upon SQLite's default VFS at the time a file is opened. Only for
// journal_mode WAL and synchronous FULL: with less, where a commit is not
// synced, one whose write fails is not refused, and others see damage.
const char* WalGatheringVfs();

}  // namespace linktor
