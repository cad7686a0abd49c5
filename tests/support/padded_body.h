// A PaddedBody holds the bytes of a webhook body as the HTTP listener gives
// them to the webhook parser: exactly kBodySlack more bytes after the body are
// readable. Here these bytes are garbage. If the parser reads beyond them, a
// sanitizer reports it. If the parser uses their values, a test fails.

#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "server/http/message.h"

namespace linktor {

class PaddedBody {
 public:
  explicit PaddedBody(std::string_view text)
      : size_(text.size()),
        bytes_(std::make_unique<char[]>(text.size() + http::kBodySlack)) {
    std::memcpy(bytes_.get(), text.data(), size_);
    std::memset(bytes_.get() + size_, ']', http::kBodySlack);
  }

  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace linktor
