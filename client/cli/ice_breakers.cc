// This file has the commands ice-breakers set|get|delete.

#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cli/arguments.h"
#include "client/cli/commands.h"
#include "client/cli/describe.h"

namespace linktor::cli {
namespace {

using Service = v1::ChannelService::Stub;

struct SetOptions {
  std::string channel_id;
  std::vector<std::string> pairs;
  std::string file;
};

absl::StatusOr<v1::SetIceBreakersRequest> BuildRequest(
    const SetOptions& options) {
  v1::SetIceBreakersRequest request;
  if (!options.file.empty()) {
    if (absl::Status status = ParseJsonFile(options.file, request);
        !status.ok()) {
      return status;
    }
  }
  for (const std::string& pair : options.pairs) {
    absl::StatusOr<v1::IceBreaker> one = ParseIceBreaker(pair);
    if (!one.ok()) return one.status();
    *request.add_ice_breakers() = *std::move(one);
  }
  if (request.ice_breakers().empty()) {
    return absl::InvalidArgumentError(
        "no ice breaker: give 'Question=PAYLOAD' or --file; to remove all, "
        "linktor-ig ice-breakers delete");
  }
  request.set_channel_id(options.channel_id);
  return request;
}

ExitCode Set(Session& session, const SetOptions& options) {
  const auto request = BuildRequest(options);
  if (!request.ok()) return session.Usage(request.status());
  if (auto failure = session.Reach()) return session.Fail(*std::move(failure));
  const auto set =
      session.client().SetIceBreakers(*request, session.Repeating());
  if (!set) {
    return session.Fail(FailureOf(set.error(), CallKind::kChange),
                        {options.channel_id, ""});
  }
  const v1::SetIceBreakersResponse& response = *set;
  v1::GetIceBreakersResponse now;
  *now.mutable_ice_breakers() = response.ice_breakers();
  *now.mutable_localizations() = response.localizations();
  return session.Print(response, absl::StrCat("Set:\n", Describe(now)));
}

ExitCode Get(Session& session, const std::string& channel_id) {
  v1::GetIceBreakersRequest request;
  request.set_channel_id(channel_id);
  v1::GetIceBreakersResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::GetIceBreakers,
                                  request, &response)) {
    return session.Fail(*std::move(failure), {channel_id, ""});
  }
  return session.Print(response, Describe(response));
}

ExitCode Delete(Session& session, const std::string& channel_id) {
  v1::DeleteIceBreakersRequest request;
  request.set_channel_id(channel_id);
  v1::DeleteIceBreakersResponse response;
  if (auto failure = session.Call(
          CallKind::kChange, &Service::DeleteIceBreakers, request, &response)) {
    return session.Fail(*std::move(failure), {channel_id, ""});
  }
  return session.Print(response, "The account has no ice breakers now.\n");
}

}  // namespace

void AddIceBreakers(const Program& program) {
  Session& session = program.session;
  CLI::App* group = AddGroup(
      program.app, "ice-breakers",
      "questions that Instagram offers to people who have not written yet",
      "  linktor-ig ice-breakers set ch_shop 'What do you sell?=PRODUCTS' "
      "'Where are you?=WHERE'");

  auto options = std::make_shared<SetOptions>();
  CLI::App* set = AddCommand(
      *group, "set", "replace all of them, in all languages",
      "  linktor-ig ice-breakers set ch_shop 'What do you sell?=PRODUCTS' \\\n"
      "      'Where are you?=PLACE'\n"
      "With other languages, as JSON:\n"
      "  {\"iceBreakers\": [{\"question\": \"...\", \"payload\": \"...\"}],\n"
      "   \"localizations\": [{\"locale\": \"de_DE\", \"iceBreakers\": "
      "[...]}]}");
  set->add_option("CHANNEL", options->channel_id, "the channel")->required();
  set->add_option("PAIR", options->pairs, "'Question=PAYLOAD', 1 to 4");
  set->add_option("--file", options->file,
                  "a file with all of them as JSON; '-' is standard input");
  Bind(set, program.run,
       [&session, options] { return Set(session, *options); });

  const auto add = [&](const char* name, const char* what,
                       ExitCode (*action)(Session&, const std::string&)) {
    auto id = std::make_shared<std::string>();
    CLI::App* command = AddCommand(
        *group, name, what,
        absl::StrCat("  linktor-ig ice-breakers ", name, " ch_shop"));
    command->add_option("CHANNEL", *id, "the channel")->required();
    Bind(command, program.run,
         [&session, id, action] { return action(session, *id); });
  };
  add("get", "read them from Instagram", Get);
  add("delete", "remove all of them, in all languages", Delete);
}

}  // namespace linktor::cli
