#!/usr/bin/env python3
"""Checks the comments of the tree, as far as a program can.

No comment line may begin with one of the words that begin a fragment here:
such a sentence has no subject. Sources, scripts, protos and build files are
looked at, docstrings of Python included.

The headers under server/ must have enough comments, all of them together: a
function says there when it succeeds, how it fails, and what it blocks on.
"""

import ast
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

SUFFIXES = {".cc", ".h", ".proto", ".py", ".sh", ".go", ".ts", ".js", ".java",
            ".cmake", ".bzl", ".bazel", ".bazelrc", ".in", ".toml", ".yaml",
            ".yml", ".xml", ".properties", ".service", ".clang-tidy",
            ".clang-format"}
NAMES = {"CMakeLists.txt", "Makefile", "WORKSPACE", "Dockerfile"}

WORDS = "Of|Those|Who|Whose"
FRAGMENT = re.compile(
    r'\s*(?://[/!]?|#+|/\*+|\*+|<!--|[rf]?"""|[rf]?\'\'\')\s*(?:%s)\b' % WORDS)
CONTINUED = re.compile(r"\s*(?:%s)\b" % WORDS)

# The least part of the lines of server/'s headers, blank lines included, that
# are comments. Headers that say what a caller must know have 35 to 50 %.
LEAST = 0.35


def files():
    """Returns what git has or would take, as tree.sh does."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard",
         "--deduplicate", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if (ROOT / name).is_file()]


def is_looked_at(name, text):
    path = pathlib.PurePath(name)
    return (path.name in NAMES or path.name in SUFFIXES or
            path.suffix in SUFFIXES or text.startswith("#!"))


def docstring_lines(text):
    """Returns the numbers of the lines, from 1, that are within docstrings."""
    numbers = set()
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body:
            continue
        first = body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) \
                and isinstance(first.value.value, str):
            numbers.update(range(first.lineno, first.end_lineno + 1))
    return numbers


def fragments(name, text):
    documented = docstring_lines(text) if name.endswith(".py") else set()
    for number, line in enumerate(text.splitlines(), 1):
        if FRAGMENT.match(line) or (number in documented and
                                    CONTINUED.match(line)):
            yield "%s:%d: %s" % (name, number, line.strip())


class Share:
    """How many of some lines are comments."""

    def __init__(self):
        self.lines = 0
        self.comments = 0

    def add(self, text):
        for line in text.splitlines():
            self.lines += 1
            self.comments += line.lstrip().startswith("//")

    def part(self):
        return self.comments / max(self.lines, 1)


def main():
    problems = []
    looked_at = 0
    total = Share()
    folders = {}
    for name in files():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if is_looked_at(name, text):
            looked_at += 1
            problems.extend(fragments(name, text))
        if name.startswith("server/") and name.endswith(".h"):
            total.add(text)
            folder = str(pathlib.PurePath(name).parent)
            folders.setdefault(folder, Share()).add(text)
    if problems:
        problems.append("a comment begins with a fragment; give the sentence a "
                        "subject and a verb")
    if total.part() < LEAST:
        problems.extend("%s: %.1f %%" % (folder, 100 * share.part())
                        for folder, share in sorted(folders.items())
                        if share.part() < LEAST)
        problems.append("%.1f %% of the lines of headers under server/ are "
                        "comments; at least %.0f %% must be" %
                        (100 * total.part(), 100 * LEAST))
    for problem in problems:
        print("comments.py: " + problem, file=sys.stderr)
    if problems:
        return 1
    print("comments.py: %d files are good; %.1f %% of the lines of headers "
          "under server/ are comments" % (looked_at, 100 * total.part()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
