#include "emulator/send_template.h"

#include <utility>

#include "emulator/param_reader.h"

namespace linktor::emulator {
namespace {

constexpr std::size_t kMaxElements = 10;
constexpr std::size_t kMaxButtons = 3;
constexpr std::size_t kMaxElementCharacters = 80;
constexpr std::size_t kMaxButtonCharacters = 20;
constexpr std::size_t kMaxButtonPayloadBytes = 1000;

json::object ReadButton(const json::value& value, const std::string& path,
                        std::optional<GraphError>& error,
                        std::vector<Offer>& offers) {
  ParamReader button(value, path, {"type", "title", "url", "payload"}, error);
  const std::string type = button.Text("type");
  std::string title = button.Characters("title", kMaxButtonCharacters);
  if (type == "web_url") {
    if (button.Has("payload")) {
      button.Wrong("payload", "is not allowed with web_url");
    }
    return {{"type", "open_url"}, {"url", button.Url("url")}, {"title", title}};
  }
  if (type != "postback") {
    button.Wrong("type", "must be one of {web_url, postback}");
    return {};
  }
  if (button.Has("url")) button.Wrong("url", "is not allowed with postback");
  json::object echoed{{"type", type}, {"title", title}};
  // The echo does not show the payload, so a tap needs it from here.
  offers.push_back(
      {.kind = Offer::Kind::kButton,
       .title = std::move(title),
       .payload = button.Bytes("payload", kMaxButtonPayloadBytes)});
  return echoed;
}

json::object ReadElement(const json::value& value, const std::string& path,
                         std::optional<GraphError>& error,
                         std::vector<Offer>& offers) {
  ParamReader element(
      value, path,
      {"title", "subtitle", "image_url", "default_action", "buttons"}, error);
  json::object echoed{
      {"title", element.Characters("title", kMaxElementCharacters)}};
  if (element.Has("subtitle")) {
    echoed["subtitle"] = element.Characters("subtitle", kMaxElementCharacters);
  }
  if (element.Has("image_url")) echoed["image_url"] = element.Url("image_url");
  if (const json::value* action = element.Find("default_action")) {
    ParamReader inner(*action, element.PathOf("default_action"),
                      {"type", "url"}, error);
    inner.Constant("type", "web_url");
    echoed["default_action"] =
        json::object{{"type", "open_url"}, {"url", inner.Url("url")}};
  }
  if (element.Has("buttons")) {
    json::array buttons;
    if (const json::array* list = element.Array("buttons", 1, kMaxButtons)) {
      for (const json::value& button : *list) {
        buttons.push_back(
            ReadButton(button, element.PathOf("buttons"), error, offers));
      }
    }
    echoed["buttons"] = std::move(buttons);
  }
  if (echoed.size() < 2) {
    element.Fail(InvalidParameter(
        "An element needs at least one field besides its title"));
  }
  return echoed;
}

}  // namespace

json::object ReadTemplate(const json::value& payload, const std::string& path,
                          std::optional<GraphError>& error,
                          std::vector<Offer>& offers) {
  ParamReader reader(payload, path, {"template_type", "elements"}, error);
  reader.Constant("template_type", "generic");
  json::array elements;
  if (const json::array* list = reader.Array("elements", 1, kMaxElements)) {
    for (const json::value& element : *list) {
      elements.push_back(
          ReadElement(element, reader.PathOf("elements"), error, offers));
    }
  }
  return {{"generic", json::object{{"elements", std::move(elements)}}}};
}

}  // namespace linktor::emulator
