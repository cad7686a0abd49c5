#!/usr/bin/env bash
# Checks that other projects can use the artifact. The script installs the artifact into
# a local Maven repository in a temporary folder. Then it builds and runs a small
# project there that uses the artifact.
#
#   client/java/check_package.sh
#
# Everything else comes from this user's local repository, or from the network when it
# is not there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
user_repository=${HOME}/.m2/repository

say() { printf 'check_package.sh: %s\n' "$*" >&2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/repository" "$work/project"
if [ -d "$user_repository" ]; then
  # Hard links are enough, because Maven never changes an artifact that is already
  # there.
  cp -R --link "$user_repository/." "$work/repository" 2>/dev/null ||
    cp -R "$user_repository/." "$work/repository"
  rm -rf "$work/repository/dev/linktor"
fi
mvn() { command mvn -q -Dmaven.repo.local="$work/repository" "$@"; }

mvn install -Dmaven.test.skip=true

# The call fails, because nothing listens on that port. The error shows that the
# dependencies of the artifact are there: gRPC, its transport, and the messages.
cp example/pom.xml example/Bot.java "$work/project/"
cat >"$work/project/Check.java" <<'END'
import dev.linktor.instagram.Linktor;
import dev.linktor.instagram.LinktorException;
import java.time.Duration;

public final class Check {
    public static void main(String[] arguments) {
        try (Linktor client = Linktor.builder("127.0.0.1:1").build()) {
            client.send(Linktor.text("ch_1", "6101", "Hello").build(), Duration.ofSeconds(5));
        } catch (LinktorException e) {
            System.out.println(e.code() + " " + e.outcomeUnknown());
        }
    }
}
END
said=$(mvn -f "$work/project" compile exec:java -Dexec.mainClass=Check)
if [[ $said != *"UNAVAILABLE true"* ]]; then
  say "a project that uses the artifact said: $said"
  exit 1
fi
say "a project can use the artifact"
