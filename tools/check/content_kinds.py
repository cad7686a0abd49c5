#!/usr/bin/env python3
"""Counts the production files in which each kind of content stands.

A kind is a field of the oneof of MessageContent. It has a file of its own,
server/kinds/content/<kind>.cc, and may stand in no more files than its limit
says, so that adding one stays a small change (CONTRIBUTING.md has the list).
Files of tests, of the emulator and of builds are not counted, nor are
generated ones, examples and documents.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTO = "protos/linktor/instagram/v1/content.proto"

# The most files of each kind: the contract, the kind, the table, the command
# that sends it, and the content that the Node client takes.
LIMITS = {
    "text": 5,
    "image": 5,
    "video": 5,
    "audio": 5,
    "sticker": 5,
    "template": 5,
}

# Where production files are, and how their names end.
PLACES = {
    "server": (".cc", ".h"),
    "client/cli": (".cc", ".h"),
    "client/cpp/include": (".h",),
    "client/cpp/src": (".cc", ".h"),
    "client/node/src": (".ts",),
}


def kinds_of_contract():
    """The names of the oneof's fields."""
    text = (ROOT / PROTO).read_text()
    body = re.search(r"^message MessageContent \{.*?oneof content \{(.*?)^  \}",
                     text, re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r"^ *\w+ (\w+) = \d+;", body, re.MULTILINE)


def mark_of(kind, suffix):
    """What a file says when it knows the kind."""
    if suffix == ".ts":
        return re.compile(rf'\| "{kind}"|"{kind}" \|')
    name = "".join(part.capitalize() for part in kind.split("_"))
    return re.compile(
        rf"\bMessageContent::k{name}\b|\bk{name}Content\b"
        rf"|\bcontent(\(\))?(\.|->)(has_|set_|mutable_)?{kind}_?\("
    )


def files_of(kind):
    """The files that know a kind, the contract first."""
    found = [PROTO]
    for place, suffixes in PLACES.items():
        for path in sorted((ROOT / place).rglob("*")):
            if path.suffix in suffixes and path.is_file():
                if mark_of(kind, path.suffix).search(path.read_text()):
                    found.append(str(path.relative_to(ROOT)))
    return found


def problems(kinds):
    """What is wrong, as sentences."""
    for kind in sorted(set(LIMITS) - set(kinds)):
        yield f"LIMITS has {kind}, which the contract has not"
    for kind in kinds:
        files = files_of(kind)
        own = f"server/kinds/content/{kind}.cc"
        if own not in files:
            yield f"{kind} has no file {own}"
        if kind not in LIMITS:
            yield f"{kind} has no limit in LIMITS"
        elif len(files) > LIMITS[kind]:
            yield (
                f"{kind} stands in {len(files)} production files; "
                f"{LIMITS[kind]} are the most: {', '.join(files)}"
            )


def main():
    kinds = kinds_of_contract()
    if not kinds:
        sys.exit(f"content_kinds.py: {PROTO} has no oneof that can be read")
    found = list(problems(kinds))
    for problem in found:
        print(f"content_kinds.py: {problem}", file=sys.stderr)
    if found:
        sys.exit(1)
    counts = ", ".join(f"{kind} {len(files_of(kind))}" for kind in kinds)
    print(f"content_kinds.py: production files of each kind: {counts}")


if __name__ == "__main__":
    main()
