#!/usr/bin/env bash
# Installs grpcurl, which Debian does not package, with Go into the cache
# folder, and prints the path of the program.
set -euo pipefail
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/common.sh"

version=v1.9.3
go_minor=21 # what this version asks for: Go 1.21; Debian 12 has 1.19
bin=$(linktor_cache_dir)/bin
program=$bin/grpcurl-$version

if [ ! -x "$program" ]; then
  command -v go >/dev/null ||
    die "Go 1.$go_minor or newer is needed to build grpcurl; none is on PATH"
  found=$(GOTOOLCHAIN=local go env GOVERSION)
  [[ $found =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$go_minor" ] ||
    die "Go 1.$go_minor or newer is needed to build grpcurl; PATH has $found"
  say "building grpcurl $version"
  mkdir -p "$bin"
  work=$(mktemp -d "$bin/grpcurl.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # GOTOOLCHAIN=local: never fetch another compiler.
  GOTOOLCHAIN=local GOFLAGS=-mod=mod GOBIN=$work \
    go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$version" >&2 ||
    die "go install failed; are Go modules reachable from here?"
  mv "$work/grpcurl" "$program"
fi
ln -sfn "grpcurl-$version" "$bin/grpcurl"
printf '%s\n' "$bin/grpcurl"
