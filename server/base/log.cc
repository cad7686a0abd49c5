#include "server/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "absl/strings/ascii.h"

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

// What precedes a secret, and how many characters of it make it one.
struct Marker {
  std::string_view text;
  bool keep;           // whether the marker itself is kept
  std::size_t minimum;  // shorter runs are ordinary words
};
constexpr std::array kMarkers = {
    Marker{"access_token=", true, 1}, Marker{"appsecret_proof=", true, 1},
    Marker{"Bearer ", true, 1},       Marker{"EAA", false, 10},
    Marker{"IGA", false, 10},         Marker{"IGQ", false, 10}};

bool IsTokenCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-' || c == '.' || c == '|' || c == '%';
}

}  // namespace

void InitLogging(LogLevel level) {
  auto logger = spdlog::stderr_logger_mt("linktor");
  // The message is a JSON object without its opening brace and time.
  logger->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                      spdlog::pattern_time_type::utc);
  logger->set_level(ToSpdlog(level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

void Log(LogLevel level, std::string_view event, const LogFields& fields) {
  const auto spd_level = ToSpdlog(level);
  if (!spdlog::default_logger_raw()->should_log(spd_level)) return;
  boost::json::object object;
  object["event"] = event;
  for (const auto& [key, value] : fields) object[key] = Redact(value);
  const std::string line = boost::json::serialize(object);
  spdlog::default_logger_raw()->log(
      spd_level, std::string_view(line).substr(1, line.size() - 2));
}

std::string Redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    bool found = false;
    for (const Marker& marker : kMarkers) {
      if (!text.substr(i).starts_with(marker.text)) continue;
      const std::size_t start = i + marker.text.size();
      std::size_t end = start;
      while (end < text.size() && IsTokenCharacter(text[end])) ++end;
      if (end - start < marker.minimum) continue;
      if (marker.keep) out.append(marker.text);
      out.append("[redacted]");
      i = end;
      found = true;
      break;
    }
    if (!found) out.push_back(text[i++]);
  }
  return out;
}

}  // namespace linktor
