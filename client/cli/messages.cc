// This file has the commands messages get|list|resolve|refresh-media.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"
#include "client/cli/describe.h"
#include "client/cli/stretch.h"

namespace linktor::cli {
namespace {

using Service = v1::MessagingService::Stub;

struct GetOptions {
  std::string channel_id, message_id, mid, request_id;
};

struct ListOptions {
  std::string channel_id, user_id;
  std::vector<std::string> states;
  Stretch stretch;
};

struct ResolveOptions {
  std::string channel_id, message_id, resolution, mid;
};

ExitCode Get(Session& session, const GetOptions& options) {
  v1::GetMessageRequest request;
  request.set_channel_id(options.channel_id);
  if (!options.message_id.empty()) request.set_message_id(options.message_id);
  if (!options.mid.empty()) request.set_mid(options.mid);
  if (!options.request_id.empty()) request.set_request_id(options.request_id);
  v1::GetMessageResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::GetMessage,
                                  request, &response)) {
    return session.Fail(*std::move(failure), {options.channel_id, ""});
  }
  std::string text = Describe(response.message(), absl::LocalTimeZone());
  if (response.message().state() == v1::MESSAGE_STATE_UNCONFIRMED) {
    absl::StrAppend(&text,
                    "\nNobody knows whether Instagram has it. Do not send it "
                    "again: an echo settles it, or\nlook into Instagram and "
                    "run: linktor-ig messages resolve ",
                    response.message().channel_id(), " ",
                    response.message().id(), " sent|not-sent\n");
  }
  return session.Print(response, text);
}

// Prints one page and returns how many messages it has. Returns -1 when the
// output cannot be written; errno says why.
int PrintPage(Session& session, const v1::ListMessagesResponse& page) {
  for (const v1::Message& message : page.messages()) {
    if (!session.Write(session.options().json
                           ? JsonLine(message)
                           : OneLine(message, absl::LocalTimeZone()))) {
      return -1;
    }
  }
  return page.messages_size();
}

ExitCode List(Session& session, const ListOptions& options) {
  v1::ListMessagesRequest request;
  request.set_channel_id(options.channel_id);
  request.set_user_id(options.user_id);
  for (const std::string& name : options.states) {
    v1::MessageState state = v1::MESSAGE_STATE_UNSPECIFIED;
    (void)v1::MessageState_Parse("MESSAGE_STATE_" + name, &state);
    request.add_states(state);
  }
  const absl::Status set = SetStretch(options.stretch, request);
  if (!set.ok()) return session.Usage(set);
  return WalkPages<v1::ListMessagesResponse>(
      session, options.stretch.limit, Noun{"message", "messages"}, request,
      [&session](const auto& asked, auto* page) {
        return session.Call(CallKind::kRead, &Service::ListMessages, asked,
                            page);
      },
      [&session](const auto& page) { return PrintPage(session, page); });
}

ExitCode Resolve(Session& session, const ResolveOptions& options) {
  v1::ResolveMessageRequest request;
  request.set_channel_id(options.channel_id);
  request.set_message_id(options.message_id);
  request.set_resolution(options.resolution == "sent"
                             ? v1::MESSAGE_RESOLUTION_SENT
                             : v1::MESSAGE_RESOLUTION_NOT_SENT);
  request.set_mid(options.mid);
  v1::ResolveMessageResponse response;
  if (auto failure = session.Call(CallKind::kChange, &Service::ResolveMessage,
                                  request, &response)) {
    return session.Fail(*std::move(failure), {options.channel_id, ""});
  }
  return session.Print(response,
                       Describe(response.message(), absl::LocalTimeZone()));
}

void AddResolve(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto resolved = std::make_shared<ResolveOptions>();
  CLI::App* resolve = AddCommand(
      group, "resolve", "settle an UNCONFIRMED message by hand",
      "  linktor-ig messages resolve ch_shop msg_0123 sent\n"
      "Look into the conversation on Instagram first. After not-sent the "
      "message can be sent\nagain; if Instagram had it after all, the customer "
      "gets it twice.");
  resolve->add_option("CHANNEL", resolved->channel_id, "the channel")
      ->required();
  resolve
      ->add_option("MESSAGE_ID", resolved->message_id,
                   "the server's id of the message")
      ->required();
  resolve->add_option("RESOLUTION", resolved->resolution, "sent or not-sent")
      ->required()
      ->check(CLI::IsMember({"sent", "not-sent"}));
  resolve->add_option("--mid", resolved->mid,
                      "Instagram's id of a message that was sent, where you "
                      "know it; then its echo is not a second message");
  Bind(resolve, program.run,
       [&session, resolved] { return Resolve(session, *resolved); });
}

struct RefreshOptions {
  std::string channel_id, message_id, mid;
};

ExitCode RefreshMedia(Session& session, const RefreshOptions& options) {
  v1::RefreshMediaRequest request;
  request.set_channel_id(options.channel_id);
  if (!options.message_id.empty()) request.set_message_id(options.message_id);
  if (!options.mid.empty()) request.set_mid(options.mid);
  v1::RefreshMediaResponse response;
  if (auto failure = session.Call(CallKind::kRead, &Service::RefreshMedia,
                                  request, &response)) {
    return session.Fail(*std::move(failure), {options.channel_id, ""});
  }
  return session.Print(response, Describe(response, absl::LocalTimeZone()));
}

void AddRefreshMedia(CLI::App& group, const Program& program) {
  Session& session = program.session;
  auto refreshed = std::make_shared<RefreshOptions>();
  CLI::App* refresh = AddCommand(
      group, "refresh-media", "new links to the story or files of a message",
      "  linktor-ig messages refresh-media ch_shop --id msg_0123\n"
      "For a story that mentions the account it also shows the story's id. "
      "Meta forbids storing what\nthe links of a story show.");
  refresh->add_option("CHANNEL", refreshed->channel_id, "the channel")
      ->required();
  CLI::Option_group* key = refresh->add_option_group("Which", "one of these");
  key->add_option("--id", refreshed->message_id,
                  "the server's id of the message");
  key->add_option("--mid", refreshed->mid, "Instagram's id of the message");
  key->require_option(1);
  Bind(refresh, program.run,
       [&session, refreshed] { return RefreshMedia(session, *refreshed); });
}

}  // namespace

void AddMessages(const Program& program) {
  Session& session = program.session;
  CLI::App* group =
      AddGroup(program.app, "messages", "messages and their outcomes",
               "  linktor-ig messages get ch_shop --request-id order-17");

  auto got = std::make_shared<GetOptions>();
  CLI::App* get =
      AddCommand(*group, "get", "one message by one of its ids",
                 "  linktor-ig messages get ch_shop --request-id order-17");
  get->add_option("CHANNEL", got->channel_id, "the channel")->required();
  CLI::Option_group* key = get->add_option_group("Which", "one of these");
  key->add_option("--id", got->message_id, "the server's id of the message");
  key->add_option("--mid", got->mid, "Instagram's id of the message");
  key->add_option("--request-id", got->request_id,
                  "the request id of the send");
  key->require_option(1);
  Bind(get, program.run, [&session, got] { return Get(session, *got); });

  auto listed = std::make_shared<ListOptions>();
  CLI::App* list = AddCommand(
      *group, "list", "the messages of a channel or of one customer",
      "  linktor-ig messages list ch_shop --user 6100000000000001\n"
      "  linktor-ig messages list ch_shop --state UNCONFIRMED --state FAILED\n"
      "The newest come first. The cursor on standard error is the end of the "
      "log: linktor-ig events\ntail --after CURSOR prints what came later.");
  list->add_option("CHANNEL", listed->channel_id, "the channel")->required();
  list->add_option("--user", listed->user_id, "only this customer")
      ->check(NotEmpty());
  list->add_option("--state", listed->states,
                   "only messages in this state; repeatable")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"RECEIVED", "PENDING", "SENT", "UNCONFIRMED",
                             "FAILED", "RETRACTED"}));
  AddStretch(*list, listed->stretch, "messages");
  Bind(list, program.run,
       [&session, listed] { return List(session, *listed); });

  AddResolve(*group, program);
  AddRefreshMedia(*group, program);
}

}  // namespace linktor::cli
