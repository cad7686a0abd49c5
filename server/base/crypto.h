// Does everything cryptographic, by BoringSSL. This is the only target that
// sees BoringSSL's headers (see docs/adr/0003); TLS is not here.
//
// Webhook signatures, the sealer, API keys and ids use it, from any thread. All
// classes are immutable after construction and thread-safe. No function fails
// with a status but Open: where BoringSSL has no memory for a result, the
// process ends, because going on would mean an unchecked signature or an
// unsealed text.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace linktor {

// Holds the 32 bytes that SHA-256 or HMAC-SHA256 gives.
using Digest = std::array<std::uint8_t, 32>;

// Returns the digest as the bytes of a string_view, which borrows them: it is
// valid as long as `digest`.
std::string_view AsBytes(const Digest& digest);

// Returns the SHA-256 of the bytes. It takes no key: it proves nothing about
// who made them.
Digest Sha256(std::string_view data);

// Returns whether both are equal, in time that depends only on their lengths.
// Everything that a stranger may guess at is compared by it.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// These give random bytes of cryptographic quality: FillRandom fills the `size`
// bytes at `out`, RandomBytes returns a string of them.
void FillRandom(void* out, std::size_t size);
std::string RandomBytes(std::size_t size);

// Computes HMAC-SHA256 under one key. The key schedule is done once, and each
// use copies it: webhooks are checked against the same few secrets again and
// again. An object that was moved from may only be destroyed or assigned.
class HmacKey {
 public:
  // `key` may have any length, and may be empty; it is not borrowed.
  explicit HmacKey(std::string_view key);
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;

  // Returns the MAC of `data`, 32 bytes.
  Digest Sign(std::string_view data) const;
  // Returns whether `mac` is the MAC of `data`, compared in constant time;
  // false unless it has 32 bytes.
  bool Verify(std::string_view data, std::string_view mac) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Seals and opens by AES-256-GCM-SIV under one key. Nonces are random. A
// repeated one would reveal only that two plaintexts are equal, and nothing of
// the key. An object that was moved from may only be destroyed or assigned.
class AeadKey {
 public:
  // These sizes are in bytes, and are those of the algorithm. Stored bytes
  // depend on them: do not change.
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 12;
  static constexpr std::size_t kTagSize = 16;

  // `key` must have kKeySize bytes, or the process ends; it is not borrowed.
  explicit AeadKey(std::string_view key);
  ~AeadKey();
  AeadKey(AeadKey&&) noexcept;
  AeadKey& operator=(AeadKey&&) noexcept;

  // Appends nonce ‖ ciphertext ‖ tag to `out`, which grows by the plaintext's
  // size, kNonceSize and kTagSize; its old content stays. `associated_data` is
  // authenticated and not stored: Open needs the same bytes.
  void Seal(std::string_view plaintext, std::string_view associated_data,
            std::string& out) const;
  // Opens what Seal appended and returns the plaintext. Fails with DATA_LOSS
  // when the bytes are too short, when they or the associated data are not what
  // was sealed, or when they were sealed under another key; nothing of the
  // plaintext is given out then.
  absl::StatusOr<std::string> Open(std::string_view sealed,
                                   std::string_view associated_data) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Runs BoringSSL's own known-answer tests and checks that the library in use is
// BoringSSL. It is called once at start; false means that the process must not
// start.
bool CryptoSelfTest();

}  // namespace linktor
