// instagram.referral: a customer comes by an ig.me link or an ad. Within a
// message or a postback, or beside it in one item, it is a field of that.

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/parsed_item.h"
#include "server/kinds/source.h"
#include "server/kinds/table.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view kKey = "referral";

// The ad that they came from is described in a member of its own.
Result ReadAd(const dom::object& referral, const std::string& path,
              v1::Referral& out) {
  std::optional<dom::object> ad;
  Result bad = ReadObject(referral, "ads_context_data", path, ad);
  if (bad || !ad.has_value()) return bad;
  const std::string at = path + ".ads_context_data";
  bad = ReadString(*ad, "ad_title", at, *out.mutable_ad_title());
  if (!bad) bad = ReadString(*ad, "photo_url", at, *out.mutable_ad_photo_url());
  if (!bad) bad = ReadString(*ad, "video_url", at, *out.mutable_ad_video_url());
  if (!bad) bad = ReadId(*ad, "post_id", at, *out.mutable_post_id());
  if (!bad) bad = ReadId(*ad, "product_id", at, *out.mutable_product_id());
  return bad;
}

Result Fill(const dom::object& referral, const std::string& path,
            v1::Referral& out) {
  Result bad = ReadString(referral, "ref", path, *out.mutable_ref());
  if (!bad) bad = ReadString(referral, "source", path, *out.mutable_source());
  if (!bad) bad = ReadString(referral, "type", path, *out.mutable_type());
  if (!bad) bad = ReadId(referral, "ad_id", path, *out.mutable_ad_id());
  if (!bad) bad = ReadAd(referral, path, out);
  std::optional<dom::object> product;
  if (!bad) bad = ReadObject(referral, "product", path, product);
  if (bad || !product.has_value()) return bad;
  return ReadId(*product, "id", path + ".product", *out.mutable_product_id());
}

Result Read(const Source& source, ParsedItem& item) {
  return Fill(source.object, "$.referral", *item.payload.mutable_referral());
}

Result ReadWithin(const Source& source, ParsedItem& item) {
  const bool tapped = item.payload.has_postback();
  if (source.message == nullptr && !tapped) return std::nullopt;
  std::string path = tapped ? "$.postback" : "$.message";
  std::optional<dom::object> referral;
  Result bad = ReadObject(source.object, kKey, path, referral);
  if (!bad && !referral.has_value()) {
    path = "$";
    bad = ReadObject(source.item, kKey, path, referral);
  }
  if (bad || !referral.has_value()) return bad;
  v1::Referral& out = tapped
                          ? *item.payload.mutable_postback()->mutable_referral()
                          : *item.message.mutable_referral();
  return Fill(*referral, absl::StrCat(path, ".", ToAbsl(kKey)), out);
}

// What brought a customer who then tapped.
void CompleteWithin(const v1::Event& event, v1::Message& message) {
  if (event.has_postback() && event.postback().has_referral()) {
    *message.mutable_referral() = event.postback().referral();
  }
}

}  // namespace

constinit const Kind kReferral = {.type = "instagram.referral",
                                  .payload = v1::Event::kReferral,
                                  .key = kKey,
                                  .name = "referral",
                                  .read = Read,
                                  .read_within = ReadWithin,
                                  .complete_within = CompleteWithin};

}  // namespace linktor::kinds
