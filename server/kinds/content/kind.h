// A kind of content is one case of MessageContent's oneof, together with all
// that the gateway knows about this case. Each kind has one file in this
// folder. The folders policy, graph and messaging and the command-line client
// read the parts of a kind through the table (table.h). All functions are pure
// and run on any thread. A kind is a constant that exists before main() begins
// and is never destroyed.

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

// A Fetch says what Instagram fetches during the call that sends the message. A
// call with media gets more time. If a call is given up too early, it ends as
// UNCONFIRMED although the message arrives. The times are in graph/request.cc
// and in the client's send command.
enum class Fetch { kUnset, kNothing, kMedia };

// A QuickReplies says whether the message may have quick replies. Instagram
// takes them only with a text.
enum class QuickReplies { kUnset, kAllowed, kRefused };

// An EchoMatch says how the echo of a send is recognised when the outcome of
// the send is unknown. Instagram gives media another URL and writes templates
// anew, so only a text can be compared. All other content is recognised by the
// type of its one attachment.
struct EchoMatch {
  // Returns the text that the echo repeats. It is null when the type is
  // compared instead. The state keeps a hash of the text or of the type: do not
  // change either.
  const std::string& (*text)(const v1::MessageContent& content) = nullptr;
  std::string_view type;
  // Instagram may give this type in place of `type`. It is empty when there is
  // no other type.
  std::string_view other_type;
};

// A ContentSummary says in a few words what the message is, for a person at a
// terminal. `words` is written by this program. `value` and `title` come from
// outside and are not escaped yet. The client shows the value after the words.
// It shows the title after these two, as a quotation.
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
  // It is the name of the oneof's field, which errors tell a caller. The proto,
  // JSON and the documents have the same name.
  std::string_view name;
  // Adds every violation of Instagram's limits, and not only the first one. It
  // does not look at quick replies, because their limits are the same for all
  // kinds.
  void (*check)(const v1::MessageContent& content, Violations& found) = nullptr;
  QuickReplies quick_replies = QuickReplies::kUnset;
  // Returns the member "message" of the Graph request, without quick replies.
  // It cannot fail, because the content has passed `check`. Meta gets the
  // members in the order that they have here.
  boost::json::object (*graph_message)(const v1::MessageContent& content) =
      nullptr;
  Fetch fetch = Fetch::kUnset;
  EchoMatch echo;
  // Sets the text or adds the attachments of `message`, and changes nothing
  // else. The API then shows the message in the same form as one that
  // Instagram's webhooks bring. Returns whether the text and the attachments
  // say all of the content. If they do not, the message carries the content
  // itself, too.
  bool (*show)(const v1::MessageContent& content,
               v1::Message& message) = nullptr;
  // Returns what the client shows of a message. The client shows any content
  // that a server gives it, so the content may break the limits.
  ContentSummary (*summarise)(const v1::MessageContent& content) = nullptr;
};

// This function has no definition and is not constexpr. So a call of it while a
// constant is made is a compiler error, which shows the name of the missing
// part.
void MissingPart(const char* part);

// Returns the kind unchanged. A kind that lacks a part does not compile,
// because MissingPart cannot be called while compiling. An echo is recognised
// by its text or by its type, and never by both.
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
