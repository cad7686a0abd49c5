// Tests hold OpenSSL objects with these pointers, which free the objects.

#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>

#include "server/base/free_by.h"

namespace linktor {

using BioPtr = std::unique_ptr<BIO, FreeBy<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, FreeBy<SSL_CTX_free>>;
using ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using SslPtr = std::unique_ptr<SSL, FreeBy<SSL_free>>;

// Ends the test program when a call of OpenSSL has failed.
inline void Require(bool succeeded) {
  if (!succeeded) std::abort();
}

}  // namespace linktor
