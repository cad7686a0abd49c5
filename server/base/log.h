// This is the one way to log: JSON lines on standard error, through spdlog,
// after redaction. Content of messages is never logged, ids are. Any thread may
// log; a line is written before the call returns. Before InitLogging, as in
// tests, lines go to spdlog's own default logger.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linktor {

// An error needs an operator now, a warning soon; info is what an operator may
// want to know, and debug is for finding a fault.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Holds the fields of a line as names and values. Names are constants; values
// are redacted when the line is written.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// Sends the log to standard error from now on; levels below `level` are
// dropped. It is called once, before threads start.
void InitLogging(LogLevel level);

// Drops levels below `level` from now on; audit lines are written all the same.
// It is called after InitLogging, when the configuration was read again.
// Thread-safe.
void SetLogLevel(LogLevel level);

// Returns whether lines of this level are written. Callers ask before they make
// fields that cost something. Thread-safe.
bool Logs(LogLevel level);

// Writes a line, or nothing when the level is dropped. `event` is a short
// constant phrase by which lines are found; what varies goes into `fields`. A
// field named "event" would take its place. Thread-safe.
void Log(LogLevel level, std::string_view event, const LogFields& fields = {});

// Writes the audit line of a call that changes something, whatever the level.
// Nothing is written before InitLogging. Thread-safe.
void LogAudit(const LogFields& fields);

}  // namespace linktor
