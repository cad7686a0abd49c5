"""@boringssl//:crypto, as tools/setup/boringssl.sh builds it.

BoringSSL's libcrypto under the symbol prefix linktor_bssl. It is for
//server/base:crypto, and for the test that guards it. Bazel hands a
dependency's include folders on to all dependents, and everybody else must read
the system's <openssl/*.h>; so the folder comes by BORINGSSL_COPTS.
"""

# What users compile with, besides depending on @boringssl//:crypto. A folder
# of -isystem comes before /usr/include.
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

# What linktor_cache_dir in tools/setup/common.sh says.
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
