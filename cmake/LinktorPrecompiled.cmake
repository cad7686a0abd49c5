# These are the kinds of precompiled headers. Each kind is made once in a build and
# shared by all targets that choose it:
#   base      the standard library and Abseil; the default
#   contract  base, Protobuf and the messages of protos/
#   grpc      base, Protobuf and gRPC; for the code made from protos/
#   service   grpc and the services of protos/
#   cli       service and CLI11
#   test      contract and GoogleTest; the default of linktor_test
#   service_test  service and GoogleTest
# Only a target that links gRPC may have a kind with gRPC, because gRPC's headers
# have initialisers that need the library. A target chooses a kind by the argument
# PCH of linktor_library, linktor_executable or linktor_test. Precompiled headers
# save seconds for each file, but they hide missing includes. Therefore "make check"
# compiles without them.
#
# Code that has a kind for tests is compiled without optimisation, which saves
# two fifths of the time. The code that it tests is compiled as it is shipped.

option(LINKTOR_PCH "Use precompiled headers" ON)
set(LINKTOR_TEST_FLAGS "-O0" CACHE STRING
  "How the code of tests is compiled, after the flags of the build type")

set(_linktor_pch_base
  <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory>
  <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map>
  <utility> <variant> <vector>
  <absl/container/flat_hash_map.h>
  <absl/status/status.h> <absl/status/statusor.h>
  <absl/strings/str_cat.h> <absl/strings/str_format.h>
  <absl/strings/str_split.h> <absl/strings/string_view.h>
  <absl/time/time.h>)
set(_linktor_protobuf
  <google/protobuf/message.h> <google/protobuf/timestamp.pb.h>
  <google/protobuf/duration.pb.h> <google/protobuf/util/time_util.h>)
# These headers include the other messages.
set(_linktor_messages
  <google/rpc/error_details.pb.h> <google/rpc/status.pb.h>
  <linktor/instagram/v1/access_service.pb.h>
  <linktor/instagram/v1/channel_service.pb.h>
  <linktor/instagram/v1/error_reason.pb.h>
  <linktor/instagram/v1/event_service.pb.h>
  <linktor/instagram/v1/messaging_service.pb.h>)
set(_linktor_services
  <linktor/instagram/v1/access_service.grpc.pb.h>
  <linktor/instagram/v1/channel_service.grpc.pb.h>
  <linktor/instagram/v1/event_service.grpc.pb.h>
  <linktor/instagram/v1/messaging_service.grpc.pb.h>)
set(_linktor_googletest <gmock/gmock.h> <gtest/gtest.h>)

set(_linktor_pch_contract
  ${_linktor_pch_base} ${_linktor_protobuf} ${_linktor_messages})
set(_linktor_pch_grpc
  ${_linktor_pch_base} ${_linktor_protobuf} <grpcpp/grpcpp.h>)
set(_linktor_pch_service
  ${_linktor_pch_grpc} ${_linktor_messages} ${_linktor_services})
set(_linktor_pch_cli ${_linktor_pch_service} <CLI/CLI.hpp>)
set(_linktor_pch_test ${_linktor_pch_contract} ${_linktor_googletest})
set(_linktor_pch_service_test ${_linktor_pch_service} ${_linktor_googletest})

# Adds LINKTOR_TEST_FLAGS to the target when the kind is one for tests.
function(_linktor_add_kind_flags target kind)
  if(kind MATCHES "test$")
    target_compile_options(${target} PRIVATE ${LINKTOR_TEST_FLAGS})
  endif()
endfunction()

# _linktor_add_pch(<kind> <target>…) makes the precompiled header of this kind.
# The targets are linked, so that the compiler finds their headers.
function(_linktor_add_pch kind)
  file(GENERATE OUTPUT "${CMAKE_BINARY_DIR}/pch/${kind}.cc"
    CONTENT "// Carries the precompiled header \"${kind}\".\n")
  add_library(linktor_pch_${kind} OBJECT "${CMAKE_BINARY_DIR}/pch/${kind}.cc")
  target_link_libraries(linktor_pch_${kind} PRIVATE
    absl::flat_hash_map absl::status absl::statusor absl::strings
    absl::str_format absl::time)
  target_link_libraries(linktor_pch_${kind} PRIVATE ${ARGN})
  target_precompile_headers(linktor_pch_${kind} PRIVATE
    ${_linktor_pch_${kind}})
  _linktor_add_kind_flags(linktor_pch_${kind} ${kind})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # ccache needs this flag to see what is in the precompiled header.
    target_compile_options(linktor_pch_${kind} PRIVATE -fpch-preprocess)
  endif()
endfunction()

if(LINKTOR_PCH)
  _linktor_add_pch(base)
  _linktor_add_pch(contract linktor::protos)
  _linktor_add_pch(grpc gRPC::grpc++ protobuf::libprotobuf)
  _linktor_add_pch(service gRPC::grpc++ linktor::protos)
  _linktor_add_pch(cli gRPC::grpc++ linktor::protos CLI11::CLI11)
  if(BUILD_TESTING)
    _linktor_add_pch(test GTest::gmock GTest::gtest linktor::protos)
    _linktor_add_pch(service_test
      GTest::gmock GTest::gtest gRPC::grpc++ linktor::protos)
  endif()
endif()

# linktor_use_pch(<target> <kind|none>) makes the target use this precompiled
# header.
function(linktor_use_pch target kind)
  _linktor_add_kind_flags(${target} ${kind})
  if(NOT LINKTOR_PCH OR kind STREQUAL "none")
    return()
  endif()
  if(NOT TARGET linktor_pch_${kind})
    message(FATAL_ERROR "${target}: there is no precompiled header ${kind}")
  endif()
  target_precompile_headers(${target} REUSE_FROM linktor_pch_${kind})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()
