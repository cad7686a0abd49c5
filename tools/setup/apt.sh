#!/usr/bin/env bash
# Installs the Debian packages that are missing. Instant, and needs no root,
# when none is.
#
# Usage: apt.sh [build] [check] [bazel]     (default: build)
set -euo pipefail
. "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/common.sh"

build=(
  # Tools
  build-essential cmake ninja-build ccache pkg-config dpkg-dev python3
  # RPC
  libgrpc++-dev libgrpc-dev protobuf-compiler protobuf-compiler-grpc
  libprotobuf-dev grpc-proto libabsl-dev libre2-dev
  # HTTP, TLS, JSON
  libssl-dev libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  libcurl4-openssl-dev libsimdjson-dev
  # Storage, configuration, logging, metrics, memory
  libsqlite3-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libfmt-dev
  prometheus-cpp-dev libjemalloc-dev
  # Tests
  libgtest-dev libgmock-dev librapidcheck-dev
)
check=(clang-14 clang-format-14 libclang-rt-14-dev curl fish iproute2 openssl
  python3-venv zsh)
bazel=(bazel-bootstrap bazel-rules-java)

wanted=()
for group in "${@:-build}"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    check) wanted+=("${check[@]}") ;;
    bazel) wanted+=("${bazel[@]}") ;;
    *) die "unknown group '$group'; use build, check or bazel" ;;
  esac
done

command -v dpkg-query >/dev/null ||
  die "this is not a Debian system; install the counterparts of: ${wanted[*]}"

# dpkg-query fails when it does not know a package, and still tells the rest.
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' \
  "${wanted[@]}" 2>/dev/null | sed -n 's/^installed //p') || :
missing=()
for package in "${wanted[@]}"; do
  grep -qxF -- "$package" <<<"$installed" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || die "missing packages, and neither root nor \
sudo to install them. As root: apt-get install ${missing[*]}"
  as_root=(sudo)
fi

say "installing: ${missing[*]}"
# An archive that is down must not stop us if the others have the packages.
"${as_root[@]}" apt-get -q update ||
  say "apt-get update had errors; going on with what it got"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install --yes \
  --no-install-recommends "${missing[@]}" ||
  die "apt-get could not install: ${missing[*]} (is this Debian 12?)"
