"""Declares the repository @debian, which has Debian's libraries and protoc.

tools/setup/apt.sh installs them. The compiler finds the headers by itself; the
targets have the other flags that pkg-config gives. Bazel cannot see when a package
is upgraded. So versions.txt lists the versions of the packages, and versions.bzl
has a digest of that list. Every compilation of the project depends on the digest,
and every link of a program depends on the list.
"""

# Each entry is the name of a target and its module in pkg-config.
_MODULES = {
    "absl_any_invocable": "absl_any_invocable",
    "absl_cleanup": "absl_cleanup",
    "absl_flat_hash_map": "absl_flat_hash_map",
    "absl_flat_hash_set": "absl_flat_hash_set",
    "absl_function_ref": "absl_function_ref",
    "absl_inlined_vector": "absl_inlined_vector",
    "absl_status": "absl_status",
    "absl_statusor": "absl_statusor",
    "absl_strings": "absl_strings",
    "absl_synchronization": "absl_synchronization",
    "absl_time": "absl_time",
    "cli11": "CLI11",
    "curl": "libcurl",
    "gmock": "gmock",
    "gmock_main": "gmock_main",
    "grpc++": "grpc++",
    "gtest": "gtest",
    "jemalloc": "jemalloc",
    "openssl_crypto": "libcrypto",
    "openssl_ssl": "libssl",
    "prometheus": "prometheus-cpp-core",
    "protobuf": "protobuf",
    "simdjson": "simdjson",
    "spdlog": "spdlog",
    "sqlite3": "sqlite3",
    "tomlplusplus": "tomlplusplus",
}

# pkg-config does not know these libraries. Each entry is the name of a target and
# its flags for the linker.
_FLAGS = {
    "boost_headers": [],
    "boost_json": ["-lboost_json", "-lboost_container"],
    "boost_url": ["-lboost_url"],
    "dl": ["-ldl"],
    "threads": ["-pthread"],
}

_PROGRAMS = ["protoc", "grpc_cpp_plugin"]

# This folder has the .proto files of gRPC's own services (package grpc-proto).
_GRPC_PROTO = "/usr/share/grpc-proto"

# Everything is compiled again when the version of one of these packages changes.
# They are the compiler, the C and C++ libraries, and the packages of the libraries
# and programs above. The names are patterns of dpkg-query.
_PACKAGES = [
    "g++*",
    "libabsl-dev",
    "libboost*-dev",
    "libc6-dev",
    "libcli11-dev",
    "libcurl4-openssl-dev",
    "libfmt-dev",
    "libgmock-dev",
    "libgrpc*-dev",
    "libgtest-dev",
    "libjemalloc-dev",
    "libprotobuf-dev",
    "libsimdjson-dev",
    "libspdlog-dev",
    "libsqlite3-dev",
    "libssl-dev",
    "libstdc++*-dev",
    "libtomlplusplus-dev",
    "prometheus-cpp-dev",
    "protobuf-compiler",
    "protobuf-compiler-grpc",
]

_LIBRARY = """
cc_library(
    name = "{name}",
    defines = {defines},
    linkopts = {linkopts},
)
"""

_BUILD = """
package(default_visibility = ["//visibility:public"])

exports_files([
    "versions.txt",
    {programs}
] + glob(["grpc-proto/**"]))
"""

def _run(context, command):
    result = context.execute(command)
    if result.return_code != 0:
        fail("{}: {}\nRun: make setup".format(
            " ".join(command),
            result.stderr.strip(),
        ))
    return result.stdout.strip()

def _library(name, defines, linkopts):
    # The lists that pkg-config gives are long. Link only what is used.
    as_needed = ["-Wl,--as-needed"] if linkopts else []
    return _LIBRARY.format(
        name = name,
        defines = defines,
        linkopts = as_needed + linkopts,
    )

def _pkg_config_library(context, name, module):
    defines = []
    linkopts = []
    words = _run(context, ["pkg-config", "--cflags", "--libs", module]).split(" ")
    for word in words:
        if word.startswith("-D"):
            defines.append(word[2:])
        elif word.startswith("-I/usr/include") or not word:
            pass  # The compiler looks there by itself.
        elif word.startswith("-I"):
            fail("{}: {} is outside /usr/include".format(module, word))
        elif not linkopts or linkopts[-1] != word:
            linkopts.append(word)
    return _library(name, defines, linkopts)

def _debian_repository_impl(context):
    build = _BUILD.format(
        programs = " ".join(["\"{}\",".format(name) for name in _PROGRAMS]),
    )
    for name, module in _MODULES.items():
        build += _pkg_config_library(context, name, module)
    for name, linkopts in _FLAGS.items():
        build += _library(name, [], linkopts)
    context.file("BUILD.bazel", build, executable = False)

    for name in _PROGRAMS:
        program = context.which(name)
        if program == None:
            fail("{} is missing. Run: make setup".format(name))
        context.symlink(program, name)
    context.symlink(_GRPC_PROTO, "grpc-proto")

    # A pattern also lists packages that were installed earlier. Only the packages
    # that are installed now count.
    packages = _run(context, [
        "dpkg-query",
        "--show",
        "--showformat=${db:Status-Status} ${Package} ${Version}\n",
    ] + _PACKAGES)
    versions = sorted([
        line
        for line in packages.split("\n")
        if line.startswith("installed ")
    ])
    context.file("versions.txt", "\n".join(versions) + "\n", executable = False)
    digest = _run(context, ["sha256sum", "versions.txt"])[:16]
    context.file(
        "versions.bzl",
        "DEBIAN_VERSIONS = \"{}\"\n".format(digest),
        executable = False,
    )

debian_repository = repository_rule(
    implementation = _debian_repository_impl,
    local = True,
    configure = True,
    environ = ["PATH", "PKG_CONFIG_PATH"],
)
