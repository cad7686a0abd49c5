#!/usr/bin/env bash
# Runs every family of linktor-bench with a hundredth of its work. The figures mean
# nothing at this size. The check fails when a program of the benchmarks fails, an event
# is lost or a post is refused.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

bench=build/bin/linktor-bench
[ -x "$bench" ] || die "linktor-bench is not built (make build)"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! "$bench" --rounds 1 --scale 0.01 --open-only >"$log" 2>&1; then
  cat "$log"
  die "a benchmark does not run, or an event was lost"
fi
echo "bench.sh: every family runs, and no event is lost"
