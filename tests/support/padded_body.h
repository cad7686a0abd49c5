// Bytes as the HTTP listener hands them to the webhook parser: followed by
// exactly kBodySlack readable bytes, here of rubbish, so that reading further
// is caught by the sanitizers and using the slack by the tests.

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
        bytes_(std::make_unique<char[]>(text.size() + kBodySlack)) {
    std::memcpy(bytes_.get(), text.data(), size_);
    std::memset(bytes_.get() + size_, ']', kBodySlack);
  }

  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace linktor
