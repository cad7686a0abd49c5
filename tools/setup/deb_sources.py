#!/usr/bin/env python3
"""Prints a deb-src list made from the machine's own Debian archives.

Reads the one-line form (sources.list, *.list) and the deb822 form (*.sources)
under the apt folder and prints deb822 stanzas of type deb-src. Only the main
component of Debian's own suites is kept: a third-party archive may be slow,
broken or without sources, and must not stop the set-up. The machine's own
files are only read.

Usage: deb_sources.py CODENAME [APT_FOLDER]
"""

import pathlib
import re
import sys

# A mirror may be anywhere, but the path of a Debian archive ends in /debian or
# /debian-security, or has it inside (dated snapshots, mirror lists).
ARCHIVE_PATH = re.compile(r"/debian(-security)?([/.]|$)")
ONE_LINE = re.compile(
    r"^deb(?:-src)?\s+(?:\[(?P<options>[^\]]*)\]\s+)?"
    r"(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)$"
)
OPTION_FIELDS = {"signed-by": "Signed-By", "trusted": "Trusted"}


def one_line_entries(text):
    for line in text.splitlines():
        match = ONE_LINE.match(line.split("#", 1)[0].strip())
        if not match:
            continue
        extra = {}
        for option in (match["options"] or "").split():
            name, _, value = option.partition("=")
            if name.lower() in OPTION_FIELDS:
                extra[OPTION_FIELDS[name.lower()]] = value
        yield [match["uri"]], [match["suite"]], match["components"].split(), extra


def deb822_entries(text):
    for block in re.split(r"\n\s*\n", text):
        fields, last = {}, None
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and last:
                fields[last] += "\n" + line
            elif ":" in line:
                name, value = line.split(":", 1)
                last = name.strip().lower()
                fields[last] = value.strip()
        if "uris" not in fields or fields.get("enabled", "yes").lower() == "no":
            continue
        extra = {
            field: fields[name]
            for name, field in OPTION_FIELDS.items()
            if name in fields
        }
        yield (
            fields["uris"].split(),
            fields.get("suites", "").split(),
            fields.get("components", "").split(),
            extra,
        )


def is_debian_suite(suite, codename):
    base = suite.removesuffix("/updates")
    for suffix in ("-security", "-updates"):
        base = base.removesuffix(suffix)
    return base in (codename, "stable", "oldstable", "oldoldstable")


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    codename = sys.argv[1]
    apt = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else "/etc/apt")
    parts = apt / "sources.list.d"

    entries = []
    for path in [apt / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            entries += one_line_entries(path.read_text(errors="replace"))
    for path in sorted(parts.glob("*.sources")):
        entries += deb822_entries(path.read_text(errors="replace"))

    seen = set()
    for uris, suites, components, extra in entries:
        if "main" not in components:
            continue
        for uri in uris:
            if uri.startswith("cdrom:") or not ARCHIVE_PATH.search(uri):
                continue
            for suite in suites:
                key = (uri.rstrip("/"), suite)
                if key in seen or not is_debian_suite(suite, codename):
                    continue
                seen.add(key)
                print(f"Types: deb-src\nURIs: {uri}\nSuites: {suite}")
                print("Components: main")
                for name, value in extra.items():
                    print(f"{name}: {value}")
                print()
    if not seen:
        sys.exit("no Debian archive found in the machine's apt sources")


if __name__ == "__main__":
    main()
