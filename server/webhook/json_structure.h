// JSON by its structure: where values begin and end. What the values are is
// known as well if all of the text can be read; if not, the parts of it can
// still be found, and be read one by one. Internal to the parser.

#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace linktor {

// A value within the text.
struct JsonValue {
  // Its first structural character: a bracket, the first quote, or where a
  // number or word begins.
  std::uint32_t first = 0;
  // The structural character behind it; 0 while nobody has looked for it.
  std::uint32_t end = 0;
  // Only if JsonStructure::read().
  simdjson::dom::element element;
};

// One text at a time, one thread. Keeps four bytes for each structural
// character, and four more or, when it is read, eight for each value.
class JsonStructure {
 public:
  JsonStructure() = default;
  ~JsonStructure();
  JsonStructure(const JsonStructure&) = delete;
  JsonStructure& operator=(const JsonStructure&) = delete;

  // Finds the structure of `text`, which must outlive this and be followed by
  // kBodySlack bytes, and reads it if it is all right and at most `max_depth`
  // deep. Fails when it is no JSON at all: empty, with text that does not end,
  // is not UTF-8 or has control characters. Throws std::bad_alloc.
  simdjson::error_code Load(std::string_view text, std::size_t max_depth);

  // Whether values are read. If not, brackets may not match, and numbers and
  // words be anything.
  bool read() const { return read_; }

  JsonValue Root() const { return root_; }

  // Of the value, without blanks around it.
  std::string_view Text(JsonValue& value);

  // A string's text, and other values as they are written; nothing for objects
  // and arrays.
  std::string Name(JsonValue& value);

  // Whether it is an object with anything in it.
  bool HasMembers(const JsonValue& value) const {
    return CharAt(value.first) == '{' && CharAt(value.first + 1) != '}';
  }

  // Whether it is an array that ForEachElement can walk.
  simdjson::error_code CheckArray(JsonValue& value);

  // Whether nothing follows the root, whose end must be known.
  bool EndsWith(const JsonValue& root) const { return root.end == count_; }

  // Calls `use(key, JsonValue&)` with each member, repeated keys included.
  // Fails, without a call, when the value is no object or not sound. `key`
  // lasts for the call.
  template <typename Use>
  simdjson::error_code ForEachMember(JsonValue& object, Use use) {
    return Checked(object, use, [this](JsonValue& value, auto& each) {
      return this->WalkObject(value, each);
    });
  }

  // The same, quicker, for values of which only Name and CheckArray are asked.
  template <typename Use>
  simdjson::error_code PeekAtMembers(JsonValue& object, Use use) {
    if (!read_) return ForEachMember(object, use);
    simdjson::dom::object members;
    if (const auto error = object.element.get(members)) return error;
    for (const auto [key, element] : members) {
      JsonValue value{.first = 0, .end = 0, .element = element};
      use(key, value);
    }
    return simdjson::SUCCESS;
  }

  // Calls `use(JsonValue&)` with each element. Fails like ForEachMember.
  template <typename Use>
  simdjson::error_code ForEachElement(JsonValue& array, Use use) {
    return Checked(array, use, [this](JsonValue& value, auto& each) {
      return this->WalkArray(value, each);
    });
  }

 private:
  char CharAt(std::uint32_t position) const {
    return position < count_ ? text_[positions_[position]] : '\0';
  }

  // Finds the end of `value`.
  simdjson::error_code Skip(JsonValue& value) {
    const char first = CharAt(value.first);
    if (first == '{' || first == '[') {
      // Both are two before the bracket that closes them.
      if (CharAt(value.first + 1) != first + 2) return SkipBrackets(value);
      value.end = value.first + 2;
      return simdjson::SUCCESS;
    }
    if (first == '\0' || first == '}' || first == ']' || first == ',' ||
        first == ':') {
      return simdjson::TAPE_ERROR;
    }
    value.end = value.first + 1;
    return simdjson::SUCCESS;
  }
  simdjson::error_code SkipBrackets(JsonValue& value);
  void FindEnds();
  simdjson::error_code ReadKey(std::uint32_t position, std::string_view& key);
  simdjson::error_code Unescape(std::string_view quoted,
                                std::string_view& text);

  template <typename Use, typename Walk>
  simdjson::error_code Checked(JsonValue& value, Use& use, Walk walk) {
    if (!read_) {
      const auto nothing = [](auto&&...) {};
      if (const auto error = walk(value, nothing)) return error;
    }
    return walk(value, use);
  }

  template <typename Use>
  simdjson::error_code WalkObject(JsonValue& object, Use& use);
  template <typename Use>
  simdjson::error_code WalkArray(JsonValue& array, Use& use);

  // Goes behind `value` and a comma; `end` once the container has ended.
  simdjson::error_code Next(JsonValue& value, char closing, std::uint32_t& at,
                            std::uint32_t& end) {
    if (value.end == 0) {
      if (const auto error = Skip(value)) return error;
    }
    const char next = CharAt(value.end);
    at = value.end + 1;
    if (next == closing) {
      end = at;
    } else if (next != ',') {
      return simdjson::TAPE_ERROR;
    }
    return simdjson::SUCCESS;
  }

  std::string_view text_;
  bool read_ = false;
  JsonValue root_;
  // simdjson's memory, for texts up to its capacity.
  struct Memory {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
    simdjson::dom::document document;
  };
  static std::unique_ptr<Memory>& Spare();
  simdjson::error_code TakeMemory(std::size_t size, std::size_t max_depth);

  std::unique_ptr<Memory> memory_;
  const std::uint32_t* positions_ = nullptr;
  std::uint32_t count_ = 0;
  // When the whole is not read: for each opening bracket what is behind the
  // closing one; 0 if there is none.
  std::vector<std::uint32_t> ends_;
  // For texts with escapes when the whole is not read.
  simdjson::dom::parser text_parser_;
};

template <typename Use>
simdjson::error_code JsonStructure::WalkObject(JsonValue& object, Use& use) {
  if (CharAt(object.first) != '{') return simdjson::INCORRECT_TYPE;
  std::uint32_t at = object.first + 1;
  object.end = CharAt(at) == '}' ? at + 1 : 0;
  simdjson::dom::object read;
  if (read_) read = object.element.get_object().value_unsafe();
  auto member = read_ ? read.begin() : simdjson::dom::object::iterator();
  while (object.end == 0) {
    std::string_view key;
    if (read_) {
      key = member.key();
    } else if (const auto error = ReadKey(at, key)) {
      return error;
    }
    JsonValue value{.first = at + 2, .end = 0, .element = {}};
    if (read_) {
      value.element = member.value();
      ++member;
    }
    use(key, value);
    if (const auto error = Next(value, '}', at, object.end)) return error;
  }
  return simdjson::SUCCESS;
}

template <typename Use>
simdjson::error_code JsonStructure::WalkArray(JsonValue& array, Use& use) {
  if (CharAt(array.first) != '[') return simdjson::INCORRECT_TYPE;
  std::uint32_t at = array.first + 1;
  array.end = CharAt(at) == ']' ? at + 1 : 0;
  simdjson::dom::array read;
  if (read_) read = array.element.get_array().value_unsafe();
  auto element = read_ ? read.begin() : simdjson::dom::array::iterator();
  while (array.end == 0) {
    JsonValue value{.first = at, .end = 0, .element = {}};
    if (read_) {
      value.element = *element;
      ++element;
    }
    use(value);
    if (const auto error = Next(value, ']', at, array.end)) return error;
  }
  return simdjson::SUCCESS;
}

}  // namespace linktor
