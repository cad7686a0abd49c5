// Everything cryptographic, by BoringSSL. This is the only target that sees
// BoringSSL's headers (see docs/adr/0003); TLS is not here.
// All classes are immutable after construction and thread-safe.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace linktor {

using Digest = std::array<std::uint8_t, 32>;

// A digest as the bytes of a string_view; valid as long as `digest`.
std::string_view AsBytes(const Digest& digest);

Digest Sha256(std::string_view data);

// Whether both are equal, in time that depends only on their lengths.
bool ConstantTimeEqual(std::string_view a, std::string_view b);

// Fills with random bytes of cryptographic quality.
void FillRandom(void* out, std::size_t size);
std::string RandomBytes(std::size_t size);

// HMAC-SHA256 under one key. The key schedule is done once; each use copies it.
class HmacKey {
 public:
  explicit HmacKey(std::string_view key);
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;

  Digest Sign(std::string_view data) const;
  // Constant-time. False unless `mac` is 32 bytes and right.
  bool Verify(std::string_view data, std::string_view mac) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// AES-256-GCM-SIV under one key. Nonces are random; a repeated one would
// reveal only that two plaintexts are equal.
class AeadKey {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kNonceSize = 12;
  static constexpr std::size_t kTagSize = 16;

  // `key` must have kKeySize bytes.
  explicit AeadKey(std::string_view key);
  ~AeadKey();
  AeadKey(AeadKey&&) noexcept;
  AeadKey& operator=(AeadKey&&) noexcept;

  // Appends nonce ‖ ciphertext ‖ tag to `out`.
  void Seal(std::string_view plaintext, std::string_view associated_data,
            std::string& out) const;
  // Opens what Seal appended. DATA_LOSS when it is not authentic.
  absl::StatusOr<std::string> Open(std::string_view sealed,
                                   std::string_view associated_data) const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// Runs BoringSSL's own known-answer tests and checks that the library in use
// is BoringSSL. Called once at start; false means do not start.
bool CryptoSelfTest();

}  // namespace linktor
