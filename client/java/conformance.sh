#!/usr/bin/env bash
# Starts the conformance driver without Maven. tests/conformance/README.md describes
# what the driver does. Run `mvn -f client/java test-compile` first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
if [ ! -f target/test.classpath ]; then
  printf 'conformance.sh: first run mvn -f client/java test-compile\n' >&2
  exit 1
fi
target=$PWD/target
cd - >/dev/null
# Some test cases use 0.0.0.0 as the address of another machine. Linux connects it to
# this machine, but only on an IPv4 socket. Without the option, Netty would use an IPv6
# socket.
exec java -Djava.net.preferIPv4Stack=true \
  -classpath "$target/test-classes:$target/classes:$(cat "$target/test.classpath")" \
  dev.linktor.instagram.ConformanceDriver
