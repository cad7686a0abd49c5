# Precompiled headers, each made once a build and shared by all targets:
#   base  the standard library and Abseil; the default
#   grpc  base, Protobuf and gRPC; only for what links gRPC, whose headers
#         hold initialisers that need the library
#   test  base, Protobuf and GoogleTest; the default of linktor_test
# A target chooses one by PCH in linktor_library and its kin. They save
# seconds a file, but hide missing includes: "make check" compiles without.

option(LINKTOR_PCH "Use precompiled headers" ON)

set(_linktor_pch_base
  <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory>
  <mutex> <optional> <span> <string> <string_view> <thread> <unordered_map>
  <utility> <variant> <vector>
  <absl/container/flat_hash_map.h>
  <absl/status/status.h> <absl/status/statusor.h>
  <absl/strings/str_cat.h> <absl/strings/str_format.h>
  <absl/strings/str_split.h> <absl/strings/string_view.h>
  <absl/time/time.h>)
set(_linktor_pch_grpc ${_linktor_pch_base}
  <google/protobuf/message.h> <google/protobuf/timestamp.pb.h>
  <google/protobuf/duration.pb.h> <grpcpp/grpcpp.h>)
set(_linktor_pch_test ${_linktor_pch_base}
  <google/protobuf/message.h> <gmock/gmock.h> <gtest/gtest.h>)

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
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # ccache needs it to see through the precompiled header.
    target_compile_options(linktor_pch_${kind} PRIVATE -fpch-preprocess)
  endif()
endfunction()

if(LINKTOR_PCH)
  _linktor_add_pch(base)
  _linktor_add_pch(grpc gRPC::grpc++ protobuf::libprotobuf)
  if(BUILD_TESTING)
    _linktor_add_pch(test GTest::gmock GTest::gtest protobuf::libprotobuf)
  endif()
endif()

# linktor_use_pch(<target> <base|grpc|test|none>)
function(linktor_use_pch target kind)
  if(NOT LINKTOR_PCH OR kind STREQUAL "none")
    return()
  endif()
  if(NOT TARGET linktor_pch_${kind})
    message(FATAL_ERROR "${target}: PCH is base, grpc, test or none, not ${kind}")
  endif()
  target_precompile_headers(${target} REUSE_FROM linktor_pch_${kind})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
  endif()
endfunction()
