#!/usr/bin/env bash
# Installs ghz, which Debian does not package, with Go into the cache folder,
# and prints the path of the program.
set -euo pipefail
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/common.sh"

# This version asks for Go 1.23; Debian 12 has 1.19.
go_program ghz github.com/bojand/ghz v0.121.0 23
