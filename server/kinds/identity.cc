#include "server/kinds/identity.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/base/casts.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "server/base/crypto.h"
#include "server/base/strings.h"

namespace linktor::kinds {
namespace {

namespace dom = simdjson::dom;

// Larger items are the same only when they are equal byte for byte.
constexpr std::size_t kMaxCanonical = 256 * 1024;

// Appends the type of the value and then the value. A text comes with its
// length, so that two values never look like one.
void AppendCanonicalScalar(const dom::element& value, std::string& out) {
  out.push_back(static_cast<char>(value.type()));
  switch (value.type()) {
    case dom::element_type::STRING: {
      const std::string_view text = value.get_string().value_unsafe();
      absl::StrAppend(&out, text.size(), ":", ToAbsl(text));
      break;
    }
    case dom::element_type::INT64:
      absl::StrAppend(&out, value.get_int64().value_unsafe());
      break;
    case dom::element_type::UINT64:
      absl::StrAppend(&out, value.get_uint64().value_unsafe());
      break;
    case dom::element_type::DOUBLE:
      absl::StrAppend(&out, absl::bit_cast<std::uint64_t>(
                                value.get_double().value_unsafe()));
      break;
    case dom::element_type::BOOL:
      out.push_back(value.get_bool().value_unsafe() ? '1' : '0');
      break;
    default:
      break;
  }
  out.push_back(',');
}

// Serialises with sorted keys, so that equal content gives equal bytes.
// It is persisted as a hash, so it must not change.
void AppendCanonical(const dom::element& value, std::string& out) {
  dom::object object;
  dom::array array;
  if (value.get(object) == simdjson::SUCCESS) {
    // Members of one name stay in their order.
    struct Member {
      std::string_view key;
      std::size_t position;
      dom::element value;
    };
    absl::InlinedVector<Member, 16> members;
    for (const auto [key, value_of_key] : object) {
      members.push_back({key, members.size(), value_of_key});
    }
    const auto by_key = [](const Member& a, const Member& b) {
      return std::tie(a.key, a.position) < std::tie(b.key, b.position);
    };
    if (!std::is_sorted(members.begin(), members.end(), by_key)) {
      std::sort(members.begin(), members.end(), by_key);
    }
    out.push_back('{');
    for (const Member& member : members) {
      absl::StrAppend(&out, member.key.size(), ":", ToAbsl(member.key));
      AppendCanonical(member.value, out);
    }
    out.push_back('}');
  } else if (value.get(array) == simdjson::SUCCESS) {
    out.push_back('[');
    for (const dom::element member : array) AppendCanonical(member, out);
    out.push_back(']');
  } else {
    AppendCanonicalScalar(value, out);
  }
}

}  // namespace

void Identify(const dom::element* root, ParsedItem& item) {
  const bool by_mid = !MidOf(item).empty() && !item.row->repeats_mid;
  const bool may_be_event =
      item.fate == Fate::kEvent || item.fate == Fate::kWaits;
  if (!may_be_event || by_mid || !item.content_hash.empty()) return;
  std::string canonical;
  std::string_view identity = item.raw;
  if (item.row->identity != nullptr) {
    canonical = item.row->identity(item);
    identity = canonical;
  } else if (root != nullptr && item.raw.size() <= kMaxCanonical) {
    AppendCanonical(*root, canonical);
    identity = canonical;
  }
  item.content_hash = std::string(AsBytes(Sha256(identity)));
}

}  // namespace linktor::kinds
