// Contents that Instagram treats as an attachment share these. They are called
// by the kinds of this folder alone, and any thread may call them. Pure.

#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"
#include "server/kinds/content/kind.h"

namespace linktor::kinds {

// Returns the "message" of a Graph request with the file as its attachment:
// {"attachment": {"type": type, "payload": {"url": url}}}. The URL is not
// checked here: the content has passed its kind's check.
boost::json::object MediaMessage(std::string_view type, const v1::Media& media);

// Adds one attachment and changes nothing else of the message. The type is one
// that Instagram's echoes have, so that a send and its echo look alike. The URL
// is the one the caller gave; it is empty where the content has none, as a
// sticker and a template have none. The attachment then shows the type alone,
// and the message carries the content itself, too: see ContentKind::show.
void AddAttachment(std::string_view type, const std::string& url,
                   v1::Message& message);

// Returns the summary of a content that is one file, for the command-line
// client: the type as the words and the URL as the value. The URL is empty when
// the content has none, and it is not escaped yet.
ContentSummary SummariseMedia(std::string_view type, const v1::Media& media);

// Returns the kind of a content that is one file at a URL, with all its parts.
// `Media` says which: its case and name, which is also Instagram's type of the
// attachment, the path of the URL in violations, and the file of a content.
template <typename Media>
consteval ContentKind MediaKind() {
  return MakeContentKind(
      {.content_case = Media::kCase,
       .name = Media::kName,
       .check =
           [](const v1::MessageContent& content, Violations& found) {
             found.Url(Media::File(content).url(),
                       std::string(Media::kUrlPath));
           },
       .quick_replies = QuickReplies::kRefused,
       .graph_message =
           [](const v1::MessageContent& content) {
             return MediaMessage(Media::kName, Media::File(content));
           },
       .fetch = Fetch::kMedia,
       .echo = {.type = Media::kName},
       .show =
           [](const v1::MessageContent& content, v1::Message& message) {
             AddAttachment(Media::kName, Media::File(content).url(), message);
             return false;
           },
       .summarise =
           [](const v1::MessageContent& content) {
             return SummariseMedia(Media::kName, Media::File(content));
           }});
}

}  // namespace linktor::kinds
