#!/usr/bin/env bash
# Checks which HMAC the server uses: BoringSSL's, prefixed and inside the
# program; none of OpenSSL's.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

server=build/bin/linktor-igd
[ -x "$server" ] || die "$server: not built (make build)"
symbols=$(nm "$server")
grep -qE ' [Tt] linktor_bssl_HMAC$' <<<"$symbols" ||
  die "$server does not define linktor_bssl_HMAC"
if foreign=$(grep -E ' U (HMAC|EVP_MAC)' <<<"$symbols"); then
  die "$server uses another library's: $foreign"
fi
say "the server's HMAC is its own BoringSSL's"
