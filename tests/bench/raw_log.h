// The denominator of the journal: records appended to a preallocated file by
// one writer thread, one fdatasync for all that waits; and the bare disk.

#pragma once

#include <cstddef>
#include <string>

namespace linktor::bench {

// Appends `count` records of `bytes` with `in_flight` waiting at any time;
// returns the seconds it took. The file is in `folder` and goes after.
double RunRawLog(const std::string& folder, std::size_t count,
                 std::size_t bytes, int in_flight);

// Milliseconds of one 4 KiB write and fdatasync, the median of 200: one after
// the other, or `rate` a second, with which a disk and processors that have
// rested in between take longer.
double ProbeDisk(const std::string& folder, double rate = 0);

}  // namespace linktor::bench
