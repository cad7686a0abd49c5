// This file has the commands send text|image|video|audio|heart|template|json.

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/arguments.h"
#include "client/cli/card.h"
#include "client/cli/commands.h"
#include "client/cli/describe.h"
#include "client/cli/farewell.h"
#include "client/cli/repeat.h"
#include "client/cli/request_id.h"
#include "server/kinds/content/table.h"

namespace linktor::cli {
namespace {

struct SendOptions {
  std::string channel_id, user_id, request_id;
  bool human_agent = false;
  // This is the command's own argument: a text, a URL or a file.
  std::string argument;
  std::vector<std::string> quick_replies;
  TemplateOptions layout;
};

using Content = absl::StatusOr<v1::MessageContent>;
using Build = Content (*)(const SendOptions&);

// Returns whether Meta fetches a file while the call lasts, so that the call
// needs more time. Returns false for a message without content, which the
// server refuses at once.
bool HasMedia(const v1::MessageContent& content) {
  const kinds::ContentKind* kind =
      kinds::FindContentKind(content.content_case());
  return kind != nullptr && kind->fetch == kinds::Fetch::kMedia;
}

// Adds the request id, because the user does not know an id that this program
// made. When the outcome is unknown, also adds what to do.
Failure Explain(Failure failure, const v1::SendMessageRequest& request,
                const std::vector<std::string>& words) {
  if (!failure.code.empty()) {
    failure.metadata.try_emplace("request_id", request.request_id());
  }
  if (failure.exit_code != ExitCode::kOutcomeUnknown) return failure;
  failure.next.push_back(absl::StrCat("linktor-ig messages get ",
                                      request.channel_id(), " --request-id ",
                                      request.request_id()));
  if (failure.reason != "SEND_OUTCOME_UNKNOWN") {
    failure.next.push_back(absl::StrCat(
        "safe to repeat: ", RepeatCommand(words, request.request_id())));
    return failure;
  }
  if (const auto id = failure.metadata.find("message_id");
      id != failure.metadata.end()) {
    failure.next.push_back(absl::StrCat(
        "after looking into Instagram: linktor-ig messages resolve ",
        request.channel_id(), " ", id->second, " sent|not-sent"));
  }
  return failure;
}

// Returns the failure of a program that a signal ends during the call.
Failure Interrupted() {
  return FailureOf(
      {grpc::StatusCode::CANCELLED, "interrupted before the answer came"},
      CallKind::kSend);
}

ExitCode Send(Session& session, const SendOptions& options,
              const v1::MessageContent& content) {
  v1::SendMessageRequest request;
  request.set_channel_id(options.channel_id);
  request.set_to(options.user_id);
  *request.mutable_content() = content;
  request.set_request_id(RequestIdOr(options.request_id));
  if (options.human_agent) request.set_tag(v1::MESSAGE_TAG_HUMAN_AGENT);
  const auto explain = [&](Failure failure) {
    return Explain(std::move(failure), request, session.options().words);
  };
  if (const absl::Status texts = CheckTexts(request); !texts.ok()) {
    return session.Usage(texts);
  }
  if (auto failure = session.Reach()) {
    return session.Fail(explain(*std::move(failure)));
  }
  // When the user ends the program during the call, the program still prints
  // the request id.
  const Farewell farewell(session.Rendered(explain(Interrupted())),
                          ExitCode::kOutcomeUnknown);
  const auto sent = session.client().Send(
      request,
      session.Repeating(HasMedia(content) ? Session::kMediaTimeoutSeconds
                                          : Session::kTimeoutSeconds));
  if (!sent) {
    return session.Fail(explain(FailureOf(sent.error(), CallKind::kSend)),
                        {options.channel_id, options.user_id});
  }
  const v1::SendMessageResponse& response = *sent;
  std::string text;
  if (response.replayed()) {
    text =
        "Sent before, not again: this is the outcome of the earlier call "
        "with this request id.\n";
  }
  absl::StrAppend(&text, Describe(response.message(), absl::LocalTimeZone()));
  return session.Print(response, text);
}

Content TextContent(const SendOptions& options) {
  v1::MessageContent content;
  content.set_text(options.argument);
  for (const std::string& one : options.quick_replies) {
    absl::StatusOr<v1::QuickReply> reply = ParseQuickReply(one);
    if (!reply.ok()) return reply.status();
    *content.add_quick_replies() = *std::move(reply);
  }
  return content;
}

Content ImageContent(const SendOptions& options) {
  v1::MessageContent content;
  content.mutable_image()->set_url(options.argument);
  return content;
}

Content VideoContent(const SendOptions& options) {
  v1::MessageContent content;
  content.mutable_video()->set_url(options.argument);
  return content;
}

Content AudioContent(const SendOptions& options) {
  v1::MessageContent content;
  content.mutable_audio()->set_url(options.argument);
  return content;
}

Content HeartContent(const SendOptions& /*options*/) {
  v1::MessageContent content;
  content.mutable_sticker()->set_id("like_heart");
  return content;
}

Content TemplateContent(const SendOptions& options) {
  absl::StatusOr<v1::Template> layout = BuildTemplate(options.layout);
  if (!layout.ok()) return layout.status();
  v1::MessageContent content;
  *content.mutable_template_() = *std::move(layout);
  return content;
}

Content JsonContent(const SendOptions& options) {
  v1::MessageContent content;
  if (absl::Status status = ParseJsonFile(options.argument, content);
      !status.ok()) {
    return status;
  }
  return content;
}

// An Argument has the name and the help text of the command's own argument. The
// name is null when the command has no such argument.
struct Argument {
  const char* name = nullptr;
  const char* what = nullptr;
};

// Adds the command that sends one kind of content. `build` makes the content
// from the options.
CLI::App* AddKind(CLI::App& group, const Program& program,
                  const std::shared_ptr<SendOptions>& options,
                  const std::string& name, const std::string& what,
                  Argument argument, Build build, const std::string& example) {
  CLI::App* command = AddCommand(group, name, what, example);
  command->add_option("CHANNEL", options->channel_id, "the channel that sends")
      ->required();
  command->add_option("USER", options->user_id, "the customer's IGSID")
      ->required();
  if (argument.name != nullptr) {
    command->add_option(argument.name, options->argument, argument.what)
        ->required();
  }
  command->add_option("--request-id", options->request_id,
                      "your id of this message: with the same one it is never "
                      "sent twice");
  command->add_flag("--human-agent", options->human_agent,
                    "a person wrote it, so that it may leave within 7 days; "
                    "Meta must have approved the app for this");
  Session& session = program.session;
  Bind(command, program.run, [&session, options, build] {
    const Content content = build(*options);
    return content.ok() ? Send(session, *options, *content)
                        : session.Usage(content.status());
  });
  return command;
}

void AddText(CLI::App& group, const Program& program) {
  auto options = std::make_shared<SendOptions>();
  CLI::App* text = AddKind(
      group, program, options, "text", "a text, with choices under it",
      {"TEXT", "at most 1000 bytes"}, TextContent,
      "  linktor-ig send text ch_shop 6100000000000001 'Blue or green?' \\\n"
      "      --quick-reply 'Blue=COLOUR_BLUE' --quick-reply "
      "'Green=COLOUR_GREEN'\n"
      "A text that begins with a dash comes last, after --:\n"
      "  linktor-ig send text ch_shop 6100000000000001 -- '-10 % today'");
  text->add_option("--quick-reply", options->quick_replies,
                   "'Title=PAYLOAD', up to 13 times; a tap comes back as an "
                   "instagram.quick_reply event")
      ->allow_extra_args(false);
}

void AddTemplate(CLI::App& group, const Program& program) {
  auto options = std::make_shared<SendOptions>();
  TemplateOptions& layout = options->layout;
  CLI::App* command = AddKind(
      group, program, options, "template", "cards with pictures and buttons",
      {}, TemplateContent,
      "  linktor-ig send template ch_shop 6100000000000001 --title 'Blue hat' "
      "\\\n"
      "      --subtitle '19 EUR' --button 'Buy=https://example.com/hat' "
      "\\\n"
      "      --button 'Ask=ASK_HAT'\n"
      "Several cards, as JSON (TemplateElement) each:\n"
      "  linktor-ig send template ch_shop 6100000000000001 \\\n"
      "      --element '{\"title\":\"Blue\",\"subtitle\":\"19 EUR\"}' \\\n"
      "      --element '{\"title\":\"Green\",\"buttons\":[{\"title\":\"Buy\","
      "\"payload\":\"BUY\"}]}'");
  command->add_option("--title", layout.title,
                      "the title of one card, which also needs a subtitle, "
                      "image, URL or button");
  command->add_option("--subtitle", layout.subtitle);
  command->add_option("--image-url", layout.image_url);
  command->add_option("--default-url", layout.default_url,
                      "the URL that opens when the card is tapped");
  command
      ->add_option("--button", layout.buttons,
                   "'Title=https://...' opens a page, 'Title=PAYLOAD' comes "
                   "back as instagram.postback; up to 3 times")
      ->allow_extra_args(false);
  command
      ->add_option("--element", layout.elements,
                   "a card as JSON; up to 10 times")
      ->allow_extra_args(false);
  command->add_option("--file", layout.file,
                      "the whole template as JSON: {\"elements\": [...]}; '-' "
                      "is standard input");
}

}  // namespace

void AddSend(const Program& program) {
  CLI::App* group = AddGroup(
      program.app, "send", "send a message",
      "  linktor-ig send text ch_shop 6100000000000001 'Hello!'",
      "\nExit code 4 says that nobody knows whether it was sent. Standard "
      "error "
      "then shows the\nsame command with the request id under which the call "
      "was made: repeating that one\nnever sends twice. Under another request "
      "id the customer may get the message twice.");
  AddText(*group, program);
  const auto add_media = [&](const char* name, const char* what, Build build,
                             const char* file) {
    AddKind(
        *group, program, std::make_shared<SendOptions>(), name, what,
        {"URL", "public URL of the file, which Meta fetches"}, build,
        absl::StrCat("  linktor-ig send ", name,
                     " ch_shop 6100000000000001 https://example.com/", file));
  };
  add_media("image", "PNG, JPEG or GIF, at most 8 MB", ImageContent, "a.jpg");
  add_media("video", "MP4, OGG, AVI, MOV or WebM, at most 25 MB", VideoContent,
            "a.mp4");
  add_media("audio", "a voice message, at most 25 MB", AudioContent, "a.m4a");
  AddKind(*group, program, std::make_shared<SendOptions>(), "heart",
          "the heart sticker", {}, HeartContent,
          "  linktor-ig send heart ch_shop 6100000000000001");
  AddTemplate(*group, program);
  AddKind(*group, program, std::make_shared<SendOptions>(), "json",
          "a MessageContent as JSON",
          {"FILE", "file, or '-' for standard input"}, JsonContent,
          "  echo '{\"text\": \"Hello\"}' | linktor-ig send json ch_shop "
          "6100000000000001 -");
}

}  // namespace linktor::cli
