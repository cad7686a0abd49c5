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

# go_program NAME MODULE VERSION GO_MINOR: builds cmd/NAME of a Go module, which
# asks for Go 1.GO_MINOR, into the cache folder unless it is there, and prints
# the path of the program. It runs in a shell of its own, for the sake of the
# trap.
go_program() (
  name=$1 module=$2 version=$3 go_minor=$4
  bin=$(linktor_cache_dir)/bin
  program=$bin/$name-$version
  if [ ! -x "$program" ]; then
    command -v go >/dev/null ||
      die "Go 1.$go_minor or newer is needed to build $name; none is on PATH"
    # GOTOOLCHAIN=local: never fetch another compiler.
    export GOTOOLCHAIN=local
    found=$(go env GOVERSION)
    [[ $found =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$go_minor" ] ||
      die "Go 1.$go_minor or newer is needed to build $name; PATH has $found"
    say "building $name $version"
    mkdir -p "$bin"
    work=$(mktemp -d "$bin/$name.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    GOFLAGS=-mod=mod GOBIN=$work go install "$module/cmd/$name@$version" >&2 ||
      die "go install failed; are Go modules reachable from here?"
    mv "$work/$name" "$program"
  fi
  ln -sfn "$name-$version" "$bin/$name"
  printf '%s\n' "$bin/$name"
)
