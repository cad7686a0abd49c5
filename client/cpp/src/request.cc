#include "linktor/instagram/request.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/stubs/common.h>

#include <array>
#include <cstdio>
#include <random>
#include <vector>

namespace linktor::instagram {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsUtf8(const std::string& text) {
  return google::protobuf::internal::IsStructurallyValidUTF8(
      text.data(), static_cast<int>(text.size()));
}

// Returns the path of the first field in `message` whose text is not UTF-8. It
// begins with `path`, the path of the message and a dot.
std::optional<std::string> BadFieldBelow(const Message& message,
                                         const std::string& path);

// Does the same for one field, which must have a value. `name` is the path of
// the field; all values of a list have the same path.
std::optional<std::string> BadFieldOf(const Message& message,
                                      const FieldDescriptor* field,
                                      const std::string& name) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const bool list = field->is_repeated();
  const int count = list ? reflection.FieldSize(message, field) : 1;
  for (int i = 0; i < count; ++i) {
    if (field->type() == FieldDescriptor::TYPE_STRING) {
      if (!IsUtf8(list ? reflection.GetRepeatedString(message, field, i)
                       : reflection.GetString(message, field))) {
        return name;
      }
    } else if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
      auto inner =
          BadFieldBelow(list ? reflection.GetRepeatedMessage(message, field, i)
                             : reflection.GetMessage(message, field),
                        name + ".");
      if (inner.has_value()) return inner;
    }
  }
  return std::nullopt;
}

std::optional<std::string> BadFieldBelow(const Message& message,
                                         const std::string& path) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    auto bad = BadFieldOf(message, field, path + field->name());
    if (bad.has_value()) return bad;
  }
  return std::nullopt;
}

}  // namespace

v1::SendMessageRequest Text(const std::string& channel_id,
                            const std::string& to, const std::string& text) {
  v1::SendMessageRequest request;
  request.set_channel_id(channel_id);
  request.set_to(to);
  request.mutable_content()->set_text(text);
  return request;
}

std::string NewRequestId(const std::string& prefix) {
  std::random_device random;
  std::array<char, 33> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x%08x%08x%08x", random(),
                random(), random(), random());
  return prefix + digits.data();
}

std::optional<std::string> FieldThatIsNotUtf8(const Message& request) {
  return BadFieldBelow(request, "");
}

}  // namespace linktor::instagram
