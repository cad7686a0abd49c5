// A PaddedBody holds bytes as the HTTP listener hands them to the webhook
// parser: exactly kBodySlack readable bytes follow. Here they are rubbish, so
// that the sanitizers catch a parser that reads further, and the tests one that
// makes use of them.

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
