#include "server/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/base/strings.h"

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

// A secret follows one of these names, with "=" or, in JSON, with quotes and a
// colon; or it follows the scheme of an Authorization header, in any case.
constexpr std::array<std::string_view, 2> kNames = {"access_token",
                                                    "appsecret_proof"};
constexpr std::string_view kScheme = "bearer ";
// Meta's tokens and this server's API keys begin like this, and have at least
// so many characters more. Shorter runs are ordinary words, such as
// IGApiException, the type of Instagram Login's errors.
constexpr std::array<std::string_view, 4> kTokenStarts = {"EAA", "IGA", "IGQ",
                                                          "lig_"};
constexpr std::size_t kTokenMinimum = 20;

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_-.|%+/=~").find(c) != std::string_view::npos;
}

std::size_t SkipBlanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\\')) ++at;
  return at;
}

// Returns where the value begins whose name ends at `at`; 0 when none follows.
std::size_t ValueAfterName(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '=') return at + 1;
  for (const char expected : {'"', ':', '"'}) {
    at = SkipBlanks(text, at);
    if (at >= text.size() || text[at] != expected) return 0;
    ++at;
  }
  return at;
}

// Returns where the secret begins that `text` announces at `at`; 0 when there
// is none.
std::size_t SecretAfter(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const std::string_view name : kNames) {
    if (rest.starts_with(name)) return ValueAfterName(text, at + name.size());
  }
  if (absl::StartsWithIgnoreCase(ToAbsl(rest), ToAbsl(kScheme))) {
    return at + kScheme.size();
  }
  return 0;
}

std::size_t TokenEnd(std::string_view text, std::size_t at) {
  while (at < text.size() && IsTokenCharacter(text[at])) ++at;
  return at;
}

// Returns where the token or key ends that begins at `at`; 0 when none does.
std::size_t KnownTokenEnd(std::string_view text, std::size_t at) {
  for (const std::string_view start : kTokenStarts) {
    if (!text.substr(at).starts_with(start)) continue;
    const std::size_t end = TokenEnd(text, at + start.size());
    if (end >= at + start.size() + kTokenMinimum) return end;
  }
  return 0;
}

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

std::string Redact(std::string_view text) {
  constexpr std::string_view kRedacted = "[redacted]";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t start = SecretAfter(text, i); start != 0) {
      const std::size_t end = TokenEnd(text, start);
      out.append(text.substr(i, start - i));
      if (end > start) out.append(kRedacted);
      i = end;
    } else if (const std::size_t end = KnownTokenEnd(text, i); end != 0) {
      out.append(kRedacted);
      i = end;
    } else {
      out.push_back(text[i++]);
    }
  }
  return out;
}

}  // namespace linktor
