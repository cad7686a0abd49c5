#include "server/webhook/json_structure.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "absl/strings/ascii.h"
#include "server/base/strings.h"
#include "server/http/message.h"

namespace linktor::webhook {
namespace {

// Memory for texts of up to this many bytes is kept for the next text. It takes
// about 300 KB for each thread.
constexpr std::size_t kKeptCapacity = 16 * 1024;

const std::uint8_t* BytesOf(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

JsonStructure::~JsonStructure() {
  if (memory_ != nullptr && memory_->document.capacity() <= kKeptCapacity) {
    Spare() = std::move(memory_);
  }
}

// Nearly all webhooks are small, and to allocate the memory for one takes
// longer than to read it. So each thread keeps the memory of its last
// JsonStructure.
std::unique_ptr<JsonStructure::Memory>& JsonStructure::Spare() {
  thread_local std::unique_ptr<Memory> spare;
  return spare;
}

simdjson::error_code JsonStructure::TakeMemory(std::size_t size,
                                               std::size_t max_depth) {
  if (memory_ == nullptr) memory_ = std::move(Spare());
  if (memory_ != nullptr && memory_->document.capacity() >= size &&
      memory_->stages->max_depth() == max_depth) {
    return simdjson::SUCCESS;
  }
  memory_ = std::make_unique<Memory>();
  const std::size_t capacity = std::max(size, kKeptCapacity);
  // This is simdjson's code for the present processor. simdjson also has slower
  // code that runs on any processor.
  auto error =
      simdjson::get_active_implementation()->create_dom_parser_implementation(
          capacity, max_depth, memory_->stages);
  if (!error) error = memory_->document.allocate(capacity);
  // A lack of memory is no fault of the text.
  if (error == simdjson::MEMALLOC) throw std::bad_alloc();
  return error;
}

simdjson::error_code JsonStructure::Load(std::string_view text,
                                         std::size_t max_depth) {
  static_assert(http::kBodySlack >= simdjson::SIMDJSON_PADDING);
  text_ = text;
  read_ = false;
  count_ = 0;
  if (text.empty()) return simdjson::EMPTY;
  if (const auto error = TakeMemory(text.size(), max_depth)) return error;
  auto& stages = *memory_->stages;
  if (const auto error = stages.stage1(BytesOf(text), text.size(),
                                       simdjson::stage1_mode::regular)) {
    return error;
  }
  positions_ = stages.structural_indexes.get();
  count_ = stages.n_structural_indexes;
  read_ = stages.stage2(memory_->document) == simdjson::SUCCESS;
  root_ = {.first = 0, .end = 0, .element = {}};
  if (read_) root_.element = memory_->document.root();
  ends_.clear();
  return simdjson::SUCCESS;
}

std::string_view JsonStructure::Text(JsonValue& value) {
  // A value that no bracket closes goes up to the end of the text.
  if (value.end == 0 && Skip(value) != simdjson::SUCCESS) value.end = count_;
  if (value.first >= count_) return {};
  const std::size_t begin = positions_[value.first];
  const char first = text_[begin];
  if (first == '{' || first == '[') {
    return text_.substr(begin, positions_[value.end - 1] + 1 - begin);
  }
  const std::size_t end =
      value.end < count_ ? positions_[value.end] : text_.size();
  return ToStd(absl::StripTrailingAsciiWhitespace(
      ToAbsl(text_.substr(begin, end - begin))));
}

simdjson::error_code JsonStructure::SkipBrackets(JsonValue& value) {
  if (!read_) {
    if (ends_.empty()) FindEnds();
    value.end = ends_[value.first];
    return value.end != 0 ? simdjson::SUCCESS
                          : simdjson::INCOMPLETE_ARRAY_OR_OBJECT;
  }
  // The text is read, so every bracket is closed.
  std::uint32_t at = value.first + 1;
  for (int depth = 1; depth != 0; ++at) {
    // Only the bit 0x20 differs between '{' and '[', and between '}' and ']'.
    const int next = text_[positions_[at]] | 0x20;
    depth += static_cast<int>(next == '{') - static_cast<int>(next == '}');
  }
  value.end = at;
  return simdjson::SUCCESS;
}

void JsonStructure::FindEnds() {
  ends_.assign(count_, 0);
  // The open brackets form a linked list, the innermost one first. While a
  // bracket is open, its entry in ends_ has the position of the next outer open
  // bracket. At the end, the brackets that are never closed get 0.
  constexpr std::uint32_t kNone = ~std::uint32_t{0};
  std::uint32_t open = kNone;
  for (std::uint32_t at = 0; at < count_; ++at) {
    const char next = text_[positions_[at]];
    if (next == '{' || next == '[') {
      ends_[at] = open;
      open = at;
    } else if ((next == '}' || next == ']') && open != kNone) {
      open = std::exchange(ends_[open], at + 1);
    }
  }
  while (open != kNone) open = std::exchange(ends_[open], 0);
}

simdjson::error_code JsonStructure::ReadKey(std::uint32_t position,
                                            std::string_view& key) {
  if (CharAt(position) != '"' || CharAt(position + 1) != ':') {
    return simdjson::TAPE_ERROR;
  }
  JsonValue value{.first = position, .end = position + 1, .element = {}};
  return Unescape(Text(value), key);
}

simdjson::error_code JsonStructure::Unescape(std::string_view quoted,
                                             std::string_view& text) {
  if (quoted.find('\\') == std::string_view::npos) {
    text = quoted.substr(1, quoted.size() - 2);
    return simdjson::SUCCESS;
  }
  return text_parser_.parse(quoted.data(), quoted.size()).get(text);
}

std::string JsonStructure::Name(JsonValue& value) {
  if (read_) {
    std::string_view text;
    if (value.element.get(text) == simdjson::SUCCESS) return std::string(text);
    const bool container =
        value.element.is_object() || value.element.is_array();
    return container ? "" : simdjson::minify(value.element);
  }
  const char first = CharAt(value.first);
  if (first == '{' || first == '[') return "";
  const std::string_view raw = Text(value);
  std::string_view text;
  if (first == '"' && Unescape(raw, text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  return std::string(raw);
}

simdjson::error_code JsonStructure::CheckArray(JsonValue& value) {
  if (!read_) return ForEachElement(value, [](JsonValue&) {});
  return value.element.is_array() ? simdjson::SUCCESS
                                  : simdjson::INCORRECT_TYPE;
}

}  // namespace linktor::webhook
