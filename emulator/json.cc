#include "emulator/json.h"

#include <boost/locale/utf.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace linktor::emulator {
namespace {

using Utf8 = boost::locale::utf::utf_traits<char>;

constexpr std::size_t kMaxDepth = 32;
constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::uint32_t kFirstSupplementary = 0x10000;

void AppendEscaped(std::uint32_t code_point, std::string& out) {
  if (code_point < kFirstSupplementary) {
    absl::StrAppendFormat(&out, "\\u%04x", code_point);
    return;
  }
  const std::uint32_t offset = code_point - kFirstSupplementary;
  absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xD800 + (offset >> 10),
                        0xDC00 + (offset & 0x3FF));
}

template <typename Kind>
const Kind* FindMember(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains({name.data(), name.size()});
  if (value == nullptr) return nullptr;
  if constexpr (std::is_same_v<Kind, json::string>) {
    return value->if_string();
  } else if constexpr (std::is_same_v<Kind, json::array>) {
    return value->if_array();
  } else {
    return value->if_object();
  }
}

}  // namespace

absl::StatusOr<json::value> ParseJson(std::string_view text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::error_code error;
  json::value value =
      json::parse({text.data(), text.size()}, error, {}, options);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("the body is not valid JSON: ", error.message()));
  }
  return value;
}

std::string MetaJson(const json::value& value) {
  const std::string plain = json::serialize(value);
  std::string out;
  out.reserve(plain.size() + plain.size() / 8);
  // "/" and bytes above 0x7F occur only inside strings of a JSON text, so it
  // can be rewritten without following its structure.
  const char* p = plain.data();
  const char* const end = p + plain.size();
  while (p != end) {
    if (*p == '/') {
      out.append("\\/");
      ++p;
    } else if (static_cast<unsigned char>(*p) < 0x80) {
      out.push_back(*p++);
    } else {
      const char* next = p;
      const auto code_point = Utf8::decode(next, end);
      if (boost::locale::utf::is_valid_codepoint(code_point)) {
        AppendEscaped(code_point, out);
        p = next;
      } else {
        // One byte alone is replaced, since decode() may have read past the bad
        // ones.
        AppendEscaped(kReplacement, out);
        ++p;
      }
    }
  }
  return out;
}

json::value JsonOrText(std::string_view text) {
  if (absl::StatusOr<json::value> value = ParseJson(text); value.ok()) {
    return *std::move(value);
  }
  return json::string(text.data(), text.size());
}

const json::string* FindString(const json::object& object,
                               std::string_view name) {
  return FindMember<json::string>(object, name);
}

const json::object* FindObject(const json::object& object,
                               std::string_view name) {
  return FindMember<json::object>(object, name);
}

const json::array* FindArray(const json::object& object,
                             std::string_view name) {
  return FindMember<json::array>(object, name);
}

json::string ToJson(std::string_view text) {
  return json::string(text.data(), text.size());
}

std::string_view AsView(const json::string& text) {
  return {text.data(), text.size()};
}

http::HttpResponse JsonResponse(int status, const json::value& body) {
  return {.status = status,
          .content_type = "application/json; charset=UTF-8",
          .body = json::serialize(body) + "\n"};
}

}  // namespace linktor::emulator
