#!/usr/bin/env python3
"""Counts the production files that name each kind of event.

A kind has one room, server/kinds: whoever has to be told of a new kind elsewhere
is a place that a change forgets. Production files are those of server/, client/
and protos/ that people write: not build files, the emulator, tests, documents, or
what generators make.

  tools/check/kinds.py          fails when a kind is named in too many files
  tools/check/kinds.py --list   prints the files of each kind
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
EVENT_PROTO = ROOT / "protos/linktor/instagram/v1/event.proto"

# A new kind touches at most this many: three protos, the kind's own file, the table, and the
# words of the command-line client.
MOST = 6

FOLDERS = ("server", "client", "protos")
SUFFIXES = (".cc", ".h", ".proto", ".go", ".py", ".ts", ".js", ".java")
# The generators of these read the protos.
GENERATED = ("client/go/v1/", "client/go/constants.go")
# They are tests and examples of the clients, or come from elsewhere.
NOT_OURS = re.compile(r"(^|/)(tests?|examples?|node_modules|build|target)/|_test[.]")

# What a comment tells need not be changed for a new kind.
COMMENT = re.compile(r"//.*")
# A field of the oneof: `Reaction reaction = 28 [(event_type) = "instagram.x"];`.
FIELD = re.compile(
    r'^\s*(\w+) (\w+) = \d+\s*\[\(event_type\) = "([a-z_.]+)"\];', re.MULTILINE)


def kinds():
    """The kinds that webhooks bring: type, message and field of each."""
    found = FIELD.findall(EVENT_PROTO.read_text())
    # instagram.unknown is what has no kind. The types message.x are what a send
    # or a message becomes; their rooms are the states of a message.
    return [(kind, message, field) for message, field, kind in found
            if kind.startswith("instagram.") and kind != "instagram.unknown"]


def files():
    # What Git ignores was built here, and is nobody's work.
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *FOLDERS],
        cwd=ROOT, check=True, capture_output=True, text=True)
    for name in sorted(listed.stdout.splitlines()):
        path = ROOT / name
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        if name.startswith(GENERATED) or NOT_OURS.search(name):
            continue
        yield name, COMMENT.sub("", path.read_text(errors="replace"))


def names(kind, message, field):
    """All ways to write the kind in code."""
    camel = "".join(part.capitalize() for part in field.split("_"))
    return re.compile(
        rf'"{re.escape(kind)}"'
        rf"|\bk{camel}\b|\bv1::{message}\b"
        rf"|\b(?:message|repeated)? ?{message} \w+ = \d|\bmessage {message}\b"
        rf"|(?:\.|->)(?:mutable_|has_|clear_)?{field}\(")


def main():
    tree = list(files())
    listing = "--list" in sys.argv[1:]
    failed = False
    most = 0
    for kind, message, field in kinds():
        pattern = names(kind, message, field)
        found = [name for name, text in tree if pattern.search(text)]
        most = max(most, len(found))
        if listing:
            print(f"{kind}: {len(found)}")
            for name in found:
                print(f"  {name}")
        if len(found) > MOST:
            failed = True
            print(f"kinds.py: {kind} is named in {len(found)} production files, "
                  f"and {MOST} is the most:", file=sys.stderr)
            for name in found:
                print(f"  {name}", file=sys.stderr)
        if not found:
            failed = True
            print(f"kinds.py: nothing names {kind}", file=sys.stderr)
    if failed:
        sys.exit(1)
    print(f"kinds.py: a kind is named in at most {most} production files",
          file=sys.stderr)


if __name__ == "__main__":
    main()
