#include "server/webhook/parser.h"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/strings.h"
#include "server/kinds/identity.h"
#include "server/webhook/item_parser.h"
#include "server/webhook/json_structure.h"

namespace linktor::webhook {
namespace {

// No account has an id of more than this many bytes. A longer id counts as no
// id, because each item would carry a copy of it.
constexpr std::size_t kMaxEntryId = 128;

// A body that is nested more deeply is not read as a whole, but item by item. A
// member of an entry lies three levels below the root, and may be as deep as an
// item.
constexpr std::size_t kMaxDepth = kMaxItemDepth + 3;

std::string NotJson(simdjson::error_code error) {
  return absl::StrCat("the body is not a JSON envelope: ",
                      simdjson::error_message(error));
}

// Walks through the envelope of one body. It looks only at the structure of the
// envelope, and gives the items to an ItemParser.
class EnvelopeParser {
 public:
  EnvelopeParser(
      std::string_view body,
      absl::FunctionRef<std::string(std::string_view entry_id)> other_id,
      absl::FunctionRef<void(ParsedItem&)> use)
      : body_(body), find_other_id_(other_id), use_(use) {}

  void Parse() {
    JsonValue root;
    std::optional<std::string> issue = CheckBody(root);
    if (!issue) {
      (void)json_.ForEachMember(
          root, [this](std::string_view key, JsonValue& value) {
            if (key != "entry") return;
            (void)json_.ForEachElement(
                value, [this](JsonValue& entry) { ParseEntry(entry); });
          });
      UseFolded();
      if (none_) issue = "the envelope has no entries";
    }
    if (issue) UseIssue(EnvelopeForm::kBody, body_, std::move(*issue));
  }

  // Parses the body as the text of one item. `form`, `field` and `entry_id` say
  // where in an envelope the item was.
  void ParseOne(EnvelopeForm form, std::string_view field,
                std::string_view entry_id) {
    item_.entry_id = entry_id;
    item_.other_id = find_other_id_(entry_id);
    if (const auto error = json_.Load(body_, kMaxItemDepth)) {
      return UseIssue(
          form, body_,
          absl::StrCat("cannot be read: ", simdjson::error_message(error)));
    }
    JsonValue root = json_.Root();
    AddItem(form, field, root);
  }

 private:
  // Returns why no entry of the body can be used. Returns nullopt when the
  // entries can be used, and then `root` is the envelope.
  std::optional<std::string> CheckBody(JsonValue& root) {
    if (const auto error = json_.Load(body_, kMaxDepth)) return NotJson(error);
    root = json_.Root();
    std::string object_name;
    simdjson::error_code bad_entries = simdjson::SUCCESS;
    JsonValue peeked = root;
    const auto error = json_.PeekAtMembers(
        peeked, [&](std::string_view key, JsonValue& value) {
          if (key == "object") object_name = json_.Name(value);
          if (key == "entry" && bad_entries == simdjson::SUCCESS) {
            bad_entries = json_.CheckArray(value);
          }
        });
    if (error != simdjson::SUCCESS) return NotJson(error);
    if (!json_.read() && !json_.EndsWith(peeked)) {
      return NotJson(simdjson::TRAILING_CONTENT);
    }
    // The URL of an app may receive webhooks of Messenger, too. Messenger has
    // other ids than Instagram: an answer to such an id would fail, or reach
    // somebody else.
    if (object_name == "page") {
      return "this is a webhook of Messenger: its object is 'page'";
    }
    if (object_name != "instagram") {
      return "this is not an Instagram webhook: its object is not 'instagram'";
    }
    if (bad_entries != simdjson::SUCCESS) return NotJson(bad_entries);
    return std::nullopt;
  }

  void ParseEntry(JsonValue& entry) {
    item_.entry_id.clear();
    item_.other_id.clear();
    std::string flat_field;
    // The id is read first, because the items need it.
    JsonValue peeked = entry;
    const auto error = json_.PeekAtMembers(
        peeked, [&](std::string_view key, JsonValue& value) {
          if (key == "id") {
            item_.entry_id = json_.Name(value);
            if (item_.entry_id.size() > kMaxEntryId) item_.entry_id.clear();
          } else if (key == "field") {
            flat_field = json_.Name(value);
          }
        });
    if (error != simdjson::SUCCESS) {
      return AddBadEntry(entry, error);
    }
    item_.other_id = find_other_id_(item_.entry_id);
    entry_ = &entry;
    found_ = false;
    std::optional<JsonValue> flat_value;
    (void)json_.ForEachMember(entry,
                              [&](std::string_view key, JsonValue& value) {
                                if (key == "value") {
                                  flat_value = value;
                                } else {
                                  ParseMember(key, value);
                                }
                              });
    if (flat_value.has_value() || !flat_field.empty()) {
      JsonValue& value = flat_value.has_value() ? *flat_value : entry;
      AddItem(EnvelopeForm::kFlat, flat_field, value);
    }
    if (!found_) {
      AddItem(EnvelopeForm::kEntry, "", entry, "the entry has no events");
    }
  }

  // Makes an issue of an entry that is not an object. Beyond the limit of
  // unknown items, it folds the entry (see Fold).
  void AddBadEntry(JsonValue& entry, simdjson::error_code error) {
    if (unknown_ >= kMaxUnknownItems) return Fold(entry);
    ++unknown_;
    UseIssue(EnvelopeForm::kEntry, json_.Text(entry),
             absl::StrCat("an entry is not an object: ",
                          simdjson::error_message(error)));
  }

  // Parses one member of an entry. An array of items gives its items, and any
  // other member is one item. Members that only describe the entry are skipped.
  void ParseMember(std::string_view key, JsonValue& value) {
    if (key == "messaging") {
      ParseArray(key, value, EnvelopeForm::kMessaging);
    } else if (key == "standby") {
      ParseArray(key, value, EnvelopeForm::kStandby);
    } else if (key == "changes") {
      if (json_.ForEachElement(value, [this](JsonValue& one) {
            ParseChange(one);
          }) != simdjson::SUCCESS) {
        AddItem(EnvelopeForm::kEntry, key, value, "is not an array");
      }
    } else if (key != "id" && key != "time" && key != "uid" &&
               key != "changed_fields" && key != "field") {
      AddItem(EnvelopeForm::kEntry, key, value);
    }
  }

  // Adds each element of the array as an item. A value that is not an array is
  // one item itself.
  void ParseArray(std::string_view key, JsonValue& array, EnvelopeForm form) {
    if (json_.ForEachElement(array, [this, form](JsonValue& one) {
          if (unknown_ >= kMaxUnknownItems && !json_.HasMembers(one)) {
            found_ = true;
            Fold(one);
          } else {
            AddItem(form, "", one);
          }
        }) != simdjson::SUCCESS) {
      AddItem(EnvelopeForm::kEntry, key, array, "is not an array");
    }
  }

  // Adds the value of a change as an item. A change without a value is one item
  // itself.
  void ParseChange(JsonValue& change) {
    std::string field;
    std::optional<JsonValue> found;
    const auto error = json_.ForEachMember(
        change, [&](std::string_view key, JsonValue& value) {
          if (key == "field") field = json_.Name(value);
          if (key == "value") found = value;
        });
    if (error != simdjson::SUCCESS || !found.has_value()) {
      return AddItem(EnvelopeForm::kEntry, "changes", change, "has no value");
    }
    AddItem(EnvelopeForm::kChanges, field, *found);
  }

  // Reads one item and passes it on. When it is unknown and beyond the limit of
  // unknown items, AddItem folds it instead (see Fold). `problem` says what is
  // wrong with the place of the item in the envelope. Unless the item is
  // understood, it replaces the problem that was found in the item.
  void AddItem(EnvelopeForm form, std::string_view field, JsonValue& value,
               std::string_view problem = "") {
    found_ = true;
    const bool full = unknown_ >= kMaxUnknownItems;
    if (full && json_.read() &&
        !kinds::ItemReader::MayBeKnown(field, value.element)) {
      return Fold(value);
    }
    // A value of the field "standby" is the same as an element of
    // entry.standby.
    const bool valued =
        form == EnvelopeForm::kChanges || form == EnvelopeForm::kFlat;
    ParsedItem& item = NewItem();
    item.form = valued && field == "standby" ? EnvelopeForm::kStandby : form;
    item.raw = json_.Text(value);
    item.field.clear();
    if (!field.empty()) {
      item.kind = CutUtf8(field, kMaxKind);
      item.field = item.kind;
    }
    // This item is a whole entry. It must not be read as the value of its
    // field, neither now nor later by the Redriver.
    if (&value == entry_) item.field.clear();
    const simdjson::dom::element* root =
        json_.read() ? &value.element : item_parser_.Load(item);
    // A whole entry is not read as an item. Its members mean something else
    // than those in an item: its id, for example, is the id of the account.
    if (root != nullptr && &value != entry_) {
      item_parser_.Read(field, *root, item);
    }
    const bool understood = IsUnderstood(item);
    if (!understood) {
      if (full) return Fold(value);
      ++unknown_;
      if (!problem.empty()) item.problem = problem;
    }
    UseFolded();
    kinds::Identify(root, item);
    used_ = understood;
    Use(item);
  }

  // Clears item_ for the next item of the same entry, and returns it.
  ParsedItem& NewItem() {
    if (used_) {
      kinds::ClearRead(item_);
      used_ = false;
    }
    item_.fate = Fate::kEvent;
    item_.row = &kinds::kUnknown;
    item_.user_id.clear();
    item_.event_ms = 0;
    item_.by_account = false;
    item_.self = false;
    item_.opens_window = false;
    item_.kind.clear();
    item_.named_mid.clear();
    item_.problem.clear();
    item_.json_path.clear();
    item_.content_hash.clear();
    return item_;
  }

  void Use(ParsedItem& item) {
    none_ = false;
    use_(item);
  }

  // Passes an issue on. It takes only entry_id from item_, because item_ may
  // hold the next item already.
  void UseIssue(EnvelopeForm form, std::string_view raw, std::string problem,
                std::int64_t count = 1) {
    ParsedItem issue;
    issue.fate = Fate::kIssue;
    issue.entry_id = item_.entry_id;
    issue.form = form;
    issue.raw = raw;
    issue.problem = std::move(problem);
    issue.count = count;
    Use(issue);
  }

  // Notes an unknown item beyond the limit. UseFolded makes one issue of all
  // items that were noted. Its text is the part of the body from the first item
  // to the last. The items need not come in the order of the body, because the
  // flat value of an entry is its last item.
  void Fold(const JsonValue& value) {
    if (folded_ == 0 || value.first < first_folded_.first) {
      first_folded_.first = value.first;
    }
    if (folded_ == 0 || value.first > last_folded_.first) {
      last_folded_.first = value.first;
    }
    ++folded_;
  }

  // Passes on the issue of all items that Fold has noted, if there are any.
  void UseFolded() {
    if (folded_ == 0) return;
    const std::int64_t count = std::exchange(folded_, 0);
    first_folded_.end = 0;
    last_folded_.end = 0;
    const char* begin = json_.Text(first_folded_).data();
    const std::string_view last = json_.Text(last_folded_);
    const auto size =
        static_cast<std::size_t>(last.data() + last.size() - begin);
    UseIssue(EnvelopeForm::kBody, {begin, size},
             absl::StrCat(count, " more that are not understood, after ",
                          kMaxUnknownItems, " in this body"),
             count);
  }

  const std::string_view body_;
  const absl::FunctionRef<std::string(std::string_view)> find_other_id_;
  const absl::FunctionRef<void(ParsedItem&)> use_;
  JsonStructure json_;
  ItemParser item_parser_;
  // This is the entry that is being parsed.
  const JsonValue* entry_ = nullptr;
  // found_ is true when this entry has had an item. none_ is true while the
  // body has had no item.
  bool found_ = false;
  bool none_ = true;
  // All items are read into this object, so that its buffers are made only
  // once. entry_id and other_id stay the same for all items of an entry.
  ParsedItem item_;
  // It is true when the last item was understood. Then NewItem must clear the
  // content of that item.
  bool used_ = false;
  // It counts the items of the body that are not understood.
  int unknown_ = 0;
  // These are the number of items that Fold has noted, and the first and the
  // last of them in the body.
  std::int64_t folded_ = 0;
  JsonValue first_folded_;
  JsonValue last_folded_;
};

}  // namespace

void ParseWebhook(std::string_view body,
                  absl::FunctionRef<void(ParsedItem&)> use) {
  ParseWebhook(
      body, [](std::string_view) { return std::string(); }, use);
}

void ParseWebhook(
    std::string_view body,
    absl::FunctionRef<std::string(std::string_view entry_id)> other_id,
    absl::FunctionRef<void(ParsedItem&)> use) {
  EnvelopeParser(body, other_id, use).Parse();
}

void ParseItem(const ItemText& item, std::string_view other_id,
               absl::FunctionRef<void(ParsedItem&)> use) {
  EnvelopeParser(
      item.text, [other_id](std::string_view) { return std::string(other_id); },
      use)
      .ParseOne(item.form, item.field, item.entry_id);
}

}  // namespace linktor::webhook
