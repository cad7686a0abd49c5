// A kind of content, such as a text or an image, is one case of the oneof in
// MessageContent (content.proto). A ContentKind has all that the gateway knows
// about one case. Each kind has one file in this folder. The folders policy,
// graph and messaging and the command-line client read the parts of a kind
// through the table (table.h). All functions are pure and run on any thread. A
// ContentKind is a constant that exists before main() begins and is never
// destroyed.

#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"
#include "server/kinds/content/limits.h"

namespace linktor::kinds {

// A Fetch says whether Instagram fetches media from the content's URLs during
// the call that sends the message. Such a call gets more time. If the server
// gave it up too early, the send would end as UNCONFIRMED although the message
// arrives. The times are in graph/request.cc and in the client's send command.
enum class Fetch { kUnset, kNothing, kMedia };

// A QuickReplies says whether the message may have quick replies. Instagram
// accepts them only with a text.
enum class QuickReplies { kUnset, kAllowed, kRefused };

// An echo is Instagram's webhook about a message that the account has sent. An
// EchoMatch says how the echo of a send is recognised when the outcome of the
// send is unknown. In an echo, media have another URL and templates have
// another form, so only a text can be compared. All other content is recognised
// by the type of its one attachment.
struct EchoMatch {
  // Returns the text that the echo repeats. It is null when `type` is compared
  // instead. The database has hashes of such texts and types, so neither may
  // change.
  const std::string& (*text)(const v1::MessageContent& content) = nullptr;
  std::string_view type;
  // Instagram may give this type in place of `type`. It is empty when there is
  // no other type.
  std::string_view other_type;
};

// A ContentSummary says in a few words what the message is, for a person at a
// terminal. This program has written `words`. `value` and `title` come from
// other people and are not escaped yet. The client shows `words`, then `value`,
// and then `title` as a quotation.
struct ContentSummary {
  std::string words;
  std::optional<std::string> value;
  std::optional<std::string> title;
};

// Every part is required; MakeContentKind refuses a kind that lacks one. The
// functions are called only with content of this kind.
struct ContentKind {
  // FindContentKind returns this kind for this case.
  v1::MessageContent::ContentCase content_case =
      v1::MessageContent::CONTENT_NOT_SET;
  // It is the name of the oneof's field. Error messages for callers have it.
  // The proto, JSON and the documents have the same name.
  std::string_view name;
  // Adds every violation of Instagram's limits, and does not stop at the first
  // one. It does not look at quick replies, because their limits are the same
  // for all kinds.
  void (*check)(const v1::MessageContent& content, Violations& found) = nullptr;
  QuickReplies quick_replies = QuickReplies::kUnset;
  // Returns the member "message" of the Graph request, without quick replies.
  // It is called only with content that has passed `check`, so it cannot fail.
  // Meta gets the members in the order that they have here.
  boost::json::object (*graph_message)(const v1::MessageContent& content) =
      nullptr;
  Fetch fetch = Fetch::kUnset;
  EchoMatch echo;
  // Sets the text or adds the attachments of `message`, and changes nothing
  // else. So the API shows a sent message in the same form as a message from a
  // webhook. Returns whether the text and the attachments say all of the
  // content. When they do not, the caller also copies the content itself into
  // the message.
  bool (*show)(const v1::MessageContent& content,
               v1::Message& message) = nullptr;
  // Returns what the client shows of a message. The client shows any content
  // that a server gives it, so the content may break the limits.
  ContentSummary (*summarise)(const v1::MessageContent& content) = nullptr;
};

// This function has no definition and is not constexpr. So the compiler reports
// an error when a constant is made with a call of it. The error shows the name
// of the missing part.
void MissingPart(const char* part);

// Returns the kind unchanged. A kind that lacks a part does not compile,
// because MissingPart cannot be called during compilation. An echo must be
// recognised either by its text or by its type, and not by both.
consteval ContentKind MakeContentKind(ContentKind kind) {
  if (kind.content_case == v1::MessageContent::CONTENT_NOT_SET) {
    MissingPart("content_case");
  }
  if (kind.name.empty()) MissingPart("name");
  if (kind.check == nullptr) MissingPart("check");
  if (kind.quick_replies == QuickReplies::kUnset) MissingPart("quick_replies");
  if (kind.graph_message == nullptr) MissingPart("graph_message");
  if (kind.fetch == Fetch::kUnset) MissingPart("fetch");
  if ((kind.echo.text == nullptr) == kind.echo.type.empty()) {
    MissingPart("echo");
  }
  if (kind.show == nullptr) MissingPart("show");
  if (kind.summarise == nullptr) MissingPart("summarise");
  return kind;
}

}  // namespace linktor::kinds
