// This file has the command errors [REASON].

#include <boost/json.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"
#include "client/cli/reasons.h"

namespace linktor::cli {
namespace {

ExitCode Errors(Session& session, const std::string& name) {
  std::vector<Reason> reasons;
  if (name.empty()) {
    reasons = AllReasons();
  } else if (const auto found = FindReason(name)) {
    reasons.push_back(*found);
  } else {
    return session.Usage(absl::InvalidArgumentError(
        absl::StrCat("no reason ", name, "; linktor-ig errors lists them")));
  }
  std::string out;
  if (session.options().json) {
    for (const Reason& reason : reasons) {
      absl::StrAppend(&out,
                      boost::json::serialize(
                          boost::json::object{{"reason", reason.name},
                                              {"code", reason.code},
                                              {"meaning", reason.meaning},
                                              {"remedy", reason.remedy}}),
                      "\n");
    }
  } else {
    out = ReasonsToText(reasons);
  }
  return session.PrintText(out);
}

}  // namespace

void AddErrors(const Program& program) {
  auto name = std::make_shared<std::string>();
  CLI::App* command = AddCommand(
      program.app, "errors", "the reasons of errors and what to do about them",
      "  linktor-ig errors RECIPIENT_NOT_FOUND\nIt calls no server.");
  command->add_option("REASON", *name, "the reason to explain; by default all");
  Session& session = program.session;
  Bind(command, program.run,
       [&session, name] { return Errors(session, *name); });
}

}  // namespace linktor::cli
