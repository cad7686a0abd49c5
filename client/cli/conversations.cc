// This file has the commands conversations list|get|opt-out|opt-in|erase.

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/commands.h"
#include "client/cli/describe.h"
#include "client/cli/stretch.h"

namespace linktor::cli {
namespace {

using Service = v1::MessagingService::Stub;

struct Names {
  std::string channel_id, user_id;
};

std::string Text(const v1::Conversation& conversation) {
  return Describe(conversation, absl::Now(), absl::LocalTimeZone());
}

ExitCode Get(Session& session, const Names& names) {
  v1::GetConversationRequest request;
  request.set_channel_id(names.channel_id);
  request.set_user_id(names.user_id);
  v1::GetConversationResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::GetConversation,
                                  request, &response)) {
    return session.Fail(*std::move(failure), {names.channel_id, names.user_id});
  }
  return session.Print(response, Text(response.conversation()));
}

struct ListOptions {
  std::string channel_id;
  bool unanswered_only = false;
  std::int64_t limit = 20;
};

// Prints one page and returns how many conversations it has. Returns -1 when
// the output cannot be written; errno says why.
int PrintPage(Session& session, const v1::ListConversationsResponse& page) {
  for (const v1::Conversation& conversation : page.conversations()) {
    if (!session.Write(session.options().json
                           ? JsonLine(conversation)
                           : OneLine(conversation, absl::LocalTimeZone()))) {
      return -1;
    }
  }
  return page.conversations_size();
}

ExitCode List(Session& session, const ListOptions& options) {
  v1::ListConversationsRequest request;
  request.set_channel_id(options.channel_id);
  request.set_unanswered_only(options.unanswered_only);
  return WalkPages<v1::ListConversationsResponse>(
      session, options.limit, Noun{"conversation", "conversations"}, request,
      [&session](const auto& asked, auto* page) {
        return session.Call(CallKind::kRead, &Service::ListConversations, asked,
                            page);
      },
      [&session](const auto& page) { return PrintPage(session, page); });
}

ExitCode SetOptedOut(Session& session, const Names& names, bool opted_out) {
  v1::UpdateConversationRequest request;
  request.mutable_conversation()->set_channel_id(names.channel_id);
  request.mutable_conversation()->set_user_id(names.user_id);
  request.mutable_conversation()->set_opted_out(opted_out);
  request.mutable_update_mask()->add_paths("opted_out");
  v1::UpdateConversationResponse response;
  if (auto failure =
          session.Call(CallKind::kChange, &Service::UpdateConversation, request,
                       &response)) {
    return session.Fail(*std::move(failure), {names.channel_id, names.user_id});
  }
  return session.Print(response, Text(response.conversation()));
}

ExitCode OptOut(Session& session, const Names& names) {
  return SetOptedOut(session, names, true);
}

ExitCode OptIn(Session& session, const Names& names) {
  return SetOptedOut(session, names, false);
}

ExitCode Erase(Session& session, const Names& names) {
  v1::EraseUserRequest request;
  request.set_channel_id(names.channel_id);
  request.set_user_id(names.user_id);
  v1::EraseUserResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::EraseUser,
                                  request, &response)) {
    return session.Fail(*std::move(failure), {names.channel_id, names.user_id});
  }
  return session.Print(
      response,
      response.found()
          ? absl::StrCat("Erased ", names.user_id,
                         ". Nothing of theirs can be read any more; the bytes "
                         "are overwritten within a minute.\n")
          : absl::StrCat("Nothing is stored of ", names.user_id, ".\n"));
}

}  // namespace

void AddConversations(const Program& program) {
  CLI::App* group = AddGroup(program.app, "conversations",
                             "windows, user names and opt-outs of customers",
                             "  linktor-ig conversations get ch_shop "
                             "6100000000000001");
  auto listed = std::make_shared<ListOptions>();
  CLI::App* list = AddCommand(
      *group, "list", "the conversations of a channel, the latest first",
      "  linktor-ig conversations list ch_shop --unanswered");
  list->add_option("CHANNEL", listed->channel_id, "the channel")->required();
  list->add_flag("--unanswered", listed->unanswered_only,
                 "only those in which the customer waits for an answer");
  list->add_option("--limit", listed->limit,
                   "print at most so many; 20 unless it is given")
      ->check(CLI::Range(1, 1'000'000'000));
  Bind(list, program.run, [session = &program.session, listed] {
    return List(*session, *listed);
  });
  const auto add = [&](const char* name, const char* what,
                       ExitCode (*action)(Session&, const Names&)) {
    auto names = std::make_shared<Names>();
    CLI::App* command =
        AddCommand(*group, name, what,
                   absl::StrCat("  linktor-ig conversations ", name,
                                " ch_shop 6100000000000001"));
    command->add_option("CHANNEL", names->channel_id, "the channel")
        ->required();
    command->add_option("USER", names->user_id, "the customer's IGSID")
        ->required();
    Session& session = program.session;
    Bind(command, program.run,
         [&session, names, action] { return action(session, *names); });
  };
  add("get", "whether and until when the customer can be written to", Get);
  add("opt-out", "the customer wants no messages: sends are refused", OptOut);
  add("opt-in", "the customer wants messages again", OptIn);
  add("erase", "erase all that is stored of the customer, for good", Erase);
}

}  // namespace linktor::cli
