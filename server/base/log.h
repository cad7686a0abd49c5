// The one way to log: JSON lines on standard error, through spdlog, after
// redaction. Content of messages is never logged, ids are.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linktor {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// Levels below `level` are dropped. Call once, before threads start.
void InitLogging(LogLevel level);

// Drops levels below `level` from now on. Called after InitLogging; thread-
// safe.
void SetLogLevel(LogLevel level);

// Returns whether lines of this level are written. Callers ask before they make
// fields that cost something.
bool Logs(LogLevel level);

// `event` is a short constant phrase; what varies goes into `fields`. Thread-
// safe.
void Log(LogLevel level, std::string_view event, const LogFields& fields = {});

// Writes the audit line of a call that changes something, whatever the level.
// Thread-safe.
void LogAudit(const LogFields& fields);

// `text` with what looks like an access token, an API key of this server, an
// Authorization header or an access_token parameter replaced. Every field
// passes through it.
std::string Redact(std::string_view text);

}  // namespace linktor
