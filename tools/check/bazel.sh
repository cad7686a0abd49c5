#!/usr/bin/env bash
# Builds everything with Bazel and runs the tests, with the results of earlier
# runs from the cache folder. Downloads nothing.
#
# Usage: bazel.sh [--programs]
#   --programs     only the programs, without optimisation, and one exchange
#                  played with them
#   JOBS=2         that many jobs; default: one for each core
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Bazel never removes anything from its cache. A whole build makes about
# 200 MB, so this is some twenty changes of everything.
cache_limit_mb=4000

command -v bazel >/dev/null ||
  die "bazel is missing; run: tools/setup/apt.sh bazel"
cache=$(linktor_cache_dir)/bazel
mkdir -p "$cache" build
if [ "$(du -sm "$cache" | cut -f 1)" -gt "$cache_limit_mb" ]; then
  say "$cache is over $cache_limit_mb MB, starting again"
  rm -rf "$cache"
fi

# The server would live on for hours, and reads the versions of Debian's
# packages only when it starts.
trap 'bazel shutdown >/dev/null 2>&1' EXIT

case ${1:-} in
  "") build=(//...) test=(//...) ;;
  --programs)
    build=(--config=unoptimised //:programs //client/... //emulator/... //server/...)
    test=(--config=unoptimised //tests:demo_once)
    ;;
  *) die "'$1' is not --programs" ;;
esac

# run_bazel COMMAND ARGUMENT…: Bazel itself waits for another Bazel in this folder.
run_bazel() {
  local command=$1
  shift
  bazel "$command" --disk_cache="$cache" --jobs="${JOBS:-$(nproc)}" \
    --noshow_progress --color=no "$@"
}

run_bazel build "${build[@]}"
run_bazel test "${test[@]}"
