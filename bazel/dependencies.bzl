"""Declares everything from outside the tree. Nothing is downloaded."""

load(":boringssl.bzl", "boringssl_repository")
load(":debian.bzl", "debian_repository")

_RULES_CC = [
    "cc_binary",
    "cc_import",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
    "objc_library",
]

_NO_COVERAGE_TOOLS = """
package(default_visibility = ["//visibility:public"])

filegroup(name = "coverage_report_generator")

filegroup(name = "lcov_merger")
"""

def _text_repository_impl(context):
    for path, text in context.attr.files.items():
        context.file(path, text, executable = False)

_text_repository = repository_rule(
    implementation = _text_repository_impl,
    attrs = {"files": attr.string_dict(mandatory = True)},
    doc = "A repository of files given as text.",
)

def linktor_dependencies():
    """Declares all external repositories."""
    debian_repository(name = "debian")
    boringssl_repository(name = "boringssl")

    # Bazel's own C++ tools load the repositories below. Bazel would download them
    # if they were not declared here.
    native.local_repository(
        name = "rules_java",
        path = "/usr/share/bazel/rules/java",
    )

    # Debian's package of rules_cc needs a newer Bazel than Debian has. These
    # definitions use the rules that are built into Bazel.
    _text_repository(
        name = "rules_cc",
        files = {
            "BUILD": "",
            "cc/BUILD": "",
            "cc/defs.bzl": "".join([
                "{0} = native.{0}\n".format(rule)
                for rule in _RULES_CC
            ]),
        },
    )
    _text_repository(
        name = "remote_coverage_tools",
        files = {"BUILD": _NO_COVERAGE_TOOLS},
    )
