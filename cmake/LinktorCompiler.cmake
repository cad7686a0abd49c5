# This file sets the language, ccache, hardening and sanitizers for every
# target. All targets must have exactly the same flags, because a precompiled
# header can be used only with the flags with which it was made.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(LINKTOR_CCACHE "Compile through ccache where it is installed" ON)
set(LINKTOR_SANITIZE "" CACHE STRING
  "Sanitizers for all of our code, as given to -fsanitize")
set(LINKTOR_BIN_DIR "${CMAKE_BINARY_DIR}/bin" CACHE PATH
  "Where the programs go")

# All targets get -pthread here, because CMake itself adds it to some targets
# only.
add_compile_options(-pthread)
add_link_options(-pthread)
# -Wpedantic changes a predefined macro. So generated code needs the flag, too,
# although its warnings are off.
add_compile_options(-Wpedantic)

# This keeps the paths of the building machine out of programs and asserts. It
# also lets ccache share results between clones in different folders.
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=")

if(LINKTOR_SANITIZE)
  string(REPLACE ";" "," _linktor_sanitize "${LINKTOR_SANITIZE}")
  add_compile_options(-fsanitize=${_linktor_sanitize}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${_linktor_sanitize})
  if(LINKTOR_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Boost's headers have fences, and g++ warns that it does not instrument
    # them.
    add_compile_options(-Wno-tsan)
  endif()
else()
  # These flags harden the server, because it parses bytes from the internet.
  add_compile_options(-fstack-protector-strong)
  add_link_options(LINKER:-z,relro,-z,now)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()
# Only libraries that are used are linked, because the packages' CMake files
# list many more.
add_link_options(LINKER:--as-needed)

if(LINKTOR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(LINKTOR_CCACHE_PROGRAM ccache)
  find_program(LINKTOR_ENV_PROGRAM env)
  mark_as_advanced(LINKTOR_CCACHE_PROGRAM LINKTOR_ENV_PROGRAM)
  if(LINKTOR_CCACHE_PROGRAM AND LINKTOR_ENV_PROGRAM)
    # ccache needs pch_defines and time_macros to cache compilations that use a
    # precompiled header.
    set(CMAKE_CXX_COMPILER_LAUNCHER
      "${LINKTOR_ENV_PROGRAM}"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}"
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "${LINKTOR_CCACHE_PROGRAM}")
  endif()
endif()

# Tests get these settings in their environment, so that the servers that they
# start obey them, too.
set(LINKTOR_TEST_ENVIRONMENT
  "LINKTOR_SOURCE_DIR=${PROJECT_SOURCE_DIR}"
  "LINKTOR_BIN_DIR=${LINKTOR_BIN_DIR}")
set(LINKTOR_TEST_LAUNCHER "")
set(LINKTOR_TEST_TIMEOUT_FACTOR 1)
if(LINKTOR_SANITIZE)
  set(LINKTOR_TEST_TIMEOUT_FACTOR 5)
  set(_linktor_suppressions "${PROJECT_SOURCE_DIR}/tools/sanitizers")
  # The exit code 66 shows that a sanitizer has reported something, and not that
  # a test has failed.
  list(APPEND LINKTOR_TEST_ENVIRONMENT
    # LeakSanitizer must trace the process, which is only permitted with core
    # dumps.
    "LINKTOR_IG_ALLOW_CORE_DUMPS=true"
    "ASAN_OPTIONS=exitcode=66:halt_on_error=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1"
    "LSAN_OPTIONS=exitcode=66:print_suppressions=0:suppressions=${_linktor_suppressions}/lsan.supp"
    "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:suppressions=${_linktor_suppressions}/ubsan.supp"
    "TSAN_OPTIONS=exitcode=66:halt_on_error=1:atexit_sleep_ms=0:second_deadlock_stack=1:history_size=4:suppressions=${_linktor_suppressions}/tsan.supp")
  if(LINKTOR_SANITIZE MATCHES "thread")
    # The run-time library of g++ 12 fails at start when the kernel randomises
    # addresses over more bits than the library knows. setarch -R turns this
    # off, also for child processes.
    find_program(LINKTOR_SETARCH_PROGRAM setarch)
    mark_as_advanced(LINKTOR_SETARCH_PROGRAM)
    if(LINKTOR_SETARCH_PROGRAM)
      set(LINKTOR_TEST_LAUNCHER "${LINKTOR_SETARCH_PROGRAM}"
        "${CMAKE_SYSTEM_PROCESSOR}" -R)
    endif()
  endif()
endif()
