#!/usr/bin/env bash
# Lints the protos with buf, checks their format, and that nothing breaks whoever
# uses those of the last release. Until there is one, protos/image.binpb stands
# for it. buf comes from npm into the cache folder.
#   --fix                  formats the protos instead
#   --accept               makes the protos as they are the image, which is right
#                          for a change that is meant to break, before a release
#   --program              prints where buf is
#   BUF_AGAINST=<commit>   instead of the last tag
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

version=1.75.0
home=$(linktor_cache_dir)/buf-$version
buf=$home/node_modules/.bin/buf

if [ ! -f protos/buf.yaml ]; then
  say "no protos/buf.yaml, nothing to check"
  exit 0
fi

if [ ! -x "$buf" ]; then
  command -v npm >/dev/null ||
    die "npm is needed to install buf; install Node.js with npm"
  say "installing buf $version"
  mkdir -p "$(dirname "$home")"
  work=$(mktemp -d "$home.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # The program is in a package of its own for each platform, so no install
  # script is needed.
  npm install --prefix "$work" --ignore-scripts --no-audit --no-fund \
    --no-save --loglevel=error "@bufbuild/buf@$version" >&2 ||
    die "npm could not install buf; is the package registry reachable?"
  mv -T "$work" "$home"
fi

if [ "${1:-}" = --program ]; then
  printf '%s\n' "$buf"
  exit 0
fi

against=${BUF_AGAINST:-$(git describe --tags --abbrev=0 2>/dev/null)} || :

cd protos
if [ "${1:-}" = --fix ]; then
  "$buf" format -w
  exit 0
fi
if [ "${1:-}" = --accept ]; then
  [ -z "$against" ] || die "there is a release: the protos must not break it"
  "$buf" build --exclude-source-info -o image.binpb
  exit 0
fi
"$buf" lint || die "buf lint found errors"
"$buf" format -d --exit-code || die "badly formatted; run: make format"
if [ -z "$against" ]; then
  "$buf" breaking --against image.binpb ||
    die "this breaks whoever uses the protos; if it is meant, run: tools/check/buf.sh --accept"
else
  # From the repository, not the work tree: a folder of that commit's protos.
  released=$(mktemp -d)
  trap 'rm -rf "$released"' EXIT
  git archive "$against" . | tar -x -C "$released"
  "$buf" breaking --against "$released" ||
    die "this breaks whoever uses the protos of $against"
  say "nothing of $against is broken"
fi
../tools/docs/api.py --check >&2 || die "docs/api.md cannot be trusted"
say "the protos are clean"
