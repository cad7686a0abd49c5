// This file has the command users get.

#include <memory>
#include <string>

#include "client/cli/commands.h"
#include "client/cli/describe.h"

namespace linktor::cli {
namespace {

using Service = v1::MessagingService::Stub;

struct GetOptions {
  std::string channel_id, user_id;
  bool refresh = false;
};

ExitCode Get(Session& session, const GetOptions& options) {
  v1::GetUserProfileRequest request;
  request.set_channel_id(options.channel_id);
  request.set_user_id(options.user_id);
  if (options.refresh) request.set_refresh(true);
  v1::GetUserProfileResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::GetUserProfile,
                                  request, &response)) {
    return session.Fail(*std::move(failure),
                        {options.channel_id, options.user_id});
  }
  return session.Print(response,
                       Describe(response.profile(), absl::LocalTimeZone()));
}

}  // namespace

void AddUsers(const Program& program) {
  Session& session = program.session;
  CLI::App* group =
      AddGroup(program.app, "users", "what Instagram shows of customers",
               "  linktor-ig users get ch_shop 6100000000000001");
  auto got = std::make_shared<GetOptions>();
  CLI::App* get = AddCommand(
      *group, "get", "names, picture and followers of a customer",
      "  linktor-ig users get ch_shop 6100000000000001\n"
      "Instagram shows a customer once they have written. The server "
      "keeps its answer for an hour.");
  get->add_option("CHANNEL", got->channel_id, "the channel")->required();
  get->add_option("USER", got->user_id, "the customer's IGSID")->required();
  get->add_flag("--refresh", got->refresh,
                "ask Instagram also when the server knows the answer");
  Bind(get, program.run, [&session, got] { return Get(session, *got); });
}

}  // namespace linktor::cli
