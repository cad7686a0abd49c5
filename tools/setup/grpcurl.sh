#!/usr/bin/env bash
# Installs grpcurl, which Debian does not package, with Go into the cache
# folder, and prints the path of the program.
set -euo pipefail
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/common.sh"

# This version asks for Go 1.21; Debian 12 has 1.19.
go_program grpcurl github.com/fullstorydev/grpcurl v1.9.3 21
