// A text is the only content that an echo repeats word for word.

#include <boost/json.hpp>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "server/kinds/content/table.h"

namespace linktor::kinds {
namespace {

// Meta counts bytes of UTF-8 (send API reference).
constexpr std::size_t kMaxTextBytes = 1000;

void Check(const v1::MessageContent& content, Violations& found) {
  const std::size_t size = content.text().size();
  if (size == 0) {
    found.Add("content.text", "must not be empty");
  } else if (size > kMaxTextBytes) {
    found.Add(
        "content.text",
        absl::StrCat("is ", size, " bytes of UTF-8; Instagram takes at most ",
                     kMaxTextBytes));
  }
}

boost::json::object GraphMessage(const v1::MessageContent& content) {
  return {{"text", content.text()}};
}

const std::string& EchoText(const v1::MessageContent& content) {
  return content.text();
}

// Only quick replies are more than the text.
bool Show(const v1::MessageContent& content, v1::Message& message) {
  message.set_text(content.text());
  return content.quick_replies().empty();
}

ContentSummary Summarise(const v1::MessageContent& content) {
  return {.title = content.text()};
}

}  // namespace

constinit const ContentKind kTextContent =
    MakeContentKind({.content_case = v1::MessageContent::kText,
                     .name = "text",
                     .check = Check,
                     .quick_replies = QuickReplies::kAllowed,
                     .graph_message = GraphMessage,
                     .fetch = Fetch::kNothing,
                     .echo = {.text = EchoText},
                     .show = Show,
                     .summarise = Summarise});

}  // namespace linktor::kinds
