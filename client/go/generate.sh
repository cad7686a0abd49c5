#!/usr/bin/env bash
# Writes the code that is generated from protos/. protoc makes the folder v1/, and
# the program internal/constants makes constants.go.
#
#   client/go/generate.sh          writes the files
#   client/go/generate.sh --check  fails when a file is not as it would write it
#
# It needs protoc (Debian's protobuf-compiler and libprotobuf-dev) and Go. go.mod
# names the plugins of protoc and their versions.
set -euo pipefail
cd "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
protos=../../protos
export GOTOOLCHAIN=local GOWORK=off

say() { printf 'generate.sh: %s\n' "$*" >&2; }
case "${1:-}" in
'' | --check) ;;
*)
  say "usage: generate.sh [--check]"
  exit 2
  ;;
esac
for program in protoc go; do
  command -v "$program" >/dev/null || {
    say "$program is not on PATH"
    exit 1
  }
done

# Everything is first made in a copy of the module. So a failure does not change the
# tree.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/module/internal"
cp go.mod go.sum "$work/module/"
cp -r internal/constants "$work/module/internal/"

go build -buildvcs=false -o "$work/bin/" \
  google.golang.org/protobuf/cmd/protoc-gen-go \
  google.golang.org/grpc/cmd/protoc-gen-go-grpc
PATH=$work/bin:$PATH protoc -I "$protos" \
  --go_out="$work/module" --go_opt=module=linktor.dev/instagram \
  --go-grpc_out="$work/module" --go-grpc_opt=module=linktor.dev/instagram \
  "$protos"/linktor/instagram/v1/*.proto
(cd "$work/module" && go run -buildvcs=false ./internal/constants >constants.go)

if [ "${1:-}" = --check ]; then
  # Each file has a comment with the version of protoc that made it. This machine
  # may have another version, so the comparison ignores the comment.
  different='^//.*[[:space:]]protoc[[:space:]]'
  stale=no
  diff -r -q -I "$different" v1 "$work/module/v1" >&2 || stale=yes
  diff -q constants.go "$work/module/constants.go" >&2 || stale=yes
  if [ "$stale" = yes ]; then
    say "these files are not what protos/ makes: run client/go/generate.sh"
    exit 1
  fi
else
  rm -rf v1
  cp -r "$work/module/v1" v1
  cp "$work/module/constants.go" constants.go
fi
