// This is the table of all kinds of content. A case of MessageContent's oneof
// without a row does not compile. Whoever needs a part of a kind asks here and
// has no switch over the cases of its own. The table never changes, so any
// thread may read it, also before main() begins.
//
// A new kind is a file beside this one, a declaration and a case here. Its
// parts are checked where it is defined (kind.h); that its row is its own is
// checked by ContentKindsTest, because the rows cannot be read while this is
// compiled.

#pragma once

#include <array>
#include <cstddef>

#include "linktor/instagram/v1/content.pb.h"
#include "server/base/v1.h"
#include "server/kinds/content/kind.h"

namespace linktor::kinds {

// These are the rows. Each is defined in the file that has its name. The files
// see these declarations, without which the definitions would be private to
// them. A definition is constinit, so that it is complete before any code runs
// and no order of initialisation matters.
extern const ContentKind kTextContent;
extern const ContentKind kImageContent;
extern const ContentKind kVideoContent;
extern const ContentKind kAudioContent;
extern const ContentKind kStickerContent;
extern const ContentKind kTemplateContent;

// Returns the kind of a message's content, which lives as long as the program.
// Returns null for CONTENT_NOT_SET alone: a message without content, or with a
// content that only a newer client knows. The limits refuse such a message, so
// that whoever is called after them need not expect it. It can be called while
// compiling; the pointer can then be compared, but the row cannot be read.
constexpr const ContentKind* FindContentKind(
    v1::MessageContent::ContentCase content_case) {
  // There is no default, so that the compiler names a case that is not here:
  // -Wswitch is on in every build, and warnings are errors.
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
    // The return below also serves a number that this program does not know.
    case v1::MessageContent::CONTENT_NOT_SET:
      break;
  }
  return nullptr;
}

// The oneof has its field numbers below that of quick_replies. A kind with a
// greater one would be missing from the list below; ContentKindsTest notices.
inline constexpr int kContentNumbers =
    v1::MessageContent::kQuickRepliesFieldNumber;

// Returns the number of rows. The list is an array and needs its size before it
// can be filled.
consteval std::size_t CountContentKinds() {
  std::size_t count = 0;
  for (int number = 0; number < kContentNumbers; ++number) {
    const auto which = static_cast<v1::MessageContent::ContentCase>(number);
    // A number that no case has is cast, too, and has no row.
    if (FindContentKind(which) != nullptr) ++count;
  }
  return count;
}

// It holds all rows, in the order of their field numbers, for whoever has to
// look at every kind: which one an echo settles, or what a caller may send. No
// entry is null. It is made while compiling, so that a loop over it costs no
// more than over any array.
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
