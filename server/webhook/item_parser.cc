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

// Nearly every item fits into so many bytes. They are reserved at once, so that
// buffers are made only once.
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
  // A lack of memory says nothing about the item.
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  return error == simdjson::SUCCESS;
}

const dom::element* ItemParser::Load(ParsedItem& item) {
  simdjson::error_code error = simdjson::CAPACITY;
  if (Reserve(item.raw.size())) {
    // simdjson reads beyond the item. Behind the last item is the body's slack,
    // and behind the others is the rest of the body.
    error = parser_
                .parse(item.raw.data(), item.raw.size(),
                       /*realloc_if_needed=*/false)
                .get(root_);
  }
  if (error == simdjson::SUCCESS) return &root_;
  // It may be JSON, but not what simdjson takes: numbers too large, lone
  // surrogates, too deep.
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
  // In the forms with a field, only fields of conversations hold messaging
  // items; the names of all but one of them begin alike. The values of other
  // fields are read as what the field says, if a kind has it.
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
    // The item is half read, so that its content has to be its identity.
    item.fate = Fate::kEvent;
    if (item.message.mid().size() <= kinds::kMaxMid) {
      item.named_mid = item.message.mid();
    }
    kinds::ClearRead(item);
    Describe(*bad, item.problem);
    item.json_path = bad->path;
  }
  // The item is called by its own key where it has one, so that it has the same
  // name in every form of the envelope.
  if (item.kind.empty()) {
    const std::string_view kind = wide ? "" : kinds::ItemReader::NameOf(object);
    item.kind = CutUtf8(kind.empty() ? field : kind, kMaxKind);
  }
}

}  // namespace linktor::webhook
