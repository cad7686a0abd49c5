# Shared by the set-up and check scripts: messages and the cache folder.
# Source it, do not run it.

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() {
  say "error: $*"
  exit 1
}

# Everything that set-up builds or installs goes here, outside the tree, so
# that "make clean" and fresh clones keep it. cmake/LinktorBoringSSL.cmake
# knows the same default.
linktor_cache_dir() {
  if [ -n "${LINKTOR_CACHE_DIR:-}" ]; then
    printf '%s\n' "$LINKTOR_CACHE_DIR"
  elif [ -n "${XDG_CACHE_HOME:-}" ]; then
    printf '%s\n' "$XDG_CACHE_HOME/linktor-instagram"
  else
    [ -n "${HOME:-}" ] || die "set HOME or LINKTOR_CACHE_DIR"
    printf '%s\n' "$HOME/.cache/linktor-instagram"
  fi
}
