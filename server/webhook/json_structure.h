// Finds the structure of a JSON text: where its values begin and end. If the
// whole text is correct, its values are read, too. If the text has a fault, its
// parts can still be found and read one by one, so that one bad item does not
// spoil the other items. Only the envelope parser in parser.cc uses this file.
// The envelope parser has one JsonStructure for each body.
//
// simdjson works in two stages. The first stage finds the structural
// characters: brackets, commas, colons, and the first character of each string,
// number and word. The second stage reads the values. JsonStructure keeps the
// result of the first stage, so that it does not need the second stage to
// succeed. A text "is read" when the second stage has succeeded. A "position"
// is an index among the structural characters, and not an offset in the text.

#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace linktor::webhook {

// A JsonValue is a value within the text. It may be used only with the
// JsonStructure that it came from, and only until the next Load of that
// JsonStructure.
struct JsonValue {
  // It is the position where the value begins: a bracket, the first quote, or
  // the first character of a number or word.
  std::uint32_t first = 0;
  // It is the position behind the value; it is 0 as long as it is not known.
  // The functions that take a JsonValue& may fill it in.
  std::uint32_t end = 0;
  // It is the value itself. It is set only if JsonStructure::read() is true.
  simdjson::dom::element element;
};

// A JsonStructure holds one text at a time, and one thread uses it. It needs
// four bytes of memory for each structural character. A text that is not read
// needs four more bytes for each structural character. A text that is read
// needs eight more bytes for each value.
class JsonStructure {
 public:
  JsonStructure() = default;
  // If the memory is small, the destructor keeps it for the next JsonStructure
  // on this thread. That JsonStructure then need not allocate memory.
  ~JsonStructure();
  JsonStructure(const JsonStructure&) = delete;
  JsonStructure& operator=(const JsonStructure&) = delete;

  // Finds the structure of `text`. It also reads the text if all of it is
  // correct and at most `max_depth` deep. `text` must outlive this object and
  // be followed by kBodySlack readable bytes (see http/message.h).
  //
  // It fails when the text is not JSON at all. Such a text is empty, is not
  // UTF-8, has a string that does not end, or has a string with control
  // characters. After a failure only Load may be called. Throws std::bad_alloc.
  simdjson::error_code Load(std::string_view text, std::size_t max_depth);

  // Returns whether the text is read, so that its values are known. In a text
  // that is not read, brackets may not match, and numbers and words may be
  // wrong.
  bool read() const { return read_; }

  // Returns the value with which the text begins. If the text is not read, more
  // text may follow after this value; see EndsWith.
  JsonValue Root() const { return root_; }

  // Returns the text of the value, without blanks around it. The result points
  // into the loaded text. If no bracket closes the value, the result goes up to
  // the last structural character of the loaded text.
  std::string_view Text(JsonValue& value);

  // Returns a string without its quotes, and with the characters for which its
  // escapes stand. Returns a number or word as a text, and an empty text for an
  // object or array. Returns a string with a wrong escape as it is written. The
  // parser reads the envelope's ids and fields with this function.
  std::string Name(JsonValue& value);

  // Returns whether the value is an object that is not empty. It only looks at
  // two characters, so that a large number of empty items costs little.
  bool HasMembers(const JsonValue& value) const {
    return CharAt(value.first) == '{' && CharAt(value.first + 1) != '}';
  }

  // Fails when the value is not an array that ForEachElement can walk.
  simdjson::error_code CheckArray(JsonValue& value);

  // Returns whether no more text follows after the root. `root.end` must have
  // been filled in.
  bool EndsWith(const JsonValue& root) const { return root.end == count_; }

  // Calls `use(key, JsonValue&)` for each member, in the order of the text. If
  // several members have the same key, it calls `use` for each of them. It
  // fails when the value is not an object, or when its commas, colons and
  // brackets are wrong. Then it has not called `use` at all. `key` lasts for
  // one call of `use`.
  template <typename Use>
  simdjson::error_code ForEachMember(JsonValue& object, Use use) {
    return Checked(object, use, [this](JsonValue& value, auto& each) {
      return this->WalkObject(value, each);
    });
  }

  // Does the same as ForEachMember, but faster. It is for a `use` that calls
  // only Name and CheckArray with the values. In a text that is read, Name and
  // CheckArray do not need the ends of the values, so PeekAtMembers does not
  // look for the ends.
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

  // Calls `use(JsonValue&)` for each element, in the order of the text. It
  // fails as ForEachMember does.
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

  // Sets value.end. It fails when no value begins at value.first, or when no
  // bracket closes the value; value.end must not be used then.
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
  // Does the same as Skip for an object or array that is not empty. In a text
  // that is read it counts brackets; otherwise it looks the end up in ends_.
  simdjson::error_code SkipBrackets(JsonValue& value);
  // Fills ends_ in one pass over the text. Without ends_, each bracket would
  // need a pass of its own to find where it is closed. A hostile text may have
  // very many brackets that are never closed.
  void FindEnds();
  // Reads the key at that position; a colon must follow the key. ReadKey and
  // Unescape are for texts that are not read. The result of each lasts until
  // the next call of ReadKey or Unescape.
  simdjson::error_code ReadKey(std::uint32_t position, std::string_view& key);
  // Returns the text of a string that still has its quotes. A string without a
  // backslash is not copied.
  simdjson::error_code Unescape(std::string_view quoted,
                                std::string_view& text);

  // Walks through `value` and calls `use`. If the text is not read, it first
  // walks through `value` without calling `use`. So a fault at the end of a
  // container (an object or array) is found before `use` is called at all.
  template <typename Use, typename Walk>
  simdjson::error_code Checked(JsonValue& value, Use& use, Walk walk) {
    if (!read_) {
      const auto nothing = [](auto&&...) {};
      if (const auto error = walk(value, nothing)) return error;
    }
    return walk(value, use);
  }

  // Each of these two functions walks through its container once and sets the
  // end of the container. A walk finds a fault only when it comes to the fault.
  // Then it has already called `use` for everything before the fault.
  template <typename Use>
  simdjson::error_code WalkObject(JsonValue& object, Use& use);
  template <typename Use>
  simdjson::error_code WalkArray(JsonValue& array, Use& use);

  // Goes past `value` and past the comma or closing bracket that follows it.
  // `at` becomes the position behind that comma or bracket. After a closing
  // bracket the container has ended, and `end` gets the same position. It fails
  // when something else follows `value`.
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
  // It is true when the second stage has read all of the text.
  bool read_ = false;
  JsonValue root_;
  // A Memory is what simdjson needs: the work space of both stages, and the
  // values. It is big enough for texts up to its capacity.
  struct Memory {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
    simdjson::dom::document document;
  };
  // Returns the memory that an earlier JsonStructure has left to this thread;
  // null when there is none.
  static std::unique_ptr<Memory>& Spare();
  // Makes memory_ big enough for a text of `size` bytes. Fails when simdjson
  // does not accept a text of that size. Throws std::bad_alloc.
  simdjson::error_code TakeMemory(std::size_t size, std::size_t max_depth);

  // It is null before the first Load.
  std::unique_ptr<Memory> memory_;
  // positions_ has the offsets in text_ of the structural characters, in memory
  // that memory_ owns. count_ is their number.
  const std::uint32_t* positions_ = nullptr;
  std::uint32_t count_ = 0;
  // For the position of each opening bracket, ends_ has the position behind the
  // closing bracket, or 0 if there is no closing bracket. ends_ is empty before
  // FindEnds is called, and in a text that is read.
  std::vector<std::uint32_t> ends_;
  // It reads strings with escapes in a text that is not read.
  simdjson::dom::parser text_parser_;
};

// The walk goes through the structural characters. In a text that is read, it
// also goes through simdjson's members at the same time. A member has three
// positions: its key, the colon, and the beginning of its value. If `use` has
// already found the end of the value, Next does not look for the end again.
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

// This walk is like the walk of an object, but an element has no key and no
// colon. When a closing bracket follows a comma, `use` gets a value that has no
// beginning, and then Next fails. The caller's own `use` never gets such a
// value, because Checked first walks without calling it.
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
