// A kind of content is one case of MessageContent's oneof together with all
// that the gateway knows about it. Each kind has one file in this folder;
// policy, graph, messaging and the command-line client read its parts through
// the table (table.h). All functions are pure and run on any thread; a kind is
// a constant that exists before main() begins and is never destroyed.

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

// It says what Instagram fetches while the call that sends the message lasts.
// Such a call gets more time: one that is given up too early ends as
// UNCONFIRMED although the message arrives.
// graph/request.cc and the client's send command have the times.
enum class Fetch { kUnset, kNothing, kMedia };

// It says whether choices may stand under the message. Instagram takes them
// with a text alone.
enum class QuickReplies { kUnset, kAllowed, kRefused };

// It says which echo settles a send whose outcome is unknown. Instagram gives
// media another URL and writes templates anew, so that only a text can be
// compared; anything else is known by the type of its one attachment.
struct EchoMatch {
  // Returns the text that the echo repeats; null: the type decides. The state
  // keeps a hash of the text or of the type: do not change either.
  const std::string& (*text)(const v1::MessageContent& content) = nullptr;
  std::string_view type;
  // Instagram may give this type in place of `type`; empty: there is no other.
  std::string_view other_type;
};

// It says in a few words what the message is, for a person's terminal. The
// words are ours. The other two come from outside and are not escaped yet: the
// value is shown after the words, and the title after both, as a quotation.
struct ContentSummary {
  std::string words;
  std::optional<std::string> value;
  std::optional<std::string> title;
};

// Every part is required; MakeContentKind refuses a kind that lacks one. The
// functions are only called with content of this kind.
struct ContentKind {
  // It is the case of which FindContentKind returns this kind.
  v1::MessageContent::ContentCase content_case =
      v1::MessageContent::CONTENT_NOT_SET;
  // It is the name of the oneof's field, which errors tell a caller. It is the
  // same in the proto, in JSON and in the documents.
  std::string_view name;
  // Adds every violation of Instagram's limits, and not only the first one. The
  // limits of quick replies are the same for all kinds and are not its matter.
  void (*check)(const v1::MessageContent& content, Violations& found) = nullptr;
  QuickReplies quick_replies = QuickReplies::kUnset;
  // Returns the "message" of the Graph request, without quick replies. The
  // content has passed `check`, so that nothing can fail. The order of the
  // members is the order in which Meta gets them.
  boost::json::object (*graph_message)(const v1::MessageContent& content) =
      nullptr;
  Fetch fetch = Fetch::kUnset;
  EchoMatch echo;
  // Sets the text or adds the attachments by which the API shows the message,
  // in the same form as a message that Instagram's webhooks bring;
  // nothing else of `message` changes. Returns whether they say all of the
  // content; otherwise the message carries the content itself, too.
  bool (*show)(const v1::MessageContent& content,
               v1::Message& message) = nullptr;
  // Returns what the client shows of a message. The client shows whatever a
  // server gives it, so the content may break the limits.
  ContentSummary (*summarise)(const v1::MessageContent& content) = nullptr;
};

// It has no definition and is no constexpr function, so that a call of it while
// a constant is made is an error of the compiler, which shows the part's name.
void MissingPart(const char* part);

// Returns the kind as it is. A kind without one of its parts does not compile,
// because the call would have to be made while compiling and cannot be. An echo
// is known by its text or by its type, never by both.
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
