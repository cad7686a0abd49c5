// instagram.product_share: a customer sends a product of the account's shop.

#include "absl/strings/str_cat.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

Result ReadProduct(const dom::element& value, const std::string& path,
                   v1::Product& out) {
  dom::object product;
  if (value.get(product) != simdjson::SUCCESS) {
    return Wrong(value, "an object", path);
  }
  Result bad = ReadId(product, "id", path, *out.mutable_id());
  if (!bad) bad = ReadString(product, "title", path, *out.mutable_name());
  if (!bad) {
    bad = ReadId(product, "retailer_id", path, *out.mutable_retailer_id());
  }
  if (!bad) {
    bad = ReadString(product, "image_url", path, *out.mutable_image_url());
  }
  if (!bad) {
    bad = ReadString(product, "subtitle", path, *out.mutable_subtitle());
  }
  return bad;
}

// Reads the products of the attachment at `path`, if it has any.
Result ReadProductTemplate(const dom::element& attachment,
                           const std::string& path, v1::ProductShare& out) {
  dom::object payload;
  if (attachment.at_key("payload").get(payload) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  const std::string at = path + ".payload";
  std::optional<dom::object> product;
  if (Result bad = ReadObject(payload, "product", at, product)) return bad;
  if (!product.has_value()) return std::nullopt;
  std::optional<dom::array> elements;
  if (Result bad = ReadArray(*product, "elements", at + ".product", elements)) {
    return bad;
  }
  if (!elements.has_value()) return std::nullopt;
  int i = 0;
  for (const dom::element one : *elements) {
    if (Result bad =
            ReadProduct(one, absl::StrCat(at, ".product.elements[", i++, "]"),
                        *out.add_products())) {
      return bad;
    }
  }
  return std::nullopt;
}

Result Read(const Source& source, ParsedItem& item) {
  const dom::object& message = source.object;
  v1::ProductShare& out = *item.payload.mutable_product_share();
  dom::array attachments;
  if (message.at_key("attachments").get(attachments) == simdjson::SUCCESS) {
    int i = 0;
    for (const dom::element one : attachments) {
      if (Result bad = ReadProductTemplate(
              one, absl::StrCat("$.message.attachments[", i++, "]"), out)) {
        return bad;
      }
    }
  }
  if (out.products().empty()) return Misfit{"names no product", "$.message"};
  return std::nullopt;
}

}  // namespace

constinit const Kind kProductShare = {
    .type = "instagram.product_share",
    .payload = v1::Event::kProductShare,
    .key = kMessageKey,
    .name = "product_share",
    .mids = MidSet::kMessages,
    .opens_window = true,
    .fits = [](const Source& source) { return source.message->HasProduct(); },
    .read = Read,
    .message = [](const v1::Event& event) -> const v1::Message& {
      return event.product_share().message();
    },
    .mutable_message =
        [](v1::Event& event) {
          return event.mutable_product_share()->mutable_message();
        },
    .complete =
        [](const v1::Event& event, v1::Message& message) {
          *message.mutable_products() = event.product_share().products();
        }};

}  // namespace linktor::kinds
