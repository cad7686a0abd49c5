# This file finds everything that comes from Debian; tools/setup/apt.sh installs
# it. The comments on the right name the targets to link.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)              # OpenSSL::SSL OpenSSL::Crypto

# Protobuf is found in MODULE mode, because Debian's Protobuf has no CMake
# package. It comes before gRPC, because gRPC's package expects the targets of
# Protobuf.
find_package(Protobuf 3.21 MODULE REQUIRED)     # protobuf::libprotobuf protobuf::protoc
find_package(absl CONFIG REQUIRED)              # absl::…
find_package(gRPC 1.51 CONFIG REQUIRED)         # gRPC::grpc++ gRPC::grpc_cpp_plugin re2::re2

set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 CONFIG REQUIRED         # Boost::headers Boost::json Boost::url
  COMPONENTS json url)
find_package(CURL 7.88 REQUIRED)                # CURL::libcurl
find_package(simdjson 3.0 CONFIG REQUIRED)      # simdjson::simdjson
find_package(SQLite3 3.40 REQUIRED)             # SQLite::SQLite3
find_package(CLI11 2.1 CONFIG REQUIRED)         # CLI11::CLI11
find_package(tomlplusplus CONFIG REQUIRED)      # tomlplusplus::tomlplusplus
find_package(fmt 9 CONFIG REQUIRED)             # fmt::fmt
find_package(spdlog 1.10 CONFIG REQUIRED)       # spdlog::spdlog

# prometheus-cpp's CMake package requires the HTTP server and the push client of
# the same project, which we do not use. pkg-config finds the core alone.
find_package(PkgConfig REQUIRED)
pkg_check_modules(prometheus_cpp_core REQUIRED IMPORTED_TARGET GLOBAL
  prometheus-cpp-core)
if(NOT TARGET linktor::prometheus)
  add_library(linktor_prometheus INTERFACE)     # linktor::prometheus
  target_link_libraries(linktor_prometheus INTERFACE
    PkgConfig::prometheus_cpp_core)
  add_library(linktor::prometheus ALIAS linktor_prometheus)
endif()

# jemalloc is the server's allocator; ADR 23 says why. A build with a sanitizer
# does not link it, because the sanitizer has an allocator of its own.
pkg_check_modules(jemalloc REQUIRED IMPORTED_TARGET GLOBAL jemalloc)
if(NOT TARGET linktor::jemalloc)
  add_library(linktor_jemalloc INTERFACE)       # linktor::jemalloc
  if(NOT LINKTOR_SANITIZE)
    target_link_libraries(linktor_jemalloc INTERFACE PkgConfig::jemalloc)
  endif()
  add_library(linktor::jemalloc ALIAS linktor_jemalloc)
endif()

if(BUILD_TESTING)
  find_package(GTest 1.12 CONFIG REQUIRED)      # GTest::gtest GTest::gmock
  find_package(rapidcheck CONFIG REQUIRED)      # rapidcheck rapidcheck_gtest
endif()

# Debian's package grpc-proto has the schemas of health and reflection.
find_path(LINKTOR_GRPC_PROTO_ROOT grpc/health/v1/health.proto
  PATHS /usr/share/grpc-proto /usr/local/share/grpc-proto REQUIRED
  NO_CMAKE_FIND_ROOT_PATH)
mark_as_advanced(LINKTOR_GRPC_PROTO_ROOT)
