#!/usr/bin/env bash
# Starts the conformance driver, which tests/conformance/README.md describes, without
# Maven. It needs what `mvn -f client/java test-compile` makes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [ ! -f target/test.classpath ]; then
  printf 'conformance.sh: first run mvn -f client/java test-compile\n' >&2
  exit 1
fi
target=$PWD/target
cd - >/dev/null
# Some cases take 0.0.0.0 for another machine. Linux connects it to this one, but only on
# a socket of IPv4, and Netty would take one of IPv6.
exec java -Djava.net.preferIPv4Stack=true \
  -classpath "$target/test-classes:$target/classes:$(cat "$target/test.classpath")" \
  dev.linktor.instagram.ConformanceDriver
