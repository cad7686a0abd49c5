#!/usr/bin/env bash
# Checks that docs/errors.md says what error_reason.proto says, and that every
# reason there has all its parts.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

report=$(tools/docs/errors.py --check) || die "docs/errors.md cannot be trusted"
say "$report"
