#!/usr/bin/env bash
# Checks the clients: their READMEs word for word, with their own tests and their
# packages in empty projects, and the conformance suite over each.
#
#   tools/check/clients.sh [LANGUAGE…]   go python node java cpp; all by default
#
# A language whose tools are not installed is named and skipped. With
# LINKTOR_ALL_TESTS set it fails. The programs come from LINKTOR_BIN_DIR.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

export LINKTOR_BIN_DIR=${LINKTOR_BIN_DIR:-$PWD/build/bin}
languages=("$@")
[ $# -gt 0 ] || languages=(go python node java cpp)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
done=()
skipped=()

# missing PROGRAM…: the first of them that is not there
missing() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || {
      echo "$program"
      return
    }
  done
}

tools_of() {
  case $1 in
  go) echo go protoc ;;
  python) echo python3 ;;
  node) echo node npm ;;
  java) echo java mvn ;;
  cpp) echo cmake pkg-config ;;
  *) die "no client for $1" ;;
  esac
}

# The runner of the conformance suite stands on the Python client.
python_environment() {
  [ -x build/python/bin/python ] || python3 -m venv build/python
  build/python/bin/pip install --quiet ./client/python \
    -r client/python/requirements-dev.txt
}

# What a README does word for word has the client's own tests, and its package in an
# empty project; what follows is not for newcomers.
readme() {
  tools/check/client_readme.py "$@"
}

# A bot that is given a URL says what is wrong with it: so it has found its client.
works() {
  local said
  if said=$(LINKTOR_IG_SERVER=http://nowhere "$@" 2>&1); then
    die "$* succeeds at http://nowhere"
  fi
  grep -q 'leave out http://' <<<"$said" || die "$* does not work: $said"
}

check_go() {
  client/go/generate.sh --check
  go -C client/go vet ./...
  go -C client/go/helpdesk vet ./...
  readme client/go client/go/helpdesk
}

check_python() {
  readme client/python
  build/python/bin/pip wheel --quiet --no-deps --wheel-dir "$work/wheel" \
    ./client/python
  python3 -m venv "$work/python"
  "$work/python/bin/pip" install --quiet "$work"/wheel/*.whl
  cp client/python/example/bot.py "$work/"
  "$work/python/bin/python" -c '
from importlib.resources import files
assert (files("linktor_instagram") / "py.typed").is_file()'
  works "$work/python/bin/python" "$work/bot.py"
}

check_node() {
  readme client/node
}

check_java() {
  readme client/java
}

check_cpp() {
  cmake --install build/release --prefix "$work/installed" >/dev/null
  mkdir "$work/cpp"
  cp client/cpp/example/bot.cc "$work/cpp/"
  cat >"$work/cpp/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(bot LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(LinktorInstagram REQUIRED)
add_executable(bot bot.cc)
target_link_libraries(bot LinktorInstagram::client)
END
  cmake -S "$work/cpp" -B "$work/cpp/build" \
    -DCMAKE_PREFIX_PATH="$work/installed" >"$work/cpp.log" 2>&1 &&
    cmake --build "$work/cpp/build" >>"$work/cpp.log" 2>&1 || {
    cat "$work/cpp.log" >&2
    die "a project of its own cannot use the CMake package"
  }
  # shellcheck disable=SC2046
  PKG_CONFIG_PATH=$(dirname "$(find "$work/installed" -name '*.pc')") \
    bash -c 'g++ -std=c++20 -o "$1" "$2" \
      $(pkg-config --cflags --libs linktor-instagram)' \
    -- "$work/cpp/by-pkg-config" "$work/cpp/bot.cc"
  works "$work/cpp/build/bot"
  works "$work/cpp/by-pkg-config"
  readme client/cpp
}

# protos/buf.gen.yaml makes the bindings of every proto.
check_bindings() {
  local protos kind made
  protos=$(find protos -name '*.proto' | wc -l)
  rm -rf build/bindings
  (cd protos && "$(../tools/check/buf.sh --program)" generate)
  for kind in go/.pb.go python/_pb2.py python/_pb2.pyi node/_pb.js cpp/.pb.cc; do
    made=$(find "build/bindings/${kind%%/*}" -name "*${kind#*/}" \
      ! -name '*.grpc.pb.cc' ! -name '*_grpc.pb.go' | wc -l)
    [ "$made" -eq "$protos" ] ||
      die "buf generate makes $made files *${kind#*/} of $protos protos"
  done
}

python_environment
for language in "${languages[@]}"; do
  # shellcheck disable=SC2046
  lacks=$(missing $(tools_of "$language"))
  if [ -n "$lacks" ]; then
    skipped+=("$language ($lacks is not installed)")
    continue
  fi
  say "client/$language"
  "check_$language"
  done+=("$language")
done

case " ${done[*]} " in
*" go "*" node "*)
  say "protos/buf.gen.yaml"
  check_bindings
  ;;
esac
if [ "${#done[@]}" -gt 0 ]; then
  case " ${done[*]} " in
  # Python has two layers, blocking and asyncio.
  *" python "*) done+=(python-asyncio) ;;
  esac
  build/python/bin/python tests/conformance/run.py --language "${done[@]}" \
    >"$work/conformance.log" || {
    grep -v '^ok' "$work/conformance.log" >&2
    die "a client does not conform"
  }
  tail -n 5 "$work/conformance.log" >&2
fi
if [ "${#skipped[@]}" -gt 0 ]; then
  say "SKIPPED: ${skipped[*]}"
  [ -z "${LINKTOR_ALL_TESTS:-}" ] || die "with LINKTOR_ALL_TESTS none may be"
fi
