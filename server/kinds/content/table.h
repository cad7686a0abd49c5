// This is the table of all kinds of content. It has a row for each case of
// MessageContent's oneof; the program does not compile when a row is missing.
// Code that needs a part of a kind looks it up here, and has no switch over the
// cases. The table never changes, so any thread may read it, even before main()
// begins.
//
// A new kind needs a file in this folder, and a declaration and a case here.
// When the file of a kind is compiled, the compiler checks that the kind has
// all parts (kind.h). ContentKindsTest checks that every case has its own row.
// The compiler cannot check that, because it cannot read the rows while it
// compiles this file.

#pragma once

#include <array>
#include <cstddef>

#include "linktor/instagram/v1/content.pb.h"
#include "server/base/v1.h"
#include "server/kinds/content/kind.h"

namespace linktor::kinds {

// These are the rows. Each row is defined in the file that has its name. That
// file includes these declarations, because without them a constant would be
// visible only in its own file. A definition is constinit. So every row is
// complete before any code runs, and the order of initialisation does not
// matter.
extern const ContentKind kTextContent;
extern const ContentKind kImageContent;
extern const ContentKind kVideoContent;
extern const ContentKind kAudioContent;
extern const ContentKind kStickerContent;
extern const ContentKind kTemplateContent;

// Returns the kind of a message's content, which lives as long as the program.
// Returns null only for CONTENT_NOT_SET. The message then has no content, or a
// content that only a newer client knows. The server refuses such a message
// when it checks the limits, so later code does not get null. The function can
// be called while compiling. The pointer can then be compared, but the row
// cannot be read.
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
    // The last return is also for a number that this program does not know.
    case v1::MessageContent::CONTENT_NOT_SET:
      break;
  }
  return nullptr;
}

// All field numbers of the oneof are below the number of quick_replies. A kind
// with a greater number would be missing from kContentKinds, and
// ContentKindsTest would fail.
inline constexpr int kContentNumbers =
    v1::MessageContent::kQuickRepliesFieldNumber;

// Returns the number of rows. kContentKinds is an array, which needs its size
// before it can be filled.
consteval std::size_t CountContentKinds() {
  std::size_t count = 0;
  for (int number = 0; number < kContentNumbers; ++number) {
    const auto which = static_cast<v1::MessageContent::ContentCase>(number);
    // Some numbers belong to no case. FindContentKind returns null for them.
    if (FindContentKind(which) != nullptr) ++count;
  }
  return count;
}

// This array has all rows, in the order of their field numbers. It is for code
// that has to look at every kind, such as the code that finds the kind of an
// echo. No entry is null. It is made while compiling, so that a loop over it
// costs no more than a loop over any array.
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
