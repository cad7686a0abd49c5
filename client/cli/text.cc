#include "client/cli/text.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace linktor::cli {
namespace {

constexpr std::size_t kIdHead = 4;
constexpr std::size_t kIdTail = 8;

// A Character is a code point and its length in bytes. The length is 0 when the
// bytes are not a character of UTF-8.
struct Character {
  std::uint32_t point = 0;
  std::size_t length = 0;
};

// Returns how many bytes a character has whose first byte is `first`. Returns 0
// when no character of several bytes begins with it.
std::size_t LengthBy(std::uint32_t first) {
  if (first >= 0xF0 && first < 0xF8) return 4;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xC2 && first < 0xE0 ? 2 : 0;
}

// Returns the character that begins at byte `at`.
Character Decode(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const std::uint32_t first = byte(at);
  if (first < 0x80) return {first, 1};
  const std::size_t length = LengthBy(first);
  if (length == 0) return {};
  std::uint32_t point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0U) != 0x80U) return {};
    point = point << 6U | (byte(at + i) & 0x3FU);
  }
  // These are not characters: a code point in more bytes than it needs, a
  // surrogate, and a number that is too large for Unicode.
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid = point >= kLeast[length] && point <= 0x10FFFF &&
                     (point < 0xD800 || point > 0xDFFF);
  return valid ? Character{point, length} : Character{};
}

// Returns whether the character could control a terminal, or make a text look
// different from what it says.
bool IsDangerous(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
         point == 0xAD ||                         // soft hyphen
         point == 0x61C ||                        // Arabic letter mark
         point == 0x200B ||                       // zero width space
         point == 0x200E || point == 0x200F ||    // direction marks
         (point >= 0x2028 && point <= 0x202E) ||  // separators, embeddings
         (point >= 0x2060 && point <= 0x206F) ||  // invisible, isolates
         point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFB) ||
         (point >= 0xE0000 && point <= 0xE007F);  // tags
}

void AppendEscaped(std::string& out, std::uint32_t point) {
  switch (point) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      if (point < 0x80) {
        absl::StrAppendFormat(&out, "\\x%02x", point);
      } else {
        absl::StrAppendFormat(&out, "\\u{%x}", point);
      }
  }
}

// Returns `text` escaped. With `quoted` it also escapes quotation marks and
// backslashes. More than `max` characters are cut; 0 means no limit.
std::string Escape(const std::string& text, bool quoted, std::size_t max) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    if (max != 0 && characters == max) return out + "…";
    const Character one = Decode(text, at);
    if (one.length == 0) {
      absl::StrAppendFormat(&out, "\\x%02x",
                            static_cast<unsigned char>(text[at]));
      ++at;
      continue;
    }
    if (IsDangerous(one.point)) {
      AppendEscaped(out, one.point);
    } else {
      if (quoted && (one.point == '"' || one.point == '\\')) out += '\\';
      out.append(text, at, one.length);
    }
    at += one.length;
  }
  return out;
}

}  // namespace

std::string EscapeControls(const std::string& text) {
  return Escape(text, false, 0);
}

std::string Quote(const std::string& text, std::size_t max_characters) {
  return absl::StrCat("\"", Escape(text, true, max_characters), "\"");
}

bool IsUtf8(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = Decode(text, at).length;
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::string Shorten(const std::string& id) {
  // The cut may go through a character of several bytes, which is then shown as
  // escapes. Real ids are ASCII, so that does not happen to them.
  if (id.size() <= kIdHead + kIdTail + 4) return EscapeControls(id);
  return absl::StrCat(EscapeControls(id.substr(0, kIdHead)), "…",
                      EscapeControls(id.substr(id.size() - kIdTail)));
}

std::string ShowTime(const google::protobuf::Timestamp& time,
                     const absl::TimeZone& zone) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S%Ez",
                          absl::FromUnixSeconds(time.seconds()), zone);
}

std::string ShowDuration(absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  if (seconds >= 120) {
    return absl::StrFormat("%.0f min", std::ceil(seconds / 60));
  }
  if (seconds == std::floor(seconds)) return absl::StrFormat("%.0f s", seconds);
  return absl::StrFormat("%.1f s", seconds);
}

void AddField(std::string& out, const char* name, const std::string& value) {
  if (!value.empty()) absl::StrAppendFormat(&out, "%-15s %s\n", name, value);
}

}  // namespace linktor::cli
