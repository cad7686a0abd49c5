#include "server/base/cause_log.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace linktor {
namespace {

CauseLimiter& Limiter() {
  static CauseLimiter& limiter = *new CauseLimiter;
  return limiter;
}

CauseLimiter::Line StandingFor(CauseLimiter::Line line, std::uint64_t others) {
  if (others > 0) {
    line.fields.emplace_back("left_out", std::to_string(others));
  }
  return line;
}

}  // namespace

std::optional<CauseLimiter::Line> CauseLimiter::Offer(std::string_view cause,
                                                      Line line,
                                                      TimePoint now) {
  MutexLock lock(mutex_);
  State& state = Find(cause, now);
  if (now < state.next) {
    ++state.left_out;
    state.last = std::move(line);
    return std::nullopt;
  }
  state.next = now + kInterval;
  return StandingFor(std::move(line), std::exchange(state.left_out, 0));
}

std::vector<CauseLimiter::Line> CauseLimiter::TakeLeftOut(TimePoint now,
                                                          bool all) {
  std::vector<Line> lines;
  MutexLock lock(mutex_);
  const auto take = [&](State& state) {
    if (state.left_out == 0 || (!all && now < state.next)) return;
    state.next = now + kInterval;
    lines.push_back(StandingFor(std::move(state.last),
                                std::exchange(state.left_out, 0) - 1));
  };
  for (auto& [cause, state] : causes_) take(state);
  take(others_);
  return lines;
}

CauseLimiter::State& CauseLimiter::Find(std::string_view cause, TimePoint now) {
  if (const auto it = causes_.find(cause); it != causes_.end()) {
    return it->second;
  }
  if (causes_.size() >= kMaxCauses) {
    // Causes that have been quiet since are forgotten. This looks at all of
    // them, but only when a new cause comes at the limit.
    std::erase_if(causes_, [now](const auto& one) {
      return one.second.next <= now && one.second.left_out == 0;
    });
  }
  if (causes_.size() >= kMaxCauses) return others_;
  return causes_.try_emplace(std::string(cause)).first->second;
}

void LogCause(LogLevel level, std::string_view event, std::string_view about,
              LogFields fields) {
  if (!Logs(level)) return;
  const auto line =
      Limiter().Offer(absl::StrCat(ToAbsl(event), "\n", ToAbsl(about)),
                      {.level = level,
                       .event = std::string(event),
                       .fields = std::move(fields)},
                      std::chrono::steady_clock::now());
  if (line.has_value()) Log(line->level, line->event, line->fields);
}

void LogLeftOutCauses(bool all) {
  for (const CauseLimiter::Line& line :
       Limiter().TakeLeftOut(std::chrono::steady_clock::now(), all)) {
    Log(line.level, line.event, line.fields);
  }
}

}  // namespace linktor
