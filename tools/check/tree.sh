#!/usr/bin/env bash
# Checks what must not be in the tree: hosts of package registries, paths of
# somebody's machine, tokens, readers that stop before their pipe is empty, and
# files that have grown too long.
# The brackets in the patterns keep this file from matching itself.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree_files >"$work/files"
failed=0

# forbid WHAT PATTERN
forbid() {
  if xargs -r -d '\n' grep -nIEH -- "$2" <"$work/files" >"$work/hits"; then
    say "$1:"
    head -n 20 "$work/hits" | cut -c -200 >&2
    failed=1
  fi
}

forbid "host of a package registry" \
  '(deb|security|archive|snapshot)[.]debian[.]org|registry[.](npmjs|yarnpkg)|files[.]pythonhosted|pypi[.](org|python)|proxy[.]golang|sum[.]golang|(static|index)[.]crates|crates[.]io|repo1?[.]maven'
forbid "path of somebody's machine" \
  '(^|[^A-Za-z0-9_.}-])/(home|root|work|Users)/'
forbid "something like an access token" \
  '(EAA[A-Za-z0-9]{20,}|IG(AA|QV)[A-Za-z0-9_-]{20,})'

forbid "placeholder" '@@[A-Z_]+@@'

# A reader that stops early ends the writer by SIGPIPE now and then, and pipefail
# makes that the result of the line.
grep -E '([.]sh|^[.]ci/run)$' "$work/files" >"$work/scripts"
if xargs -r -d '\n' grep -nIEH -- '[|] *(grep [^|]*-[a-zA-Z]*[q]|hea[d] )' \
  <"$work/scripts" >"$work/hits"; then
  say "a script pipes into a reader that stops early (keep the output in a file):"
  head -n 20 "$work/hits" >&2
  failed=1
fi

# Reads are in the domain's terms: nobody else sees a database.
grep -E '^server/' "$work/files" | grep -vE '^server/(sqlite|state|journal)/' \
  | grep -E '[.](cc|h)$' >"$work/others"
if xargs -r -d '\n' grep -nIEH -- \
  '#include [<"](sqlite3|server/sqlite/|server/state/[a-z_]*_table[.]h)|sqlite3_|"(SELECT|INSERT|UPDATE|DELETE|PRAGMA) ' \
  <"$work/others" >"$work/hits"; then
  say "SQL or a database outside server/{sqlite,state,journal}:"
  head -n 20 "$work/hits" | cut -c -200 >&2
  failed=1
fi

# A folder below server/ has a namespace of its own, and base/ has that of the
# project. Tests of a folder are in its namespace.
grep -E '^(server|tests/unit)/[a-z]+/.*[.](cc|h)$' "$work/files" |
  while IFS= read -r file; do
    folder=${file#server/}
    folder=${folder#tests/unit/}
    folder=${folder%%/*}
    [ -d "server/$folder" ] || continue
    wanted=linktor::$folder
    [ "$folder" != base ] || wanted=linktor
    awk -v wanted="$wanted" -v file="$file" '
      /^namespace linktor(::[a-z0-9_:]+)? [{]$/ && $2 != wanted &&
        index($2, wanted "::") != 1 {
        print file ": " $2 " instead of " wanted
      }' "$file"
  done >"$work/hits"
if [ -s "$work/hits" ]; then
  say "a file in the namespace of another folder:"
  head -n 20 "$work/hits" >&2
  failed=1
fi

# A newcomer reads these files whole, so each has a limit of lines.
while IFS= read -r file; do
  case $file in
    README.md) limit=200 ;;
    client/*/example/*) limit=60 ;;
    client/*/README.md) limit=120 ;;
    *) continue ;;
  esac
  lines=$(wc -l <"$file")
  if [ "$lines" -gt "$limit" ]; then
    say "$file has $lines lines; $limit is the most"
    failed=1
  fi
done <"$work/files"
while IFS= read -r file; do
  case $file in
    client/go/v1/*) ;; # protoc writes it.
    *.cc | *.h | *.py | *.go | *.ts | *.js | *.java | *.proto | *.sh | *.cmake)
      lines=$(wc -l <"$file")
      if [ "$lines" -gt 700 ]; then
        say "$file has $lines lines; 700 is the most"
        failed=1
      fi
      ;;
  esac
done <"$work/files"

if [ "$failed" -ne 0 ]; then die "the tree is not clean"; fi
say "$(wc -l <"$work/files") files are clean"
