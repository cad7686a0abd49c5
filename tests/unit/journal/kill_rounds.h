// How often the kill tests kill, and at which calls.

#pragma once

#include <cstdint>
#include <functional>

namespace linktor::journal {

// LINKTOR_KILL_ROUNDS, or 1.
std::uint64_t KillRounds();

// Prints how often this test has killed; tools/check/soak.sh reads it.
void TellKills(std::int64_t killed);

// Runs `work` in processes of their own, each killed before or after another
// call by which SQLite changes a file, until one is not killed; `prepare` runs
// before each and `judge` after each. Returns how many were killed, -1 when
// `judge` failed. Under a sanitizer each stands for several calls, and so it
// does with `every` above 1: each round then takes others of them.
std::int64_t KillAtEveryCall(const std::function<void()>& prepare,
                             const std::function<void()>& work,
                             const std::function<void()>& judge,
                             std::int64_t every = 1);

}  // namespace linktor::journal
