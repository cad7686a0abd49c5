// The template that `send template` was asked for. A pure function but for the
// file it may read.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments.h"

namespace linktor::cli {

// As given on the command line.
struct TemplateOptions {
  // One card in words; empty title for none.
  std::string title, subtitle, image_url, default_url;
  // "Title=PAYLOAD" or "Title=https://…".
  std::vector<std::string> buttons;
  // Cards as JSON, TemplateElement each.
  std::vector<std::string> elements;
  // A whole template as JSON; "-" is standard input.
  std::string file;
};

// The card in words first, then the elements; or the file, and nothing beside
// it.
absl::StatusOr<v1::Template> BuildTemplate(const TemplateOptions& options);

}  // namespace linktor::cli
