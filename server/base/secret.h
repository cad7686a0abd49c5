// A value that must not be printed: tokens, app secrets, keys.

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace linktor {

// Holds a secret and overwrites its memory when it goes. It has no stream
// operator and no conversion: reading it takes the word Reveal(), which is
// easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) {
    other.Wipe();
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe();
      value_ = std::move(other.value_);
      other.Wipe();
    }
    return *this;
  }
  ~Secret() { Wipe(); }

  std::string_view Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void Wipe();

  std::string value_;
};

}  // namespace linktor
