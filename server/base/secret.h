// Holds a value that must not be printed: an access token, an app secret, an
// API key or a private key. Code that reads such a value from a file or a
// request puts it into a Secret at once.

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace linktor {

// A Secret overwrites its memory when it is destroyed. It has no stream
// operator and no conversion. Code can read the value only with Reveal(), a
// name that is easy to search for. Several threads may read a Secret at the
// same time; a thread that changes it must be the only one that uses it.
class Secret {
 public:
  Secret() = default;
  // Takes over the value. When the caller keeps a copy of the value, that copy
  // is not overwritten.
  explicit Secret(std::string value) : value_(std::move(value)) { Wipe(value); }
  // A copy has its own memory, and each copy overwrites its memory when it is
  // destroyed.
  Secret(const Secret&) = default;
  // Overwrites the old value first, because a part of it could stay in the
  // string's memory behind a shorter new value.
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe();
      value_ = other.value_;
    }
    return *this;
  }
  // After a move the object `other` is empty.
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

  // Returns the bytes. The bytes are borrowed: they are valid until this object
  // is assigned to, moved from or destroyed. Code must not keep a copy of the
  // bytes in another type for longer than one call needs it.
  std::string_view Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  void Wipe() { Wipe(value_); }
  // Overwrites the value in a way that the compiler cannot remove, and leaves
  // the value empty. crypto.cc defines this function, because the function
  // needs BoringSSL.
  static void Wipe(std::string& value);

  std::string value_;
};

}  // namespace linktor
