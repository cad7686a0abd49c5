"""The project's kinds of target, as cmake/LinktorTargets.cmake has them.

Include paths start at the project's root: #include "server/base/clock.h".
Everything is linked statically, so that each file is compiled once.
tools/check/parity.py compares with CMake and reads these names.
"""

load("@debian//:versions.bzl", "DEBIAN_VERSIONS")

_VISIBILITY = ["//:__subpackages__"]

# What all C++ of the project is compiled with. The server parses bytes from
# the internet. The macro is used nowhere: it makes the cache ask for the same
# versions of Debian's packages.
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
    # Why these are off is said in cmake/LinktorTargets.cmake.
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

# Test programs are compiled without optimisation, which saves two fifths of
# their time; what they test is compiled as it is shipped. The C library's checks
# need an optimising compiler.
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
    """Part of the project; a library without srcs is its headers."""
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
    """A program. The ones to run together are in //:programs."""
    native.cc_binary(
        name = name,
        srcs = srcs,
        copts = _OWN_COPTS,
        visibility = _VISIBILITY,
        **dict(_PROGRAM, **attributes)
    )

def linktor_test(name, srcs, deps, copts = [], env = {}, **attributes):
    """A GoogleTest program; its default timeout is "short", 60 s.

    LINKTOR_SOURCE_DIR and LINKTOR_BIN_DIR are below the folder where Bazel
    starts tests. What a test reads there it names in data: files of the tree,
    and //:programs.
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
