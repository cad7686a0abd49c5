// The crypto in use is our own BoringSSL, not the system's OpenSSL, although
// both are in the process (docs/adr/0003). Sees BoringSSL's headers itself, so
// it is a program of its own.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include <string>

#include "server/base/crypto.h"

#ifndef OPENSSL_IS_BORINGSSL
#error "this must be compiled against BoringSSL"
#endif

namespace linktor {
namespace {

std::string FileOf(const void* address) {
  Dl_info info{};
  return dladdr(address, &info) != 0 ? info.dli_fname : "";
}

TEST(CryptoGuardTest, HmacLiesInThisProgram) {
  const std::string own = FileOf(reinterpret_cast<const void*>(&Sha256));
  ASSERT_FALSE(own.empty());
  EXPECT_EQ(FileOf(reinterpret_cast<const void*>(&HMAC_Init_ex)), own);
  EXPECT_EQ(own.find("libcrypto"), std::string::npos);
}

TEST(CryptoGuardTest, SystemOpenSslIsAnotherLibrary) {
  void* system = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  ASSERT_NE(system, nullptr) << dlerror();
  const void* theirs = dlsym(system, "HMAC_Init_ex");
  ASSERT_NE(theirs, nullptr);
  EXPECT_NE(theirs, reinterpret_cast<const void*>(&HMAC_Init_ex));
  EXPECT_NE(FileOf(theirs).find("libcrypto.so.3"), std::string::npos);
  // The name without our prefix must not be ours.
  EXPECT_EQ(FileOf(dlsym(RTLD_DEFAULT, "HMAC_Init_ex")).find("crypto_guard"),
            std::string::npos);
}

TEST(CryptoGuardTest, SelfTestPasses) { EXPECT_TRUE(CryptoSelfTest()); }

}  // namespace
}  // namespace linktor
