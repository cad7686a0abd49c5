#include "server/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>

#include "server/base/redaction.h"

namespace linktor {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

constexpr char kAuditLogger[] = "linktor.audit";

// Returns the fields as a JSON object without its braces: the logger's pattern
// has them, with the time and the level before the fields.
std::string ToJson(std::string_view event, const LogFields& fields) {
  boost::json::object object;
  object["event"] = event;
  for (const auto& [key, value] : fields) object[key] = Redact(value);
  const std::string line = boost::json::serialize(object);
  return line.substr(1, line.size() - 2);
}

}  // namespace

void InitLogging(LogLevel level) {
  auto logger = spdlog::stderr_logger_mt("linktor");
  // The message is a JSON object without its opening brace and time.
  logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                      spdlog::pattern_time_type::utc);
  logger->set_level(ToSpdlog(level));
  logger->flush_on(spdlog::level::debug);
  // The audit lines go the same way, but whatever the log's level is.
  std::shared_ptr<spdlog::logger> audit = logger->clone(kAuditLogger);
  audit->set_level(spdlog::level::info);
  spdlog::register_logger(std::move(audit));
  spdlog::set_default_logger(std::move(logger));
}

void SetLogLevel(LogLevel level) {
  spdlog::default_logger_raw()->set_level(ToSpdlog(level));
}

bool Logs(LogLevel level) {
  return spdlog::default_logger_raw()->should_log(ToSpdlog(level));
}

void Log(LogLevel level, std::string_view event, const LogFields& fields) {
  if (!Logs(level)) return;
  spdlog::default_logger_raw()->log(ToSpdlog(level), ToJson(event, fields));
}

void LogAudit(const LogFields& fields) {
  // Without InitLogging, as in tests, there is no such logger.
  if (const auto logger = spdlog::get(kAuditLogger)) {
    logger->info(ToJson("audit", fields));
  }
}

}  // namespace linktor
