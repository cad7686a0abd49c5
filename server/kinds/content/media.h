// These functions are shared by the kinds of content that Instagram treats as
// an attachment. Only the kinds of this folder call them, on any thread. They
// are pure.

#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "linktor/instagram/v1/content.pb.h"
#include "linktor/instagram/v1/message.pb.h"
#include "server/base/v1.h"
#include "server/kinds/content/kind.h"

namespace linktor::kinds {

// Returns the member "message" of a Graph request with the file as its
// attachment: {"attachment": {"type": type, "payload": {"url": url}}}. It does
// not check the URL, because the content has passed ContentKind::check.
boost::json::object MediaMessage(std::string_view type, const v1::Media& media);

// Adds one attachment to the message and changes nothing else. `type` is a type
// that Instagram's echoes have, so that a send and its echo look alike. `url`
// is the URL that the caller gave. It is empty for content without a URL of its
// own, such as a sticker or a template. The attachment then has only the type,
// and ContentKind::show says that the message must also carry the content
// itself.
void AddAttachment(std::string_view type, const std::string& url,
                   v1::Message& message);

// Returns the summary of a content that is one file, for the command-line
// client. `words` is the type, and `value` is the URL, which is not escaped yet
// and may be empty.
ContentSummary SummariseMedia(std::string_view type, const v1::Media& media);

// Returns the ContentKind of a content that is one file at a URL. The class
// `Media` has constants for the content's case and name and for the path of the
// URL in violations. It also has a function that returns the file. The name of
// the content is also the type that Instagram gives the attachment.
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
