#include "server/webhook/item_parser.h"

#include <algorithm>
#include <new>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/message_reader.h"

namespace linktor::webhook {
namespace {

namespace dom = simdjson::dom;
using kinds::Misfit;

// Nearly every item has at most this many bytes. The first buffers have room
// for this many bytes, so that larger ones are rarely needed.
constexpr std::size_t kUsualItem = 4096;

}  // namespace

bool IsUnderstood(const ParsedItem& item) {
  return item.fate == Fate::kWaits ||
         (item.fate == Fate::kEvent &&
          item.row->payload != kinds::kUnknown.payload);
}

bool ItemParser::Reserve(std::size_t size) {
  if (parser_.capacity() >= std::max(size, kUsualItem)) return true;
  const auto error =
      parser_.allocate(std::max(size, kUsualItem), kMaxItemDepth);
  // A lack of memory is no fault of the item.
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  return error == simdjson::SUCCESS;
}

const dom::element* ItemParser::Load(ParsedItem& item) {
  simdjson::error_code error = simdjson::CAPACITY;
  if (Reserve(item.raw.size())) {
    // simdjson reads some bytes beyond the item. After the last item, these are
    // the readable bytes behind the body (http::kBodySlack). After any other
    // item, they are the rest of the body.
    error = parser_
                .parse(item.raw.data(), item.raw.size(),
                       /*realloc_if_needed=*/false)
                .get(root_);
  }
  if (error == simdjson::SUCCESS) return &root_;
  // These errors may come from a text that is JSON, but that simdjson does not
  // accept: a number is too large, a string has a lone surrogate, or the
  // nesting is too deep.
  const bool json = error == simdjson::NUMBER_ERROR ||
                    error == simdjson::STRING_ERROR ||
                    error == simdjson::DEPTH_ERROR;
  item.fate = json ? Fate::kEvent : Fate::kIssue;
  item.problem =
      absl::StrCat("cannot be read: ", simdjson::error_message(error));
  item.json_path = "$";
  return nullptr;
}

void ItemParser::Read(std::string_view field, const dom::element& root,
                      ParsedItem& item) {
  dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    item.problem =
        absl::StrCat("is ", ToAbsl(kinds::TypeName(root)), ", not an object");
    item.json_path = "$";
    return;
  }
  // Where a field stands beside the item, the item is a messaging item only if
  // the field is about conversations. The names of these fields begin with
  // "messag", with one exception (kFeedback). Any other field has a kind of its
  // own, or this server does not know it.
  const bool messaging =
      item.form == EnvelopeForm::kMessaging ||
      item.form == EnvelopeForm::kStandby ||
      (item.form != EnvelopeForm::kEntry &&
       (field.starts_with("messag") || field == kinds::kFeedback.key));
  const kinds::Kind* const change =
      messaging || item.form == EnvelopeForm::kEntry ? nullptr
                                                     : kinds::FindField(field);
  if (!messaging && change == nullptr) return;
  item.kind.clear();
  const bool wide = object.size() > kinds::kMaxMembers;
  kinds::Result bad;
  if (wide) {
    bad = Misfit{"has too many members", "$"};
  } else if (change != nullptr) {
    bad = kinds::ItemReader::ReadChange(*change, object, item);
  } else {
    bad = reader_.Read(object, item);
  }
  if (bad) {
    // Only a part of the item was read. So the item is identified by its
    // content, and not by its mid.
    item.fate = Fate::kEvent;
    if (item.message.mid().size() <= kinds::kMaxMid) {
      item.named_mid = item.message.mid();
    }
    kinds::ClearRead(item);
    Describe(*bad, item.problem);
    item.json_path = bad->path;
  }
  // If the item has a key that names its kind, this key is its kind. So the
  // item has the same kind in every form of the envelope. Otherwise the field
  // is its kind.
  if (item.kind.empty()) {
    const std::string_view kind = wide ? "" : kinds::ItemReader::NameOf(object);
    item.kind = CutUtf8(kind.empty() ? field : kind, kMaxKind);
  }
}

}  // namespace linktor::webhook
