#!/usr/bin/env bash
# Checks that the artifact can be used by others: installs it into a local repository in
# a temporary folder, and builds and runs a project of its own there against it.
#
#   client/java/check_package.sh
#
# Everything else comes from the local repository of this user, as far as it is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
user_repository=${HOME}/.m2/repository

say() { printf 'check_package.sh: %s\n' "$*" >&2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/repository" "$work/project"
if [ -d "$user_repository" ]; then
  # Links are enough, because Maven changes no artifact that it has.
  cp -R --link "$user_repository/." "$work/repository" 2>/dev/null ||
    cp -R "$user_repository/." "$work/repository"
  rm -rf "$work/repository/dev/linktor"
fi
mvn() { command mvn -q -Dmaven.repo.local="$work/repository" "$@"; }

mvn install -Dmaven.test.skip=true

# The call fails, because nobody listens there, and by that shows that the dependencies
# of the artifact are there: gRPC, its transport, and the messages.
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
