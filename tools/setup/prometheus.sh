#!/usr/bin/env bash
# Takes prometheus and promtool out of Debian's package into the cache folder,
# and prints the folder of the programs. The package itself is not installed: it
# would start a server of its own.
set -euo pipefail
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/common.sh"

home=$(linktor_cache_dir)/prometheus
if [ ! -e "$home/complete" ]; then
  say "taking prometheus out of Debian's package"
  rm -rf "$home"
  mkdir -p "$home"
  work=$(mktemp -d "$home/package.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  (cd "$work" && apt-get -q download prometheus >&2) ||
    die "apt-get could not download Debian's package prometheus"
  dpkg-deb --fsys-tarfile "$work"/prometheus_*.deb |
    tar -x -C "$home" --strip-components=3 ./usr/bin/prometheus ./usr/bin/promtool
  touch "$home/complete"
fi
printf '%s\n' "$home"
