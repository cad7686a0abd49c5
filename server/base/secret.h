// Holds a value that must not be printed: access tokens, app secrets, API keys,
// private keys. Whoever reads one from a file or a request puts it into a
// Secret at once.

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace linktor {

// Holds a secret and overwrites its memory when it goes. It has no stream
// operator and no conversion: reading it takes the word Reveal(), which is easy
// to search for. Like a string, it may be used by one thread at a time unless
// all of them only read.
class Secret {
 public:
  Secret() = default;
  // Takes over the value. A copy that the caller keeps of it is not
  // overwritten.
  explicit Secret(std::string value) : value_(std::move(value)) { Wipe(value); }
  // A copy has memory of its own; each is overwritten when it goes.
  Secret(const Secret&) = default;
  // The old value is overwritten first: the string could keep a part of it
  // behind a shorter new one.
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe();
      value_ = other.value_;
    }
    return *this;
  }
  // The source is empty afterwards.
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

  // Returns the bytes, borrowed until this is assigned, moved from or
  // destroyed. They are not to be kept in another type longer than a call needs
  // them.
  std::string_view Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void Wipe() { Wipe(value_); }
  // Overwrites the value in a way that the compiler does not leave out, and
  // leaves it empty. It is defined in crypto.cc, beside BoringSSL.
  static void Wipe(std::string& value);

  std::string value_;
};

}  // namespace linktor
