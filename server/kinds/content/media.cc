#include "server/kinds/content/media.h"

#include <boost/json.hpp>

namespace linktor::kinds {

boost::json::object MediaMessage(std::string_view type,
                                 const v1::Media& media) {
  return {
      {"attachment", {{"type", type}, {"payload", {{"url", media.url()}}}}}};
}

void AddAttachment(std::string_view type, const std::string& url,
                   v1::Message& message) {
  v1::Attachment* added = message.add_attachments();
  added->set_type(std::string(type));
  added->set_url(url);
}

ContentSummary SummariseMedia(std::string_view type, const v1::Media& media) {
  return {.words = std::string(type), .value = media.url()};
}

}  // namespace linktor::kinds
