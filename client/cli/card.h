// BuildTemplate() builds the template that the command `send template` sends. A
// template has cards, which the contract calls elements. The function is pure,
// except that it may read a file.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments.h"

namespace linktor::cli {

// These are the options as the user gave them on the command line.
struct TemplateOptions {
  // These describe one card. All are empty when the options describe none.
  std::string title, subtitle, image_url, default_url;
  // These are the buttons of that card: "Title=PAYLOAD" or "Title=https://…".
  std::vector<std::string> buttons;
  // These are more cards; each is the JSON of one TemplateElement.
  std::vector<std::string> elements;
  // This names a file with a whole template as JSON; "-" is standard input.
  std::string file;
};

// Returns the template in `file`, if it is given; no other option may then be
// given. Otherwise returns a template with the described card first and the
// `elements` after it. Returns INVALID_ARGUMENT when the options contradict
// each other or give no card.
absl::StatusOr<v1::Template> BuildTemplate(const TemplateOptions& options);

}  // namespace linktor::cli
