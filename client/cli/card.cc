#include "client/cli/card.h"

namespace linktor::cli {

absl::StatusOr<v1::Template> BuildTemplate(const TemplateOptions& options) {
  const bool in_words = !options.title.empty() || !options.subtitle.empty() ||
                        !options.image_url.empty() ||
                        !options.default_url.empty() ||
                        !options.buttons.empty();
  if (!options.file.empty()) {
    if (in_words || !options.elements.empty()) {
      return absl::InvalidArgumentError(
          "--file is the whole template; nothing can be given beside it");
    }
    const absl::StatusOr<std::string> json = ReadFile(options.file);
    if (!json.ok()) return json.status();
    return ParseTemplate(options.file, *json);
  }
  v1::Template built;
  if (in_words) {
    if (options.title.empty()) {
      return absl::InvalidArgumentError("a card needs a --title");
    }
    v1::TemplateElement& card = *built.mutable_generic()->add_elements();
    card.set_title(options.title);
    card.set_subtitle(options.subtitle);
    card.set_image_url(options.image_url);
    card.set_default_url(options.default_url);
    for (const std::string& text : options.buttons) {
      absl::StatusOr<v1::TemplateButton> button = ParseButton(text);
      if (!button.ok()) return button.status();
      *card.add_buttons() = *std::move(button);
    }
  }
  for (const std::string& json : options.elements) {
    if (absl::Status status = ParseJson(
            "--element", json, *built.mutable_generic()->add_elements());
        !status.ok()) {
      return status;
    }
  }
  if (built.generic().elements().empty()) {
    return absl::InvalidArgumentError(
        "no card: give --title, --element or --file");
  }
  return built;
}

}  // namespace linktor::cli
