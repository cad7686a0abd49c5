#include "server/base/crypto.h"

#include <openssl/aead.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/mem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstdlib>

#include "absl/status/status.h"
#include "server/base/secret.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "server/base/crypto must be compiled against BoringSSL"
#endif

namespace linktor {
namespace {

const std::uint8_t* Bytes(std::string_view s) {
  return reinterpret_cast<const std::uint8_t*>(s.data());
}

// BoringSSL fails here only when memory is exhausted; going on without the
// result would mean an unchecked signature or an unsealed text.
void Require(int ok) {
  if (ok != 1) std::abort();
}

}  // namespace

std::string_view AsBytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest Sha256(std::string_view data) {
  Digest digest;
  SHA256(Bytes(data), data.size(), digest.data());
  return digest;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void FillRandom(void* out, std::size_t size) {
  Require(RAND_bytes(static_cast<std::uint8_t*>(out), size));
}

std::string RandomBytes(std::size_t size) {
  std::string bytes(size, '\0');
  FillRandom(bytes.data(), size);
  return bytes;
}

// A short value lies in the string itself, where it stays when the string is
// moved from or cleared: so all of its room is overwritten, not only what is in
// use. Growing to the capacity allocates nothing.
void Secret::Wipe(std::string& value) {
  value.resize(value.capacity());
  OPENSSL_cleanse(value.data(), value.size());
  value.clear();
}

struct HmacKey::Context {
  Context() { HMAC_CTX_init(&ctx); }
  ~Context() { HMAC_CTX_cleanup(&ctx); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  HMAC_CTX ctx;
};

HmacKey::HmacKey(std::string_view key) : context_(std::make_unique<Context>()) {
  // A null key means "reuse the previous one" to HMAC_Init_ex.
  const void* data = key.empty() ? static_cast<const void*>("") : key.data();
  Require(
      HMAC_Init_ex(&context_->ctx, data, key.size(), EVP_sha256(), nullptr));
}

HmacKey::~HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;

Digest HmacKey::Sign(std::string_view data) const {
  Context copy;
  Require(HMAC_CTX_copy_ex(&copy.ctx, &context_->ctx));
  Require(HMAC_Update(&copy.ctx, Bytes(data), data.size()));
  Digest digest;
  unsigned size = 0;
  Require(HMAC_Final(&copy.ctx, digest.data(), &size));
  return digest;
}

bool HmacKey::Verify(std::string_view data, std::string_view mac) const {
  return ConstantTimeEqual(AsBytes(Sign(data)), mac);
}

struct AeadKey::Context {
  ~Context() { EVP_AEAD_CTX_cleanup(&ctx); }
  EVP_AEAD_CTX ctx;
};

AeadKey::AeadKey(std::string_view key) : context_(std::make_unique<Context>()) {
  EVP_AEAD_CTX_zero(&context_->ctx);
  Require(EVP_AEAD_CTX_init(&context_->ctx, EVP_aead_aes_256_gcm_siv(),
                            Bytes(key), key.size(), kTagSize, nullptr));
}

AeadKey::~AeadKey() = default;
AeadKey::AeadKey(AeadKey&&) noexcept = default;
AeadKey& AeadKey::operator=(AeadKey&&) noexcept = default;

void AeadKey::Seal(std::string_view plaintext, std::string_view associated_data,
                   std::string& out) const {
  const std::size_t start = out.size();
  out.resize(start + kNonceSize + plaintext.size() + kTagSize);
  auto* nonce = reinterpret_cast<std::uint8_t*>(out.data()) + start;
  FillRandom(nonce, kNonceSize);
  std::size_t size = 0;
  Require(EVP_AEAD_CTX_seal(&context_->ctx, nonce + kNonceSize, &size,
                            plaintext.size() + kTagSize, nonce, kNonceSize,
                            Bytes(plaintext), plaintext.size(),
                            Bytes(associated_data), associated_data.size()));
  out.resize(start + kNonceSize + size);
}

absl::StatusOr<std::string> AeadKey::Open(
    std::string_view sealed, std::string_view associated_data) const {
  if (sealed.size() < kNonceSize + kTagSize) {
    return absl::DataLossError("sealed content is too short");
  }
  const std::string_view body = sealed.substr(kNonceSize);
  std::string plaintext(body.size(), '\0');
  std::size_t size = 0;
  if (EVP_AEAD_CTX_open(
          &context_->ctx, reinterpret_cast<std::uint8_t*>(plaintext.data()),
          &size, plaintext.size(), Bytes(sealed), kNonceSize, Bytes(body),
          body.size(), Bytes(associated_data), associated_data.size()) != 1) {
    return absl::DataLossError("sealed content is not authentic");
  }
  plaintext.resize(size);
  return plaintext;
}

bool CryptoSelfTest() { return BORINGSSL_self_test() == 1; }

}  // namespace linktor
