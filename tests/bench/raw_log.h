// This is the denominator of the journal: one writer thread appends records to
// a preallocated file, with one fdatasync for all that wait. The bare disk is
// measured here, too.

#pragma once

#include <cstddef>
#include <string>

namespace linktor::bench {

// Appends `count` records of `bytes` with `in_flight` waiting at any time, and
// returns the seconds that it took. The file is in `folder` and is deleted
// afterwards.
double RunRawLog(const std::string& folder, std::size_t count,
                 std::size_t bytes, int in_flight);

// Returns the milliseconds that a write of 4 KiB and its fdatasync take, as the
// median of 200. They follow each other at once, or come `rate` a second: then
// they take longer, because the disk and the processors have rested.
double ProbeDisk(const std::string& folder, double rate = 0);

}  // namespace linktor::bench
