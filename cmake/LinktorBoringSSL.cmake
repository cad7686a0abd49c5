# This file makes the target linktor::boringssl_crypto. It is BoringSSL's
# libcrypto under the symbol prefix linktor_bssl, as tools/setup/boringssl.sh
# builds it.
#
# Link it as PRIVATE, and only to server/base/crypto. A target that links it
# includes BoringSSL's <openssl/*.h>. All other targets include the headers of
# the system's OpenSSL.

# The default is the folder that linktor_cache_dir in tools/setup/common.sh
# gives.
if(DEFINED ENV{LINKTOR_CACHE_DIR} AND NOT "$ENV{LINKTOR_CACHE_DIR}" STREQUAL "")
  set(_linktor_cache "$ENV{LINKTOR_CACHE_DIR}")
elseif(DEFINED ENV{XDG_CACHE_HOME} AND NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(_linktor_cache "$ENV{XDG_CACHE_HOME}/linktor-instagram")
else()
  set(_linktor_cache "$ENV{HOME}/.cache/linktor-instagram")
endif()
set(LINKTOR_BORINGSSL_ROOT "${_linktor_cache}/boringssl" CACHE PATH
  "Result of tools/setup/boringssl.sh")

set(_linktor_bssl_library
  "${LINKTOR_BORINGSSL_ROOT}/lib/liblinktor_bssl_crypto.a")
set(_linktor_bssl_include "${LINKTOR_BORINGSSL_ROOT}/include")
if(NOT EXISTS "${_linktor_bssl_library}" OR
   NOT EXISTS "${_linktor_bssl_include}/boringssl_prefix_symbols.h")
  message(FATAL_ERROR
    "BoringSSL is not in ${LINKTOR_BORINGSSL_ROOT}. Run: make setup "
    "(or set LINKTOR_BORINGSSL_ROOT to where it is)")
endif()

if(NOT TARGET linktor::boringssl_crypto)
  add_library(linktor::boringssl_crypto STATIC IMPORTED GLOBAL)
  # The include folders of an imported target are SYSTEM folders, which come
  # before /usr/include.
  set_target_properties(linktor::boringssl_crypto PROPERTIES
    IMPORTED_LOCATION "${_linktor_bssl_library}"
    INTERFACE_INCLUDE_DIRECTORIES "${_linktor_bssl_include}"
    INTERFACE_COMPILE_DEFINITIONS BORINGSSL_PREFIX=linktor_bssl)
endif()
