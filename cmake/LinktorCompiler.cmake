# Language, ccache, hardening and sanitizers: what every target shares, and
# must share exactly, because a precompiled header is only usable by a
# compilation with the same flags.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(LINKTOR_CCACHE "Compile through ccache where it is installed" ON)
set(LINKTOR_SANITIZE "" CACHE STRING
  "Sanitizers for all of our code, as given to -fsanitize")
set(LINKTOR_BIN_DIR "${CMAKE_BINARY_DIR}/bin" CACHE PATH
  "Where the programs go")

# One pair for everything; CMake adds -pthread to some targets only.
add_compile_options(-pthread)
add_link_options(-pthread)
# It changes a predefined macro, so generated code needs it too, though its
# warnings are off.
add_compile_options(-Wpedantic)

# No path of the building machine in programs and asserts; it also lets ccache
# share results between clones in different folders.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

if(LINKTOR_SANITIZE)
  string(REPLACE ";" "," _linktor_sanitize "${LINKTOR_SANITIZE}")
  add_compile_options(-fsanitize=${_linktor_sanitize}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${_linktor_sanitize})
  if(LINKTOR_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Boost's headers hold fences, which g++ says it does not instrument.
    add_compile_options(-Wno-tsan)
  endif()
else()
  # The server parses bytes from the internet.
  add_compile_options(-fstack-protector-strong)
  add_link_options(LINKER:-z,relro,-z,now)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
# Only link what is used: the lists in the packages' CMake files are long.
add_link_options(LINKER:--as-needed)

if(LINKTOR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(LINKTOR_CCACHE_PROGRAM ccache)
  find_program(LINKTOR_ENV_PROGRAM env)
  mark_as_advanced(LINKTOR_CCACHE_PROGRAM LINKTOR_ENV_PROGRAM)
  if(LINKTOR_CCACHE_PROGRAM AND LINKTOR_ENV_PROGRAM)
    # pch_defines and time_macros are what ccache asks for before it caches
    # compilations that use a precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      "${LINKTOR_ENV_PROGRAM}"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "${LINKTOR_CCACHE_PROGRAM}")
  endif()
endif()

# --- What tests need to run under sanitizers ---------------------------------
# Given to tests as environment, so that servers which they start obey it too.
set(LINKTOR_TEST_ENVIRONMENT
  "LINKTOR_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
  "LINKTOR_BIN_DIR=${LINKTOR_BIN_DIR}")
set(LINKTOR_TEST_LAUNCHER "")
set(LINKTOR_TEST_TIMEOUT_FACTOR 1)
if(LINKTOR_SANITIZE)
  set(LINKTOR_TEST_TIMEOUT_FACTOR 5)
  set(_linktor_suppressions "${PROJECT_SOURCE_DIR}/tools/sanitizers")
  # Exit code 66 tells a sanitizer's report from an ordinary failure.
  list(APPEND LINKTOR_TEST_ENVIRONMENT
    # LeakSanitizer traces the process that it looks into.
    "LINKTOR_IG_ALLOW_CORE_DUMPS=true"
    "ASAN_OPTIONS=exitcode=66:halt_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1"
    "LSAN_OPTIONS=exitcode=66:print_suppressions=0:suppressions=${_linktor_suppressions}/lsan.supp"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:suppressions=${_linktor_suppressions}/ubsan.supp"
    "TSAN_OPTIONS=exitcode=66:halt_on_error=1:atexit_sleep_ms=0:second_deadlock_stack=1:history_size=4:suppressions=${_linktor_suppressions}/tsan.supp")
  if(LINKTOR_SANITIZE MATCHES "thread")
    # g++ 12's run-time fails at start on kernels that randomise addresses
    # over more bits than it knows; child processes inherit the setting.
    find_program(LINKTOR_SETARCH_PROGRAM setarch)
    mark_as_advanced(LINKTOR_SETARCH_PROGRAM)
    if(LINKTOR_SETARCH_PROGRAM)
      set(LINKTOR_TEST_LAUNCHER "${LINKTOR_SETARCH_PROGRAM}"
        "${CMAKE_SYSTEM_PROCESSOR}" -R)
    endif()
  endif()
endif()
