// Does all cryptography of the server except TLS, with BoringSSL. Only this
// target includes BoringSSL's headers (see docs/adr/0003).
//
// Webhook signatures, the sealer, API keys and ids use this code, from any
// thread. Signing, verifying, sealing and opening do not change an object, so
// several threads may use one object at the same time. Only AeadKey::Open can
// return an error. When BoringSSL has no memory for a result, the process ends.
// If it went on, it would accept a signature without a check, or store a text
// that is not encrypted.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace linktor {

// A Digest holds the 32 bytes that SHA-256 or HMAC-SHA256 gives.
using Digest = std::array<std::uint8_t, 32>;

// Returns the bytes of the digest as a string_view. The view borrows the bytes:
// it is valid as long as `digest` exists.
std::string_view AsBytes(const Digest& digest);

// Returns the SHA-256 of the bytes. It uses no key, so the result does not
// prove who made the bytes.
Digest Sha256(std::string_view data);

// Returns whether both texts are equal. The duration depends only on their
// lengths, so an attacker cannot guess a text byte by byte. Code must use this
// function when it compares a secret with a text that a stranger has sent.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// These functions give random bytes of cryptographic quality. FillRandom fills
// the `size` bytes at `out`, and RandomBytes returns `size` bytes in a string.
void FillRandom(void* out, std::size_t size);
std::string RandomBytes(std::size_t size);

// Computes HMAC-SHA256 under one key. The constructor prepares the key once,
// and each use copies the prepared key. This saves time, because many webhooks
// are checked with the same few secrets. After a move, the old object may only
// be destroyed or assigned to.
class HmacKey {
 public:
  // `key` may have any length, and may be empty. The object copies what it
  // needs and does not borrow `key`.
  explicit HmacKey(std::string_view key);
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;

  // Returns the MAC of `data`, 32 bytes.
  Digest Sign(std::string_view data) const;
  // Returns whether `mac` is the MAC of `data`. It compares in constant time.
  // The result is false when `mac` does not have 32 bytes.
  bool Verify(std::string_view data, std::string_view mac) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Seals (encrypts) and opens (decrypts) texts with AES-256-GCM-SIV under one
// key. Nonces are random. If a nonce were repeated, an attacker would learn
// only whether two plaintexts are equal, and nothing about the key. After a
// move, the old object may only be destroyed or assigned to.
class AeadKey {
 public:
  // These sizes are in bytes. The algorithm defines them, and stored bytes
  // depend on them: do not change them.
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 12;
  static constexpr std::size_t kTagSize = 16;

  // `key` must have kKeySize bytes; with any other size the process ends. The
  // object does not borrow `key`.
  explicit AeadKey(std::string_view key);
  ~AeadKey();
  AeadKey(AeadKey&&) noexcept;
  AeadKey& operator=(AeadKey&&) noexcept;

  // Appends nonce ‖ ciphertext ‖ tag to `out`, after the bytes that `out` has
  // already. `out` grows by the plaintext's size, kNonceSize and kTagSize.
  // `associated_data` is authenticated but not stored: Open succeeds only when
  // it gets the same associated data.
  void Seal(std::string_view plaintext, std::string_view associated_data,
            std::string& out) const;
  // Opens the bytes that Seal appended, and returns the plaintext. Fails with
  // DATA_LOSS when the bytes are too short, when the bytes or the associated
  // data have changed, or when the bytes were sealed under another key. After a
  // failure the caller gets nothing of the plaintext.
  absl::StatusOr<std::string> Open(std::string_view sealed,
                                   std::string_view associated_data) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Runs BoringSSL's self test, which compares the library's results with known
// results. OpenSSL has no such function, so the call also shows that the
// library in use is BoringSSL. It is called once at start. When it returns
// false, the process must not start.
bool CryptoSelfTest();

}  // namespace linktor
