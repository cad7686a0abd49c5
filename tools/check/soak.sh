#!/usr/bin/env bash
# Runs every suite at its full size and writes the figures, with date and
# machine, to docs/soak.md. "make soak" builds and comes here.
#
# The sizes are these unless the environment has others:
#   LINKTOR_MODEL_STEPS=600000
#   LINKTOR_INBOX_SEEDS=2000
#   LINKTOR_CRASH_ROUNDS=200
#   LINKTOR_CRASH_POSTS=2000
#   LINKTOR_KILL_ROUNDS=20
#   LINKTOR_SOAK_DELIVERIES=1000000
#   LINKTOR_SOAK_KILLS=19
#   LINKTOR_TLS_CHANGES=100
#   LINKTOR_STOP_ROUNDS=100
#   LINKTOR_SOAK_SUBSCRIBERS=10000
#   LINKTOR_TEST_SEED=<n>       another each time
#
# What each suite prints is in build/soak.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

out=docs/soak.md
logs=build/soak
# A suite that hangs is ended; the longest takes a few minutes.
limit_seconds=3600

export LINKTOR_MODEL_STEPS=${LINKTOR_MODEL_STEPS:-600000}
export LINKTOR_INBOX_SEEDS=${LINKTOR_INBOX_SEEDS:-2000}
export LINKTOR_CRASH_ROUNDS=${LINKTOR_CRASH_ROUNDS:-200}
export LINKTOR_CRASH_POSTS=${LINKTOR_CRASH_POSTS:-2000}
export LINKTOR_KILL_ROUNDS=${LINKTOR_KILL_ROUNDS:-20}
export LINKTOR_SOAK_DELIVERIES=${LINKTOR_SOAK_DELIVERIES:-1000000}
export LINKTOR_TLS_CHANGES=${LINKTOR_TLS_CHANGES:-100}
export LINKTOR_STOP_ROUNDS=${LINKTOR_STOP_ROUNDS:-100}
export LINKTOR_SOAK_KILLS=${LINKTOR_SOAK_KILLS:-19}
export LINKTOR_SOAK_SUBSCRIBERS=${LINKTOR_SOAK_SUBSCRIBERS:-10000}
export LINKTOR_TEST_SEED=${LINKTOR_TEST_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
export LINKTOR_SOURCE_DIR=$PWD
export LINKTOR_BIN_DIR=${LINKTOR_BIN_DIR:-$PWD/build/bin}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rm -rf "$logs"
mkdir -p "$logs"

# size_of SUITE: what makes it larger than in "make test".
size_of() {
  case $1 in
    pure_tests) echo "seed $LINKTOR_TEST_SEED" ;;
    messaging_tests) echo "$LINKTOR_INBOX_SEEDS inboxes" ;;
    store_model_tests) echo "$LINKTOR_MODEL_STEPS records" ;;
    integration_tests)
      echo "$LINKTOR_TLS_CHANGES certificates," \
        "$LINKTOR_STOP_ROUNDS stops"
      ;;
    backup_tests) echo "$LINKTOR_KILL_ROUNDS kills at each place" ;;
    crash_tests)
      echo "$LINKTOR_CRASH_ROUNDS kills a test," \
        "$LINKTOR_CRASH_POSTS posts/s"
      ;;
    soak_tests)
      echo "$LINKTOR_SOAK_DELIVERIES deliveries," \
        "$LINKTOR_SOAK_SUBSCRIBERS subscribers"
      ;;
    *) echo "as always" ;;
  esac
}

# command_of SUITE: sets `command`.
command_of() {
  case $1 in
    demo_once) command=("$LINKTOR_BIN_DIR/linktor-ig-demo" --once) ;;
    *) command=("build/release/tests/$1") ;;
  esac
  [ -x "${command[0]}" ] || die "${command[0]} is not built; run: make soak"
}

# run SUITE: adds its row to the table.
run() {
  local log=$logs/$1.log start=$SECONDS result=passed
  command_of "$1"
  say "$1: $(size_of "$1")"
  timeout "$limit_seconds" "${command[@]}" </dev/null >"$log" 2>&1 ||
    result=FAILED
  if [ "$result" = FAILED ]; then
    failed+=("$1")
    say "$1: FAILED; the last of $log:"
    tail -n 30 "$log" >&2
  fi
  local tests
  tests=$(sed -nE 's/^\[=+\] ([0-9]+) tests? from .* ran\..*/\1/p' "$log")
  printf '| `%s` | %s | %s | %d | %s |\n' "$1" "$(size_of "$1")" \
    "${tests:-1}" $((SECONDS - start)) "$result" >>"$work/rows"
}

# figures SUITE NAME: what the suite says in its line "NAME: a=1 b=2", as rows.
figures() {
  { grep -hoE "^$2: .*" "$logs/$1.log" || :; } | tail -n 1 | cut -d ' ' -f 2- |
    tr ' ' '\n' | while IFS='=' read -r name value; do
    printf '| %s | %s |\n' "${name//_/ }" "$value"
  done
}

machine() {
  local model
  model=$(sed -nE 's/^(model name|Model)\s*: (.*)/\2/p' /proc/cpuinfo | sed -n 1p)
  printf -- '- date: %s\n' "$(date -u '+%Y-%m-%d %H:%M UTC')"
  printf -- '- commit: %s%s\n' "$(git rev-parse --short HEAD)" \
    "$([ -z "$(git status --porcelain)" ] || echo ", with changes")"
  printf -- '- machine: %s cores, %s, %s MiB of memory, %s\n' "$(nproc)" \
    "${model:-unknown CPU}" "$(awk '/^MemTotal:/ {print int($2 / 1024)}' /proc/meminfo)" \
    "$(uname -m)"
  printf -- '- kernel: %s; folder of the tests: %s\n' "$(uname -sr)" \
    "$(df --output=fstype "/tmp" | tail -n 1)"
  printf -- '- compiler: %s\n' "$(c++ --version | sed -n 1p)"
}

document() {
  cat <<END
# Soak

\`make soak\` wrote these figures. Every suite had the size in its row.

$(machine)

| suite | size | tests | seconds | result |
|---|---|---|---|---|
$(cat "$work/rows")

## Deliveries

\`tests/soak/soak_test.cc\` sends signed posts over 8 connections. Each post has 1 to 1,000
items in random order, and 30 % of all items are repeats. Meanwhile the test kills the
server many times and starts it again. One subscriber follows the stream from the
beginning, and another one reads the whole stream later. The test passes if each of the
two gets each item that makes an event exactly once and in the order of the log, and if
the server's counts of all posts add up. \`distinct\` is the number of items without the
repeats. \`events\` is the number of events that the first subscriber received, and
\`resumes\` says how often it connected again. \`duplicates\`, \`ignored\` and \`issues\` are the
server's counts. They also count posts that were sent again because a kill lost the
answer (\`sent again\`). \`refused\` posts were answered 503.

| figure | value |
|---|---|
$(figures soak_tests soak)

## Idle subscribers

\`tests/soak/idle_test.cc\` keeps these subscribers connected while there are no events.
\`kib each\` is the memory that the server takes for one of them, in KiB.

| figure | value |
|---|---|
$(figures soak_tests idle)

## Kills

\`tests/crash/crash_test.cc\` kills the server while it takes webhooks or sends messages,
and printed these lines:

$(grep -hE '^[0-9]+ kills, ' "$logs/crash_tests.log" | sed 's/^/- /')

\`backup_tests\` kills the process at each step, and at each call by which SQLite changes a
file. It did so in $LINKTOR_KILL_ROUNDS rounds, and printed these lines:

$(grep -hE '^[0-9]+ kills in ' "$logs/backup_tests.log" | sed 's/^/- /')
END
}

failed=()
# Each that ctest knows; its own limits of time are for the small sizes.
ctest --preset release -N | sed -nE 's/^ *Test +#[0-9]+: //p' >"$work/suites"
[ -s "$work/suites" ] || die "no tests are built; run: make soak"
while IFS= read -r suite; do run "$suite"; done <"$work/suites"

document >"$work/soak.md"
cp "$work/soak.md" "$out"
say "wrote $out"
if [ ${#failed[@]} -ne 0 ]; then die "failed: ${failed[*]}"; fi
