#!/usr/bin/env bash
# Lets libFuzzer try to break the properties of tests/fuzz, one after the other.
# "make fuzz" builds the program and comes here.
#
# Usage: fuzz.sh [TARGET…]         (default: all targets)
#        fuzz.sh TARGET FILE…      try these inputs again, once each
#
#   FUZZ_SECONDS=15    for each target
#   FUZZ_SEED=<n>      default: another each time, printed
#   FUZZ_RSS_MB=2048   most memory; more is a finding
#   FUZZ_MAX_LEN=8192  longest input in bytes
#
# An input that breaks one is written to build/fuzz/found, and its path printed.
# New ones that reach new code are kept in build/fuzz/corpus for the next run.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

program=build/asan/bin/linktor-fuzz
targets=(webhook signature cursor graph config)
seconds=${FUZZ_SECONDS:-15}
seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}

[ -x "$program" ] || die "$program is not built; run: make fuzz"

is_target() {
  local target
  for target in "${targets[@]}"; do
    if [ "$target" = "$1" ]; then return 0; fi
  done
  return 1
}

chosen=()
files=()
for argument in "$@"; do
  if is_target "$argument"; then
    chosen+=("$argument")
  elif [ -f "$argument" ]; then
    files+=("$argument")
  else
    die "'$argument' is neither a file nor one of: ${targets[*]}"
  fi
done
if [ ${#files[@]} -gt 0 ] && [ ${#chosen[@]} -ne 1 ]; then
  die "files need one target: fuzz.sh TARGET FILE…"
fi
if [ ${#chosen[@]} -eq 0 ]; then chosen=("${targets[@]}"); fi

# What the program keeps on the disk while it runs; libFuzzer ends it without
# letting it tidy up.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p build/fuzz/found

# As the tests under sanitizers; binutils' addr2line names the lines.
export ASAN_OPTIONS=exitcode=66:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1:allow_addr2line=1
export UBSAN_OPTIONS=print_stacktrace=1:allow_addr2line=1:suppressions=$PWD/tools/sanitizers/ubsan.supp
export LSAN_OPTIONS=print_suppressions=0:suppressions=$PWD/tools/sanitizers/lsan.supp
if command -v llvm-symbolizer-14 >/dev/null; then
  ASAN_OPTIONS+=:external_symbolizer_path=$(command -v llvm-symbolizer-14)
  UBSAN_OPTIONS+=:external_symbolizer_path=$(command -v llvm-symbolizer-14)
fi

# fuzz TARGET ARGUMENT…
fuzz() {
  local target=$1
  shift
  TMPDIR=$work LINKTOR_FUZZ_TARGET=$target "$program" \
    -artifact_prefix="build/fuzz/found/$target-" \
    -rss_limit_mb="${FUZZ_RSS_MB:-2048}" -timeout=10 "$@"
}

if [ ${#files[@]} -gt 0 ]; then
  fuzz "${chosen[0]}" "${files[@]}"
  exit
fi

# The golden webhooks are seeds, too; what they should give is none.
mkdir -p "$work/golden"
cp tests/golden/webhooks/*.json "$work/golden"

say "seed $seed, $seconds s for each of: ${chosen[*]}"
failed=()
for target in "${chosen[@]}"; do
  new=build/fuzz/corpus/$target
  mkdir -p "$new"
  folders=("$new" "tests/fuzz/corpus/$target")
  if [ "$target" = webhook ]; then folders+=("$work/golden"); fi
  if fuzz "$target" -seed="$seed" -max_total_time="$seconds" \
    -max_len="${FUZZ_MAX_LEN:-8192}" -print_final_stats=1 "${folders[@]}" \
    >"$work/log" 2>&1; then
    # The last status line, and what it came to.
    say "$target: $(grep -E '^#[0-9]+.*(DONE|pulse|NEW|REDUCE)' "$work/log" |
      tail -n 1 | tr -s '\t ' ' ')"
    continue
  fi
  failed+=("$target")
  say "$target: FAILED"
  # Without libFuzzer's progress.
  grep -vE '^#[0-9]+|NEW_FUNC|NEW_PC' "$work/log" | tail -n 60 >&2 || :
  found=$(grep -oE 'build/fuzz/found/[^ ]+$' "$work/log" | tail -n 1) || :
  if [ -n "$found" ]; then
    say "the input is $found; again: tools/check/fuzz.sh $target $found"
  fi
done
if [ ${#failed[@]} -ne 0 ]; then
  die "broken: ${failed[*]} (FUZZ_SEED=$seed)"
fi
