// messages get|resolve

#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cli/commands.h"
#include "client/cli/describe.h"

namespace linktor::cli {
namespace {

using Service = v1::MessagingService::Stub;

struct GetOptions {
  std::string channel_id, message_id, mid, request_id;
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

  auto resolved = std::make_shared<ResolveOptions>();
  CLI::App* resolve = AddCommand(
      *group, "resolve", "settle an UNCONFIRMED message by hand",
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

}  // namespace linktor::cli
