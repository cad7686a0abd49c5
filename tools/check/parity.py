#!/usr/bin/env python3
"""Checks that CMake and Bazel build the same.

Compared are the targets, the folder that lists each, their sources and headers,
protos, dependencies, compile definitions, and how tests run. A source of the
tree that neither lists is reported, too.

CMakeLists.txt files are read by CMake itself (parity.cmake), BUILD.bazel files
as the Python that they also are, with functions that take notes. Neither needs
a build, so this takes a moment.
"""

import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "tools" / "check"

# Where the sources are that a target must list.
FOLDERS = ("googleapis", "protos", "server", "emulator", "client", "tests")
SUFFIXES = (".cc", ".h", ".proto")

# What CMake links: the label in Bazel. absl::x is @debian//:absl_x.
EXTERNAL = {
    "Boost::headers": "@debian//:boost_headers",
    "Boost::json": "@debian//:boost_json",
    "Boost::url": "@debian//:boost_url",
    "CLI11::CLI11": "@debian//:cli11",
    "CURL::libcurl": "@debian//:curl",
    "GTest::gmock": "@debian//:gmock",
    "GTest::gtest": "@debian//:gtest",
    "OpenSSL::Crypto": "@debian//:openssl_crypto",
    "OpenSSL::SSL": "@debian//:openssl_ssl",
    "SQLite::SQLite3": "@debian//:sqlite3",
    "Threads::Threads": "@debian//:threads",
    "dl": "@debian//:dl",
    "gRPC::grpc++": "@debian//:grpc++",
    "linktor::boringssl_crypto": "@boringssl//:crypto",
    "linktor::jemalloc": "@debian//:jemalloc",
    "linktor::prometheus": "@debian//:prometheus",
    "protobuf::libprotobuf": "@debian//:protobuf",
    "simdjson::simdjson": "@debian//:simdjson",
    "spdlog::spdlog": "@debian//:spdlog",
    "tomlplusplus::tomlplusplus": "@debian//:tomlplusplus",
}

# Bazel's timeouts in seconds.
TIMEOUTS = {"short": 60, "moderate": 300, "long": 900, "eternal": 3600}
# linktor_test's in CMake.
DEFAULT_TIMEOUT = 60


@dataclasses.dataclass
class Target:
    """What one build system says of a target."""

    kind: str
    folder: str
    files: set = dataclasses.field(default_factory=set)
    depends: set = dataclasses.field(default_factory=set)
    defines: set = dataclasses.field(default_factory=set)
    timeout: int = 0
    alone: bool = False
    grpc: bool = False
    arguments: tuple = ()


class Unreadable(Exception):
    """A build file says something that this check does not know."""


# --- CMake -------------------------------------------------------------------

KEYWORDS = {
    "linktor_library": {
        *("SOURCES", "PUBLIC", "PRIVATE", "INCLUDE", "ALONE", "PCH"),
    },
    "linktor_executable": {"SOURCES", "LINKS", "PCH"},
    "linktor_test": {
        *("SOURCES", "LINKS", "TIMEOUT", "SERIAL", "NO_MAIN"),
        *("ENVIRONMENT", "LABELS", "PCH"),
    },
    "linktor_proto_library": {
        *("ROOT", "PROTOS", "GRPC", "DESCRIPTOR_SET", "PUBLIC"),
    },
    "target_compile_definitions": {"PUBLIC", "PRIVATE", "INTERFACE"},
    "add_test": {"NAME", "COMMAND"},
    "set_tests_properties": {"PROPERTIES"},
}
KINDS = {
    "linktor_library": "library",
    "linktor_executable": "program",
    "linktor_test": "test",
    "linktor_proto_library": "protos",
}


def split_arguments(command, words):
    """{keyword: its words}; "" has those before the first."""
    arguments, current = {"": []}, ""
    for word in words:
        if word in KEYWORDS[command]:
            current = word
            arguments.setdefault(word, [])
        else:
            arguments[current].append(word)
    return arguments


def read_cmake():
    """({name: Target}, the project's version)."""
    targets, version = {}, None
    with tempfile.TemporaryDirectory() as work:
        out = pathlib.Path(work) / "commands"
        subprocess.run(
            [
                *("cmake", f"-DSOURCE={ROOT}", f"-DOUT={out}"),
                *(f"-DWORK={work}", "-P", CHECK / "parity.cmake"),
            ],
            check=True,
            cwd=work,
        )
        for line in out.read_text().splitlines():
            command, folder, *words = line.split("\x1f")
            folder = str(pathlib.Path(folder).relative_to(ROOT))
            if command == "project":
                version = words[0]
            elif command not in KEYWORDS:
                raise Unreadable(f"{folder}: {command}({' '.join(words)})")
            else:
                arguments = split_arguments(command, words)
                note_cmake(targets, command, folder, arguments, work)
    return targets, version


def note_cmake(targets, command, folder, arguments, work):
    """Adds to targets what one command says."""
    built = pathlib.Path(work) / "build"
    if command in KINDS:
        target = Target(KINDS[command], folder)
        root = arguments.get("ROOT", [folder])[0]
        root = root.removeprefix(str(ROOT) + "/")
        files = arguments.get("SOURCES", []) + arguments.get("PROTOS", [])
        for file in files:
            path = pathlib.Path(file)
            if path.is_relative_to(built):  # generated
                target.files.add(str(path.relative_to(built)))
            else:
                # A root may be the project's own, and a file another folder's.
                path = pathlib.Path(os.path.normpath(ROOT / root / file))
                target.files.add(str(path.relative_to(ROOT)))
        for keyword in ("PUBLIC", "PRIVATE", "LINKS"):
            target.depends.update(arguments.get(keyword, []))
        target.grpc = "GRPC" in arguments
        target.alone = "SERIAL" in arguments
        if target.kind == "test":
            target.timeout = int(arguments.get("TIMEOUT", [DEFAULT_TIMEOUT])[0])
        targets[arguments[""][0]] = target
    elif command == "target_compile_definitions":
        (cmake_name,) = arguments[""]
        target = targets[cmake_name.removeprefix("linktor_")]
        for keyword in KEYWORDS[command]:
            target.defines.update(arguments.get(keyword, []))
    elif command == "add_test":
        program, *rest = arguments["COMMAND"]
        program = program.removeprefix("$<TARGET_FILE:").removesuffix(">")
        target = Target("command", folder, depends={program})
        target.arguments = tuple(rest)
        targets[arguments["NAME"][0]] = target
    elif command == "set_tests_properties":
        names, properties = arguments[""], arguments["PROPERTIES"]
        for name in names:
            for key, value in zip(properties[::2], properties[1::2]):
                if key != "TIMEOUT":
                    raise Unreadable(f"{folder}: property {key} of {name}")
                targets[name].timeout = int(value)


# --- Bazel -------------------------------------------------------------------


class BuildFile:
    """Runs one BUILD.bazel and notes its targets."""

    RULES = {
        "linktor_library": "library",
        "linktor_executable": "program",
        "linktor_test": "test",
        "linktor_proto_library": "protos",
        "sh_test": "command",
    }

    def __init__(self, folder, targets):
        self.folder = folder
        self.targets = targets
        self.generated = set()

    def run(self):
        path = ROOT / self.folder / "BUILD.bazel"
        names = {
            "__builtins__": {"True": True, "False": False, "None": None},
            "load": lambda file, *symbols: names.update(
                {symbol: self.symbol(file, symbol) for symbol in symbols}
            ),
            "genrule": lambda outs, **_: self.generated.update(outs),
            "glob": lambda patterns, **_: patterns,
            "sh_test": self.rule("sh_test"),
        }
        for ignored in ("package", "exports_files", "filegroup"):
            names[ignored] = lambda *_, **__: None
        code = compile(path.read_text(), str(path), "exec")
        try:
            exec(code, names)  # pylint: disable=exec-used
        except (NameError, TypeError, ValueError) as error:
            raise Unreadable(f"{path.relative_to(ROOT)}: {error}") from error

    def symbol(self, file, name):
        if name in self.RULES:
            return self.rule(name)
        # A constant; its value matters only where it is compared.
        if file == "//bazel:version.bzl":
            return bazel_version()
        return []

    def rule(self, rule):
        def note(name, **attributes):
            if name in self.targets:
                raise Unreadable(f"{self.folder}: a second target {name}")
            self.targets[name] = self.target(self.RULES[rule], attributes)

        return note

    def target(self, kind, attributes):
        target = Target(kind, self.folder)
        root = attributes.get("root") or self.folder
        for attribute in ("srcs", "hdrs", "protos"):
            if kind == "command":
                continue
            for file in attributes.get(attribute, []):
                if file.startswith("//") and ":" in file:
                    # A file that another folder exports.
                    target.files.add(file[2:].replace(":", "/"))
                elif file.startswith((":", "/", "@")):
                    raise Unreadable(f"{self.folder}: {file} in {attribute}")
                else:
                    target.files.add(f"{root}/{file}")
        target.depends = {self.absolute(x) for x in attributes.get("deps", [])}
        target.defines = {
            x.replace("\\", "")
            for x in attributes.get("local_defines", [])
            + attributes.get("defines", [])
        }
        target.grpc = attributes.get("grpc", False)
        target.alone = "exclusive" in attributes.get("tags", [])
        if kind == "command":
            # Its program is one of //:programs, under the same name.
            (program,) = attributes["srcs"]
            target.depends = {program.removeprefix("//:bin/")}
            target.arguments = tuple(attributes.get("args", []))
        if kind in ("command", "test"):
            timeout = attributes.get("timeout", "short")
            target.timeout = TIMEOUTS[timeout]
        return target

    def absolute(self, label):
        """The label with its package and name."""
        if label.startswith(":"):
            return f"//{self.folder}{label}"
        if label.startswith("//") and ":" not in label:
            return f"{label}:{label.rsplit('/', 1)[-1]}"
        return label


def bazel_version():
    names = {"__builtins__": {}}
    code = (ROOT / "bazel" / "version.bzl").read_text()
    exec(code, names)  # pylint: disable=exec-used
    return names["LINKTOR_VERSION"]


def read_bazel(files):
    """({name: Target}, what genrules make)."""
    targets, generated = {}, set()
    for path in files:
        folder, _, name = path.rpartition("/")
        if name == "BUILD.bazel" and folder != "bazel":
            file = BuildFile(folder, targets)
            file.run()
            generated |= {f"{folder}/{out}" for out in file.generated}
    return targets, generated


# --- Comparison --------------------------------------------------------------


def label_of(library, cmake):
    """The Bazel label of what a CMake target links."""
    if library in EXTERNAL:
        return EXTERNAL[library]
    space, _, name = library.partition("::")
    if space == "absl":
        return f"@debian//:absl_{name}"
    if space == "linktor" and name in cmake:
        return f"//{cmake[name].folder}:{name}"
    raise Unreadable(f"CMake links {library}; tell EXTERNAL what that is")


def compare(name, cmake, bazel, all_cmake):
    """The differences of one target, as sentences."""

    def sets(what, ours, theirs):
        for only, where in ((ours - theirs, "CMake"), (theirs - ours, "Bazel")):
            for one in sorted(only):
                yield f"{name}: {what} {one} is only in {where}'s list"

    def values(what, ours, theirs):
        if ours != theirs:
            yield f"{name}: {what} is {ours} in CMake, {theirs} in Bazel"

    yield from values("the kind", cmake.kind, bazel.kind)
    yield from values("the folder", cmake.folder, bazel.folder)
    yield from sets("file", cmake.files, bazel.files)
    depends = cmake.depends
    if cmake.kind != "command":
        depends = {label_of(library, all_cmake) for library in depends}
    yield from sets("dependency", depends, bazel.depends)
    yield from sets("definition", cmake.defines, bazel.defines)
    yield from values("gRPC", cmake.grpc, bazel.grpc)
    yield from values("running alone", cmake.alone, bazel.alone)
    yield from values("the arguments", cmake.arguments, bazel.arguments)
    if bazel.timeout < cmake.timeout:
        yield (
            f"{name}: Bazel's timeout, {bazel.timeout} s, is shorter than "
            f"CMake's, {cmake.timeout} s"
        )


def tree_files():
    """What git has or would take, below ROOT."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return sorted({path for path in listed if (ROOT / path).is_file()})


def differences():
    """(sentences, the number of targets, the number of files)."""
    files = tree_files()
    cmake, cmake_version = read_cmake()
    bazel, generated = read_bazel(files)
    found = []
    if cmake_version != bazel_version():
        found.append(f"version: {cmake_version}, Bazel {bazel_version()}")
    for name in sorted(cmake.keys() | bazel.keys()):
        if name not in bazel:
            found.append(f"target {name} is only in CMake")
        elif name not in cmake:
            found.append(f"target {name} is only in Bazel")
        else:
            found += compare(name, cmake[name], bazel[name], cmake)

    listed = set()
    for target in [*cmake.values(), *bazel.values()]:
        listed |= target.files
    sources = {
        path
        for path in files
        if path.split("/")[0] in FOLDERS and path.endswith(SUFFIXES)
    }
    for path in sorted(sources - listed):
        found.append(f"{path} is in no target")
    for path in sorted(listed - sources - generated):
        if path.split("/")[0] in FOLDERS:
            found.append(f"{path} is listed but not in the tree")
    return found, len(cmake), len(listed)


def main():
    try:
        found, targets, files = differences()
    except (Unreadable, subprocess.CalledProcessError) as error:
        sys.exit(f"parity.py: error: cannot compare: {error}")
    for sentence in found:
        print(f"parity.py: {sentence}", file=sys.stderr)
    if found:
        sys.exit("parity.py: error: CMake and Bazel differ")
    print(
        f"parity.py: CMake and Bazel agree on {targets} targets and "
        f"{files} files",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
