// A FreeBy is the deleter of a std::unique_ptr to an object of a C library. It
// frees the object with a function of that library, such as X509_free of
// OpenSSL.
//
//   using CertificatePtr = std::unique_ptr<X509, FreeBy<X509_free>>;

#pragma once

namespace linktor {

template <auto free>
struct FreeBy {
  template <typename T>
  void operator()(T* object) const {
    free(object);
  }
};

}  // namespace linktor
