// This makes the methods of a SQLite file that forwards every call to another
// file. The VFSs (virtual file systems) of the tests start with these methods
// and replace some of them with their own functions.

#pragma once

#include <sqlite3.h>

namespace linktor {

// `Below` returns the file that the calls are forwarded to. The methods are of
// version 2, which has no memory-mapped reads.
template <sqlite3_file* (*Below)(sqlite3_file*)>
constexpr sqlite3_io_methods ForwardingMethods() {
  using File = sqlite3_file;
  using Offset = sqlite3_int64;
  sqlite3_io_methods to{};
  to.iVersion = 2;
  to.xClose = [](File* f) { return Below(f)->pMethods->xClose(Below(f)); };
  to.xRead = [](File* f, void* out, int size, Offset at) {
    return Below(f)->pMethods->xRead(Below(f), out, size, at);
  };
  to.xWrite = [](File* f, const void* data, int size, Offset at) {
    return Below(f)->pMethods->xWrite(Below(f), data, size, at);
  };
  to.xTruncate = [](File* f, Offset size) {
    return Below(f)->pMethods->xTruncate(Below(f), size);
  };
  to.xSync = [](File* f, int flags) {
    return Below(f)->pMethods->xSync(Below(f), flags);
  };
  to.xFileSize = [](File* f, Offset* size) {
    return Below(f)->pMethods->xFileSize(Below(f), size);
  };
  to.xLock = [](File* f, int level) {
    return Below(f)->pMethods->xLock(Below(f), level);
  };
  to.xUnlock = [](File* f, int level) {
    return Below(f)->pMethods->xUnlock(Below(f), level);
  };
  to.xCheckReservedLock = [](File* f, int* out) {
    return Below(f)->pMethods->xCheckReservedLock(Below(f), out);
  };
  to.xFileControl = [](File* f, int op, void* argument) {
    return Below(f)->pMethods->xFileControl(Below(f), op, argument);
  };
  to.xSectorSize = [](File* f) {
    return Below(f)->pMethods->xSectorSize(Below(f));
  };
  to.xDeviceCharacteristics = [](File* f) {
    return Below(f)->pMethods->xDeviceCharacteristics(Below(f));
  };
  to.xShmMap = [](File* f, int page, int size, int extend,
                  void volatile** out) {
    return Below(f)->pMethods->xShmMap(Below(f), page, size, extend, out);
  };
  to.xShmLock = [](File* f, int offset, int n, int flags) {
    return Below(f)->pMethods->xShmLock(Below(f), offset, n, flags);
  };
  to.xShmBarrier = [](File* f) { Below(f)->pMethods->xShmBarrier(Below(f)); };
  to.xShmUnmap = [](File* f, int remove) {
    return Below(f)->pMethods->xShmUnmap(Below(f), remove);
  };
  return to;
}

}  // namespace linktor
