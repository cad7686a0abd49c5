// All code of the server writes its log with these functions. They write JSON
// lines on standard error, through spdlog, after they have removed secrets (see
// redaction.h). Code never logs the content of messages, but it may log ids.
// Any thread may log, and a line is written before the call returns. When
// InitLogging was not called, as in tests, lines go to spdlog's own default
// logger.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linktor {

// A line of the level kError needs an operator now, and a line of the level
// kWarning needs an operator soon. A line of the level kInfo says something
// that an operator may want to know. A line of the level kDebug helps to find a
// fault.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Holds the fields of a line, as pairs of a name and a value. Names are
// constants. Values are redacted when the line is written.
using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// Sets up the log: from now on it goes to standard error, without lines below
// `level`. The function main calls it once, before threads start.
void InitLogging(LogLevel level);

// Drops lines below `level` from now on, but audit lines are still written. The
// App calls it after InitLogging, when the configuration was read again. It is
// thread-safe.
void SetLogLevel(LogLevel level);

// Returns whether lines of this level are written. A caller asks this before it
// makes fields that cost much time or memory. It is thread-safe.
bool Logs(LogLevel level);

// Writes a line, or nothing when lines of this level are dropped. `event` is a
// short constant phrase, so that people can search for it; everything that
// varies goes into `fields`. No field may have the name "event", because it
// would replace the phrase. The function is thread-safe.
void Log(LogLevel level, std::string_view event, const LogFields& fields = {});

// Writes the audit line of a call that changes something (see
// CallContext::LogEnd in rpc/call.h), whatever the log's level is. Before
// InitLogging it writes nothing. It is thread-safe.
void LogAudit(const LogFields& fields);

}  // namespace linktor
