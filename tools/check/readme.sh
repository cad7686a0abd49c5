#!/usr/bin/env bash
# Checks that what the README tells people to run exists: make targets, programs in
# build/bin, scripts in the tree. readme_run.py runs it.
# Reads the fenced blocks marked sh, bash, shell or console.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ ! -f README.md ]; then
  say "no README.md, nothing to check"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk '
  /^[[:space:]]*```/ {
    inside = !inside && $0 ~ /```(sh|bash|shell|console)[[:space:]]*$/
    next
  }
  inside { sub(/^[[:space:]]*\$ /, ""); print }
' README.md | sed -e ':a' -e '/\\$/N; s/\\\n/ /; ta' -e 's/[[:space:]]#.*//' \
  >"$work/commands"

failed=0
complain() {
  say "README.md: $*"
  failed=1
}

# words PATTERN: the matching words of all commands
words() { grep -oE -- "$1" "$work/commands" | sort -u || :; }

for target in $(words '\bmake [a-z][a-z-]*' | cut -d ' ' -f 2); do
  make --dry-run --question "$target" >/dev/null 2>"$work/error" ||
    ! grep -q 'No rule to make target' "$work/error" ||
    complain "make $target: there is no such target"
done

for script in $(words '(^|[ ./])(tools|\.ci|deploy)/[A-Za-z0-9_./-]+' | sed -E 's,^[ ./]*(tools|ci|deploy),\1,; s,^ci/,.ci/,'); do
  [ -e "$script" ] || complain "$script: there is no such file"
done

for program in $(words 'build/bin/[a-z][a-z0-9-]*'); do
  [ -x "$program" ] || complain "$program: not built (make build)"
done

if [ "$failed" -ne 0 ]; then die "the README tells something untrue"; fi
say "$(wc -l <"$work/commands") lines of commands in the README are right"
