// This is the table of all kinds of content. A case of MessageContent's oneof
// without a row does not compile. Code that needs a part of a kind asks here,
// and has no switch over the cases. The table never changes, so any thread may
// read it, even before main() begins.
//
// A new kind is a file beside this one, and a declaration and a case here. The
// compiler checks the kind's parts where the kind is defined (kind.h).
// ContentKindsTest checks that every case has its own row, because the rows
// cannot be read while this file is compiled.

#pragma once

#include <array>
#include <cstddef>

#include "linktor/instagram/v1/content.pb.h"
#include "server/base/v1.h"
#include "server/kinds/content/kind.h"

namespace linktor::kinds {

// These are the rows. Each is defined in the file that has its name. Such a
// file includes these declarations, because otherwise its definition would be
// private to it. A definition is constinit. So it is complete before any code
// runs, and the order of initialisation does not matter.
extern const ContentKind kTextContent;
extern const ContentKind kImageContent;
extern const ContentKind kVideoContent;
extern const ContentKind kAudioContent;
extern const ContentKind kStickerContent;
extern const ContentKind kTemplateContent;

// Returns the kind of a message's content, which lives as long as the program.
// Returns null only for CONTENT_NOT_SET. The message then has no content, or a
// content that only a newer client knows. The limits refuse such a message, so
// code that runs after them need not expect null. The function can be called
// while compiling. The pointer can then be compared, but the row cannot be
// read.
constexpr const ContentKind* FindContentKind(
    v1::MessageContent::ContentCase content_case) {
  // There is no default, so that the compiler names a case that is missing
  // here. -Wswitch is on in every build, and warnings are errors.
  switch (content_case) {
    case v1::MessageContent::kText:
      return &kTextContent;
    case v1::MessageContent::kImage:
      return &kImageContent;
    case v1::MessageContent::kVideo:
      return &kVideoContent;
    case v1::MessageContent::kAudio:
      return &kAudioContent;
    case v1::MessageContent::kSticker:
      return &kStickerContent;
    case v1::MessageContent::kTemplate:
      return &kTemplateContent;
    // The return below is also for a number that this program does not know.
    case v1::MessageContent::CONTENT_NOT_SET:
      break;
  }
  return nullptr;
}

// All field numbers of the oneof are below the number of quick_replies. A kind
// with a greater number would be missing from the list below. ContentKindsTest
// would notice that.
inline constexpr int kContentNumbers =
    v1::MessageContent::kQuickRepliesFieldNumber;

// Returns the number of rows. The list below is an array, which needs its size
// before it can be filled.
consteval std::size_t CountContentKinds() {
  std::size_t count = 0;
  for (int number = 0; number < kContentNumbers; ++number) {
    const auto which = static_cast<v1::MessageContent::ContentCase>(number);
    // A number that belongs to no case is cast, too, and has no row.
    if (FindContentKind(which) != nullptr) ++count;
  }
  return count;
}

// It has all rows, in the order of their field numbers. It is for code that has
// to look at every kind, such as the code that finds the kind of an echo. No
// entry is null. It is made while compiling, so that a loop over it costs no
// more than a loop over any array.
inline constexpr auto kContentKinds = [] {
  std::array<const ContentKind*, CountContentKinds()> kinds{};
  std::size_t count = 0;
  for (int number = 0; number < kContentNumbers; ++number) {
    const auto which = static_cast<v1::MessageContent::ContentCase>(number);
    if (const ContentKind* kind = FindContentKind(which)) {
      kinds[count++] = kind;
    }
  }
  return kinds;
}();

}  // namespace linktor::kinds
