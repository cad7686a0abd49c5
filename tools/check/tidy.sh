#!/usr/bin/env bash
# Runs clang-tidy, by default on what changed since the last commit.
#   TIDY=all            everything
#   TIDY="a.cc b.cc"    these files
#   TIDY_BASE=<commit>  what changed since then, uncommitted changes included
#   TIDY_LIMIT=<n>      at most n files: those that are shipped first, then tests
#
# It has a build folder of its own: the compile commands for g++ name
# precompiled headers that clang cannot read. clang-tidy comes from PyPI into the
# cache folder: it leaves system headers alone, which Debian's does not, and is
# done in a quarter of the time.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=23.1.4
home=$(linktor_cache_dir)/clang-tidy-$version
tidy=$home/bin/clang-tidy

# The compile commands name it.
command -v clang++-14 >/dev/null ||
  die "clang++-14 is missing; run: tools/setup/apt.sh check"
if [ ! -e "$home/complete" ]; then
  say "installing clang-tidy $version"
  rm -rf "$home"
  python3 -m venv "$home" ||
    die "python3 has no venv; run: tools/setup/apt.sh check"
  "$home/bin/pip" install --quiet --disable-pip-version-check \
    --only-binary=:all: "clang-tidy==$version" >&2 ||
    die "pip could not install clang-tidy; is the package registry reachable?"
  touch "$home/complete"
fi

changed_files() {
  local base=${TIDY_BASE:-HEAD}
  if ! git rev-parse --quiet --verify "$base^{commit}" >/dev/null; then
    if [ -n "${TIDY_BASE:-}" ]; then die "TIDY_BASE=$base is no commit"; fi
    return 0 # nothing is committed yet
  fi
  git diff --name-only --diff-filter=d "$base" -- '*.cc' '*.h'
  git ls-files --others --exclude-standard -- '*.cc' '*.h'
}

# A header is checked through a source that includes it: its own if there is
# one, else the first found.
as_sources() {
  local file source
  while IFS= read -r file; do
    case $file in
      *.cc) printf '%s\n' "$file" ;;
      *.h)
        source=${file%.h}.cc
        if [ ! -f "$source" ]; then
          source=$(tree_files '*.cc' |
            xargs -r -d '\n' grep -lF "#include \"$file\"" | sort | sed -n 1p) || :
        fi
        if [ -n "$source" ]; then printf '%s\n' "$source"; fi
        ;;
    esac
  done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case ${TIDY:-} in
  all) tree_files '*.cc' >"$work/wanted" ;;
  "") changed_files | as_sources >"$work/wanted" ;;
  *) tr -s ' ' '\n' <<<"$TIDY" | as_sources >"$work/wanted" ;;
esac
if [ ! -s "$work/wanted" ]; then
  say "nothing changed (TIDY=all checks everything)"
  exit 0
fi

cmake --preset tidy --log-level=WARNING >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; die "configuring build/tidy failed"; }
cmake --build --preset tidy -j "$(nproc)" >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; die "generating the protos' code failed"; }

# Files that no target compiles have no compile command. One that several targets
# compile has several, of which one is enough.
python3 - "$work" >"$work/files" <<'PYTHON'
import json, os, sys
work = sys.argv[1]
commands = {os.path.relpath(entry["file"]): entry
            for entry in json.load(open("build/tidy/compile_commands.json"))}
with open(f"{work}/compile_commands.json", "w") as out:
    json.dump(list(commands.values()), out)
for name in sorted(set(open(f"{work}/wanted").read().split("\n")) & set(commands)):
    print(name)
PYTHON

if [ -n "${TIDY_LIMIT:-}" ]; then
  grep -v '^tests/' "$work/files" >"$work/ordered" || :
  grep '^tests/' "$work/files" >>"$work/ordered" || :
  left=$(($(wc -l <"$work/ordered") - TIDY_LIMIT))
  if [ "$left" -gt 0 ]; then say "TIDY_LIMIT leaves out $left files"; fi
  head -n "$TIDY_LIMIT" "$work/ordered" >"$work/files"
fi
say "checking $(wc -l <"$work/files") files"
xargs -r -d '\n' -P "$(nproc)" -n 1 \
  "$tidy" -p "$work" --quiet --use-color=false <"$work/files" \
  2>"$work/stderr" || {
  # Its stderr is counts of suppressed warnings, unless it could not run.
  grep -v 'warnings\? generated\|warnings treated as errors\|Suppressed' \
    "$work/stderr" >&2 || :
  die "clang-tidy found something"
}
