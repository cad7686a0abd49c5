# This file has the functions that make the project's targets. Include paths
# start at the project's root: #include "server/base/clock.h".
#
# linktor_library(<name> SOURCES <file>…
#   [PUBLIC <target>…] [PRIVATE <target>…] [INCLUDE <folder>…]
#   [ALONE] [PCH …])
#     It makes the static library linktor_<name> with the alias linktor::<name>.
#     Headers may be listed in SOURCES. Without a .cc file it makes an INTERFACE
#     library.
# linktor_executable(<name> SOURCES <file>… [LINKS <target>…] [PCH …])
#     It makes the program <name> in LINKTOR_BIN_DIR.
# linktor_test(<name> SOURCES <file>… [LINKS <target>…] [TIMEOUT <seconds>]
#   [SERIAL] [NO_MAIN] [ENVIRONMENT <NAME=value>…] [LABELS <label>…] [PCH …])
#     It makes a GoogleTest program, which is one test of ctest. The default
#     timeout is 60 s; it is longer under sanitizers. With SERIAL, the test does
#     not run beside other tests. With NO_MAIN, the sources have their own main().
#     Tests find LINKTOR_SOURCE_DIR and LINKTOR_BIN_DIR in their environment.

set(LINKTOR_WARNINGS
  -Wall -Wextra -Werror
  -Wshadow -Wconversion -Wnon-virtual-dtor -Wformat=2
  # The APIs that we call convert between signed and unsigned sizes everywhere.
  # -Wconversion still reports conversions that lose bits.
  -Wno-sign-conversion
  # Designated initialisers leave fields out on purpose.
  -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND LINKTOR_WARNINGS
    # These are false alarms of g++ 12 in its own inlined library code. The
    # first warning is always wrong (GCC bug 105651). The others are shown, but
    # do not fail the build.
    -Wno-restrict
    -Wno-error=array-bounds -Wno-error=free-nonheap-object
    -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow
    -Wno-error=stringop-overread)
  if(LINKTOR_SANITIZE)
    # Instrumented code confuses the flow analysis of g++.
    list(APPEND LINKTOR_WARNINGS -Wno-maybe-uninitialized)
  endif()
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND LINKTOR_WARNINGS
    -Wthread-safety
    # gRPC's callback services overload methods that they also inherit.
    -Wno-overloaded-virtual)
endif()

function(_linktor_check_arguments what)
  if(arg_UNPARSED_ARGUMENTS OR arg_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${what}: not understood: ${arg_UNPARSED_ARGUMENTS} "
      "${arg_KEYWORDS_MISSING_VALUES}")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "${what}: no SOURCES")
  endif()
endfunction()

# Several sources of one target are compiled at a time, because most of the time
# for a file is spent on headers (ADR 27). So the names in the anonymous
# namespaces of one target must differ. The compiler reports names that are the
# same. It cannot report two functions with different parameters, because these
# overload each other.
#
# Use -DLINKTOR_UNITY=OFF while you change one file again and again. With ALONE,
# each source of the target is compiled by itself. This is for targets whose
# files have the same names on purpose, and for targets of which single object
# files are linked.
option(LINKTOR_UNITY "Compile several sources at a time" ON)
set(LINKTOR_UNITY_BATCH 8 CACHE STRING
  "How many sources are compiled at a time")

# Sets what all targets with our own code have in common.
function(_linktor_own_code target pch alone)
  target_include_directories(${target} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
  target_compile_options(${target} PRIVATE ${LINKTOR_WARNINGS})
  if(LINKTOR_UNITY AND NOT alone)
    set_target_properties(${target} PROPERTIES
      UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${LINKTOR_UNITY_BATCH})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # g++ takes sources that are compiled together for headers. In a header, a
      # member whose type is in an anonymous namespace would be a fault.
      target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
    else()
      # A name may be a constant in one source and a local variable in another.
      # The builds with g++ already check which names hide others.
      target_compile_options(${target} PRIVATE -Wno-shadow)
    endif()
  endif()
  if(NOT pch)
    set(pch base)
  endif()
  linktor_use_pch(${target} ${pch})
endfunction()

function(linktor_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ALONE" "PCH"
    "SOURCES;PUBLIC;PRIVATE;INCLUDE")
  _linktor_check_arguments("linktor_library(${name})")
  set(target linktor_${name})
  set(compiled ${arg_SOURCES})
  list(FILTER compiled INCLUDE REGEX "\\.cc$")
  if(compiled)
    add_library(${target} STATIC ${arg_SOURCES})
    target_include_directories(${target} PUBLIC ${arg_INCLUDE})
    target_link_libraries(${target} PUBLIC ${arg_PUBLIC}
      PRIVATE ${arg_PRIVATE})
    _linktor_own_code(${target} "${arg_PCH}" "${arg_ALONE}")
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE
      "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>" ${arg_INCLUDE})
    target_link_libraries(${target} INTERFACE ${arg_PUBLIC} ${arg_PRIVATE})
  endif()
  add_library(linktor::${name} ALIAS ${target})
endfunction()

# Under ThreadSanitizer, every program has this object file.
if(LINKTOR_SANITIZE MATCHES "thread")
  add_library(linktor_grpc_order OBJECT
    "${PROJECT_SOURCE_DIR}/tools/sanitizers/grpc_order.cc")
  target_link_libraries(linktor_grpc_order PUBLIC gRPC::grpc++
    absl::synchronization ${CMAKE_DL_LIBS})
endif()

# Adds what a program needs under ThreadSanitizer; otherwise it does nothing.
function(_linktor_program target)
  if(TARGET linktor_grpc_order)
    target_link_libraries(${target} PRIVATE linktor_grpc_order)
    set(exports "${PROJECT_SOURCE_DIR}/tools/sanitizers/tsan.map")
    target_link_options(${target} PRIVATE "LINKER:--version-script=${exports}")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${exports}")
  endif()
endfunction()

function(linktor_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PCH" "SOURCES;LINKS")
  _linktor_check_arguments("linktor_executable(${name})")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${LINKTOR_BIN_DIR}")
  _linktor_program(${name})
  _linktor_own_code(${name} "${arg_PCH}" OFF)
endfunction()

function(linktor_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SERIAL;NO_MAIN" "TIMEOUT;PCH"
    "SOURCES;LINKS;ENVIRONMENT;LABELS")
  _linktor_check_arguments("linktor_test(${name})")
  if(NOT BUILD_TESTING)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINKS} GTest::gmock GTest::gtest)
  if(NOT arg_NO_MAIN)
    target_link_libraries(${name} PRIVATE GTest::gmock_main)
  endif()
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  _linktor_program(${name})
  if(NOT arg_PCH)
    set(arg_PCH test)
  endif()
  _linktor_own_code(${name} "${arg_PCH}" OFF)

  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  math(EXPR timeout "${arg_TIMEOUT} * ${LINKTOR_TEST_TIMEOUT_FACTOR}")
  add_test(NAME ${name} COMMAND ${LINKTOR_TEST_LAUNCHER} $<TARGET_FILE:${name}>)
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${timeout}
    ENVIRONMENT "${LINKTOR_TEST_ENVIRONMENT};${arg_ENVIRONMENT}"
    LABELS "${arg_LABELS}")
  if(arg_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL TRUE)
  endif()
endfunction()
