#include "server/app/reload.h"

#include <string>

#include "absl/strings/str_join.h"
#include "server/base/log.h"

namespace linktor::app {

void Reload(int argc, const char* const* argv, App& app, CommandLine& current) {
  auto next = ReadCommandLine(argc, argv);
  if (!next.ok()) {
    Log(LogLevel::kError,
        "the configuration was not taken; the old one stays in force",
        {{"problem", std::string(next.status().message())}});
    return;
  }
  const ConfigChanges changes = CompareConfigs(current, *next);
  app.Reload(next->config);
  Log(LogLevel::kInfo, "the configuration was read again",
      {{"taken", absl::StrJoin(changes.taken, ", ")},
       {"need_restart", absl::StrJoin(changes.waiting, ", ")}});
  // A change that needs a restart stays a difference, and is named again next
  // time.
  for (const std::string& name : changes.taken) {
    current.values[name] = next->values[name];
  }
}

}  // namespace linktor::app
