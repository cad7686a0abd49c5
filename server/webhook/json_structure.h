// Finds the structure of a JSON text: where its values begin and end. If the
// whole text can be read, the values are known as well. If not, its parts can
// still be found and read one by one, so that one bad item does not spoil its
// neighbours. It is internal to the envelope parser, which has one for each
// body.
//
// simdjson works in two stages. The first finds the structural characters:
// brackets, commas, colons, and the first character of each string, number and
// word. The second reads the values. This keeps the result of the first, so
// that it does not depend on the second. "Position" means an index among the
// structural characters, and not an offset in the text.

#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace linktor::webhook {

// It is a value within the text, and is of use only with the JsonStructure that
// it came from, until that one's next Load.
struct JsonValue {
  // It is the position where the value begins: a bracket, the first quote, or
  // the first character of a number or word.
  std::uint32_t first = 0;
  // It is the position behind the value; 0 while nobody has looked for it. The
  // functions that take a value by reference fill it in.
  std::uint32_t end = 0;
  // It is the value itself. It is set only if JsonStructure::read() is true.
  simdjson::dom::element element;
};

// It holds one text at a time and is used by one thread. It takes four bytes
// for each structural character. It takes four more for each when the text is
// not read, and eight for each value when it is.
class JsonStructure {
 public:
  JsonStructure() = default;
  // Leaves the memory to the next one on this thread, if it is small.
  ~JsonStructure();
  JsonStructure(const JsonStructure&) = delete;
  JsonStructure& operator=(const JsonStructure&) = delete;

  // Finds the structure of `text`, which must outlive this and be followed by
  // kBodySlack bytes, and reads it if all of it is correct and at most
  // `max_depth` deep. Fails when it is no JSON at all: when it is empty, is not
  // UTF-8, or has a string that does not end or has control characters. After a
  // failure only another Load may follow. Throws std::bad_alloc.
  simdjson::error_code Load(std::string_view text, std::size_t max_depth);

  // Returns whether values are read. If not, brackets may not match, and
  // numbers and words may be anything.
  bool read() const { return read_; }

  // Returns the value that the text begins with. After it more may follow when
  // the text is not read; see EndsWith.
  JsonValue Root() const { return root_; }

  // Returns the text of the value, without blanks around it. It points into the
  // loaded text. A value that does not end goes up to the end of the text.
  std::string_view Text(JsonValue& value);

  // Returns a string without quotes and escapes, and a number or word as it is
  // written; empty for objects and arrays. A string with a wrong escape is
  // returned as it is written. The envelope's ids and fields are read by it.
  std::string Name(JsonValue& value);

  // Returns whether it is an object that is not empty. It reads nothing, so
  // that a crowd of empty items costs little.
  bool HasMembers(const JsonValue& value) const {
    return CharAt(value.first) == '{' && CharAt(value.first + 1) != '}';
  }

  // Fails when it is no array that ForEachElement can walk.
  simdjson::error_code CheckArray(JsonValue& value);

  // Returns whether nothing follows the root, whose end must be known.
  bool EndsWith(const JsonValue& root) const { return root.end == count_; }

  // Calls `use(key, JsonValue&)` with each member, in the text's order and with
  // repeated keys. Fails, without a call, when the value is no object, or when
  // its commas, colons and brackets are not as they should be. `key` lasts for
  // the call.
  template <typename Use>
  simdjson::error_code ForEachMember(JsonValue& object, Use use) {
    return Checked(object, use, [this](JsonValue& value, auto& each) {
      return this->WalkObject(value, each);
    });
  }

  // Does the same, quicker, for a `use` that asks only Name and CheckArray of
  // the values: when the text is read, their ends need not be found.
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

  // Calls `use(JsonValue&)` with each element, in order. Fails like
  // ForEachMember.
  template <typename Use>
  simdjson::error_code ForEachElement(JsonValue& array, Use use) {
    return Checked(array, use, [this](JsonValue& value, auto& each) {
      return this->WalkArray(value, each);
    });
  }

 private:
  // Returns the structural character at that position; '\0' beyond the last.
  char CharAt(std::uint32_t position) const {
    return position < count_ ? text_[positions_[position]] : '\0';
  }

  // Sets value.end. Fails when no value begins there, or when a bracket has no
  // other that closes it; value.end is then of no use.
  simdjson::error_code Skip(JsonValue& value) {
    const char first = CharAt(value.first);
    if (first == '{' || first == '[') {
      // An empty object or array is quick to skip. In ASCII, '}' is '{' plus
      // two, and ']' is '[' plus two.
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
  // Does the same for an object or array that is not empty. In a text that was
  // read it counts brackets; otherwise it asks ends_.
  simdjson::error_code SkipBrackets(JsonValue& value);
  // Fills ends_ in one pass over the text. Without it, each of many brackets
  // that do not close would cost a pass of its own.
  void FindEnds();
  // Reads the key at that position, which a colon must follow. Both are for
  // texts that are not read. `key` lasts until the next call of either.
  simdjson::error_code ReadKey(std::uint32_t position, std::string_view& key);
  // Returns the text of a string that stands in its quotes. A string without a
  // backslash is not copied.
  simdjson::error_code Unescape(std::string_view quoted,
                                std::string_view& text);

  // Walks `value` with `use`. A text that is not read is walked without `use`
  // first, so that a fault at the end of a container is found before any call.
  template <typename Use, typename Walk>
  simdjson::error_code Checked(JsonValue& value, Use& use, Walk walk) {
    if (!read_) {
      const auto nothing = [](auto&&...) {};
      if (const auto error = walk(value, nothing)) return error;
    }
    return walk(value, use);
  }

  // Each goes through its container once and sets its end. A fault is found
  // only where it is, after the calls for what is before it.
  template <typename Use>
  simdjson::error_code WalkObject(JsonValue& object, Use& use);
  template <typename Use>
  simdjson::error_code WalkArray(JsonValue& array, Use& use);

  // Goes behind `value` and what follows it. `at` becomes the position behind
  // the comma or the closing bracket; `end` is set to it once the container has
  // ended. Fails when something else follows.
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

  // It is the caller's text.
  std::string_view text_;
  // It says that the second stage has read all of the text, too.
  bool read_ = false;
  JsonValue root_;
  // It is simdjson's memory: the work space of both stages, and the values. It
  // serves texts up to its capacity.
  struct Memory {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
    simdjson::dom::document document;
  };
  // Returns the memory that this thread has to spare; null when it has none.
  static std::unique_ptr<Memory>& Spare();
  // Makes memory_ fit a text of `size` bytes. Fails when simdjson takes no text
  // of that size. Throws std::bad_alloc.
  simdjson::error_code TakeMemory(std::size_t size, std::size_t max_depth);

  // It is null before the first Load.
  std::unique_ptr<Memory> memory_;
  // These are the offsets in text_ of the structural characters, and their
  // number. They are in memory_.
  const std::uint32_t* positions_ = nullptr;
  std::uint32_t count_ = 0;
  // For each opening bracket it has the position behind the bracket that closes
  // it; 0 if there is none. It is empty until FindEnds, and in a text that is
  // read.
  std::vector<std::uint32_t> ends_;
  // It reads strings with escapes in a text that is not read.
  simdjson::dom::parser text_parser_;
};

// The walk goes through the structural characters, and in a text that is read
// also through simdjson's members, one for one. A member takes three positions:
// its key, the colon, and where its value begins. `use` may have found the end
// of the value already; then Next need not look for it again.
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

// This walk is like that of an object, but an element has neither key nor
// colon. When a comma is followed by the closing bracket, `use` gets a value
// that has no beginning, and then Next fails; Checked keeps that from the
// caller.
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

}  // namespace linktor::webhook
