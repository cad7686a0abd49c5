"""Declares @boringssl//:crypto, which tools/setup/boringssl.sh has built.

It is BoringSSL's libcrypto with the symbol prefix linktor_bssl. Only
//server/base:crypto and its test use it. All other targets must read the
system's <openssl/*.h>. Bazel passes the include folders of a library on to every
target that depends on it, even indirectly. So this library does not declare its
include folder. Its two users name the folder themselves, with BORINGSSL_COPTS.
"""

# A target that depends on @boringssl//:crypto also compiles with these options.
# The compiler searches a folder of -isystem before /usr/include.
BORINGSSL_COPTS = [
    "-isystem",
    "external/boringssl/include",
    "-DBORINGSSL_PREFIX=linktor_bssl",
]

_BUILD = """
cc_library(
    name = "crypto",
    srcs = ["lib/liblinktor_bssl_crypto.a"],
    hdrs = glob(["include/**"]),
    linkopts = ["-pthread"],
    visibility = [
        "@//server/base:__pkg__",
        "@//tests:__pkg__",
    ],
)
"""

# Returns the same folder as linktor_cache_dir in tools/setup/common.sh.
def _cache_folder(environment):
    if environment.get("LINKTOR_CACHE_DIR"):
        return environment["LINKTOR_CACHE_DIR"]
    if environment.get("XDG_CACHE_HOME"):
        return environment["XDG_CACHE_HOME"] + "/linktor-instagram"
    return environment.get("HOME", "") + "/.cache/linktor-instagram"

def _boringssl_repository_impl(context):
    folder = context.path(_cache_folder(context.os.environ) + "/boringssl")
    if not folder.get_child("stamp").exists:
        fail("BoringSSL is not in {}. Run: make setup".format(folder))
    context.symlink(folder.get_child("lib"), "lib")
    context.symlink(folder.get_child("include"), "include")
    context.file("BUILD.bazel", _BUILD, executable = False)

boringssl_repository = repository_rule(
    implementation = _boringssl_repository_impl,
    local = True,
    configure = True,
    environ = ["LINKTOR_CACHE_DIR", "XDG_CACHE_HOME", "HOME"],
)
