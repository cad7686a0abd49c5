"""Defines the project's kinds of target, as cmake/LinktorTargets.cmake does.

Include paths start at the project's root: #include "server/base/clock.h".
Everything is linked statically, so that Bazel compiles each file only once.
tools/check/parity.py compares the targets with CMake's. It knows the functions
below by their names.
"""

load("@debian//:versions.bzl", "DEBIAN_VERSIONS")

_VISIBILITY = ["//:__subpackages__"]

# All C++ of the project is compiled with these options. The protections are here
# because the server parses bytes from the internet. No code uses the macro
# LINKTOR_DEBIAN_VERSIONS. It makes Bazel compile again when the version of one of
# Debian's packages has changed.
COMMON_COPTS = [
    "-pthread",
    "-fstack-protector-strong",
    "-U_FORTIFY_SOURCE",
    "-D_FORTIFY_SOURCE=2",
    "-DLINKTOR_DEBIAN_VERSIONS=" + DEBIAN_VERSIONS,
]

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Wnon-virtual-dtor",
    "-Wformat=2",
    # cmake/LinktorTargets.cmake says why these warnings are off or are no errors.
    "-Wno-sign-conversion",
    "-Wno-missing-field-initializers",
    "-Wno-restrict",
    "-Wno-error=array-bounds",
    "-Wno-error=free-nonheap-object",
    "-Wno-error=maybe-uninitialized",
    "-Wno-error=stringop-overflow",
    "-Wno-error=stringop-overread",
]

_OWN_COPTS = COMMON_COPTS + _WARNINGS

# Test programs are compiled without optimisation, which saves two fifths of their
# compile time. The code that they test is compiled in the same way as it is shipped.
# _FORTIFY_SOURCE is off, because it needs optimisation.
_TEST_COPTS = [
    "-O0",
    "-U_FORTIFY_SOURCE",
]

_PROGRAM = {
    "additional_linker_inputs": ["@debian//:versions.txt"],
    "linkopts": ["-pthread"],
    "linkstatic": True,
}

def linktor_library(name, srcs = [], hdrs = [], copts = [], **attributes):
    """Declares a part of the project. Without srcs it consists of its headers."""
    native.cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        copts = _OWN_COPTS + copts,
        linkstatic = True,
        visibility = _VISIBILITY,
        **attributes
    )

def linktor_executable(name, srcs, **attributes):
    """Declares a program. //:programs has the programs that run together."""
    native.cc_binary(
        name = name,
        srcs = srcs,
        copts = _OWN_COPTS,
        visibility = _VISIBILITY,
        **dict(_PROGRAM, **attributes)
    )

def linktor_test(name, srcs, deps, copts = [], env = {}, **attributes):
    """Declares a GoogleTest program. Its default timeout is "short", 60 s.

    LINKTOR_SOURCE_DIR and LINKTOR_BIN_DIR are relative to the folder where Bazel
    starts tests. A test must list in `data` everything that it reads there: files
    of the tree, and //:programs.
    """
    native.cc_test(
        name = name,
        srcs = srcs,
        copts = _OWN_COPTS + _TEST_COPTS + copts,
        env = dict({
            "LINKTOR_BIN_DIR": "bin",
            "LINKTOR_SOURCE_DIR": ".",
        }, **env),
        deps = deps + [
            "@debian//:gmock_main",
            "@debian//:gmock",
            "@debian//:gtest",
        ],
        **dict(_PROGRAM, **dict({"timeout": "short"}, **attributes))
    )
