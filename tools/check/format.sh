#!/usr/bin/env bash
# Checks that C++ files are formatted; with --fix formats them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

command -v clang-format-14 >/dev/null ||
  die "clang-format-14 is missing; run: tools/setup/apt.sh check"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree_files '*.cc' '*.h' >"$work/files"

if [ "${1:-}" = --fix ]; then
  xargs -r -d '\n' -P "$(nproc)" -n 20 clang-format-14 -i <"$work/files"
  exit 0
fi

# One file a run, so that only names and first complaints are shown.
# shellcheck disable=SC2016
xargs -r -d '\n' -P "$(nproc)" -n 20 bash -c '
  for file in "$@"; do
    clang-format-14 --dry-run --Werror "$file" 2>&1 | sed -n 1p
  done' format <"$work/files" | sort >"$work/complaints"
if [ -s "$work/complaints" ]; then
  cat "$work/complaints" >&2
  die "$(wc -l <"$work/complaints") badly formatted files; run: make format"
fi
say "$(wc -l <"$work/files") files are well formatted"
