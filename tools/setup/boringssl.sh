#!/usr/bin/env bash
# Builds BoringSSL's libcrypto, static, hidden and prefixed, from Debian's
# source package, into the cache folder.
#
# Why: Debian's gRPC is linked to OpenSSL, whose symbol names BoringSSL shares.
# With the prefix every symbol of ours is linktor_bssl_…, so both can live in
# one program. Users compile with -DBORINGSSL_PREFIX=linktor_bssl and with
# include/ of the result before the system's; cmake/LinktorBoringSSL.cmake does
# both.
#
# Result: CACHE/boringssl/{lib/liblinktor_bssl_crypto.a,include/,stamp}
# Runs again only when this script changes. The machine's apt configuration is
# read, never changed; root is not needed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/common.sh"

package=android-platform-external-boringssl
prefix=linktor_bssl
library=lib$prefix"_crypto.a"

cache=$(linktor_cache_dir)
result=$cache/boringssl
script_hash=$(cat "$here/boringssl.sh" "$here/deb_sources.py" | sha256sum)
script_hash=${script_hash%% *}

up_to_date() {
  [ -f "$result/lib/$library" ] && grep -qsx "script=$script_hash" "$result/stamp"
}

if up_to_date && [ "${1:-}" != --force ]; then
  exit 0
fi

for tool in python3 apt-get dpkg-source make gcc ar nm flock; do
  command -v "$tool" >/dev/null ||
    die "$tool is missing; run tools/setup/apt.sh first"
done
. /etc/os-release
case $(dpkg --print-architecture) in
  amd64) assembly=linux_x86_64_sources ;;
  arm64) assembly=linux_aarch64_sources ;;
  *) die "BoringSSL is set up for amd64 and arm64 only" ;;
esac

# One build at a time; whoever waited finds the work done.
mkdir -p "$cache"
exec 9>"$cache/boringssl.lock"
flock 9
if up_to_date && [ "${1:-}" != --force ]; then
  exit 0
fi

# Left over from a run that was killed too hard to clean up; we hold the lock.
rm -rf "$cache"/boringssl.work.*
work=$(mktemp -d "$cache/boringssl.work.XXXXXX")
log=$work/log
step="the start"
exec 8>&2 # a step that fails still has its output sent to the log
finish() {
  local code=$?
  exec 2>&8
  if [ "$code" -ne 0 ]; then
    say "failed at: $step"
    if [ -s "$log" ]; then tail -n 15 "$log" >&2; fi
    say "nothing was changed; after mending the cause run: make setup"
  fi
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- Source -----------------------------------------------------------------
step="reading the machine's apt sources (need a Debian archive with main)"
say "building $package (about a minute, once)"
mkdir -p "$work"/apt/{lists/partial,cache/archives/partial} "$work"/source
python3 "$here/deb_sources.py" "$VERSION_CODENAME" \
  >"$work/apt/debian.sources" 2>"$log"
apt_private() {
  apt-get -qq \
    -o Dir::Etc::sourcelist="$work/apt/debian.sources" \
    -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$work/apt/lists" \
    -o Dir::Cache="$work/apt/cache" \
    -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Retries=3 \
    "$@"
}
step="apt-get update with a private deb-src list (is the Debian archive reachable?)"
apt_private update >"$log" 2>&1
step="apt-get source $package (it is in Debian 12's main archive)"
(cd "$work/source" && apt_private source --download-only --only-source "$package") \
  >"$log" 2>&1
step="unpacking the source package"
dsc=$(find "$work/source" -name "${package}_*.dsc" | sort -V | tail -n 1)
version=$(sed -n '/^Version: /{s///p;q}' "$dsc")
# apt has checked the files against the signed archive.
dpkg-source --no-check -x "$dsc" "$work/tree" >"$log" 2>&1
rm -rf "$work/apt" "$work/source"

# --- Compile ----------------------------------------------------------------
cd "$work/tree"
step="listing the sources in debian/sources.mk"
# test/ holds helpers of BoringSSL's own tests. MAKEFLAGS: we may be run by make.
env -u MAKEFLAGS -u MFLAGS make -s -f - sources >"$work/sources" 2>"$log" <<MAKE
include debian/sources.mk
sources:
	@printf '%s\n' \$(filter-out %/test/%,\$(crypto_sources) \$($assembly))
MAKE
grep -q 'fipsmodule/bcm\.c' "$work/sources" ||
  die "bcm.c is not in debian/sources.mk: the package's layout has changed"

export CFLAGS_ALL="-std=gnu11 -O2 -fPIC -w -DNDEBUG -DBORINGSSL_IMPLEMENTATION
  -fvisibility=hidden -fno-strict-aliasing -pthread -Wa,--noexecstack
  -ffile-prefix-map=$work/tree=boringssl -Isrc/include -Isrc/crypto"

# compile_all OUT FLAGS…: every source to OUT/*.o and those to OUT/$library
compile_all() {
  export OUT=$1
  shift
  export FLAGS="$*"
  mkdir -p "$OUT"
  # shellcheck disable=SC2016
  xargs -P "$(nproc)" -n 4 bash -c '
    for source in "$@"; do
      object=$OUT/${source//\//_}.o
      gcc $CFLAGS_ALL $FLAGS -c "$source" -o "$object" || exit 255
    done' compile <"$work/sources"
  ar rcsD "$OUT/$library" "$OUT"/*.o
}
defined_symbols() {
  nm --defined-only --extern-only --format=posix "$1" 2>/dev/null |
    awk 'NF >= 2 && $2 ~ /^[A-Z]$/ { print $1 }' | LC_ALL=C sort -u
}

# The first pass only tells the names, so it need not be optimised.
step="compiling BoringSSL to list its symbols"
compile_all "$work/plain" -O0 >"$log" 2>&1
defined_symbols "$work/plain/$library" | grep -E '^[A-Za-z][A-Za-z0-9_]*$' \
  >"$work/symbols"
rm -rf "$work/plain"

step="writing the prefix headers"
{
  echo "// Made by tools/setup/boringssl.sh. Included by openssl/base.h."
  echo "#define BORINGSSL_ADD_PREFIX(a, b) BORINGSSL_ADD_PREFIX_INNER(a, b)"
  echo "#define BORINGSSL_ADD_PREFIX_INNER(a, b) a##_##b"
  sed 's/.*/#define & BORINGSSL_ADD_PREFIX(BORINGSSL_PREFIX, &)/' "$work/symbols"
} >src/include/boringssl_prefix_symbols.h
echo '#include <boringssl_prefix_symbols.h>' \
  >src/include/boringssl_prefix_symbols_asm.h

step="compiling BoringSSL with the prefix"
compile_all "$work/prefixed" "-DBORINGSSL_PREFIX=$prefix" >"$log" 2>&1

step="checking that every symbol carries the prefix"
defined_symbols "$work/prefixed/$library" >"$work/symbols"
if grep -v "^${prefix}_" "$work/symbols" >"$log"; then
  die "symbols without the prefix"
fi
grep -qx "${prefix}_HMAC" "$work/symbols" || die "${prefix}_HMAC is missing"

# --- Try, then put in place -------------------------------------------------
step="installing"
new=$work/new
mkdir -p "$new/lib" "$new/include"
cp "$work/prefixed/$library" "$new/lib/"
cp -r src/include/openssl src/include/boringssl_prefix_symbols.h "$new/include/"
cp LICENSE "$new/"

step="running BoringSSL's self test"
cat >"$work/try.c" <<'TRY'
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>
#ifndef OPENSSL_IS_BORINGSSL
#error "these are not BoringSSL's headers"
#endif
int main(void) {
  /* RFC 4231, test case 2: the first four bytes. */
  static const unsigned char kWant[4] = {0x5b, 0xdc, 0xc1, 0x46};
  const char* text = "what do ya want for nothing?";
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!HMAC(EVP_sha256(), "Jefe", 4, (const unsigned char*)text, strlen(text),
            mac, &size)) {
    return 2;
  }
  if (size != 32 || CRYPTO_memcmp(mac, kWant, 4) != 0) return 3;
  return BORINGSSL_self_test() == 1 ? 0 : 4;
}
TRY
gcc -O2 "-DBORINGSSL_PREFIX=$prefix" -isystem "$new/include" "$work/try.c" \
  "$new/lib/$library" -pthread -o "$work/try" >"$log" 2>&1
"$work/try"

step="putting the result in place"
{
  echo "package=$package"
  echo "version=$version"
  echo "script=$script_hash"
} >"$new/stamp"
# A rename, so that nobody ever sees half a library.
if [ -e "$result" ]; then mv -T "$result" "$work/old"; fi
mv -T "$new" "$result"
say "$package $version is in $result"
