#!/usr/bin/env python3
"""Does what docs/security.md says, word by word.

Runs every sh block of it in its order, in one shell that stops at the first
command that fails, in a copy of the place that the document names: a folder
with the built programs in build/bin. Ports that are taken here are replaced by
others. Takes about 15 s; ends what it started and removes what it made.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAMS = os.environ.get("LINKTOR_BIN_DIR", os.path.join(ROOT, "build", "bin"))
DOCUMENT = os.path.join(ROOT, "docs", "security.md")
LIMIT = 180  # seconds, for everything
STOP_LIMIT = 40  # the server promises 25

# Stops at the first failure, and takes along the server that may still run.
PRELUDE = """
set -euo pipefail
trap 'kill $(jobs -p) 2>/dev/null || :' EXIT
trap 'exit 1' TERM
# refused [NAME=VALUE...] COMMAND...: the command must fail.
refused() {
  if call "$@"; then
    echo "it was not refused: $*"
    exit 1
  fi
}
call() {
  local given=()
  while [[ $1 == *=* ]]; do
    given+=("$1")
    shift
  done
  if [ ${#given[@]} -gt 0 ]; then
    env "${given[@]}" "$@"
  else
    "$@"
  fi
}
"""

# The ports in the document.
PORTS = (50051, 8443, 9090)


def script(text):
    """The sh blocks, each announced by the line it begins at."""
    parts, block, first = [], None, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line == "```sh":
            block, first = [], number + 1
        elif line == "```" and block is not None:
            parts.append("echo '== security.md:%d'\n%s\n" %
                         (first, "\n".join(block)))
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("```"):
            sys.exit("security_run.py: line %d: a block that is no sh" % number)
    if block is not None:
        sys.exit("security_run.py: a block is not closed")
    if not parts:
        sys.exit("security_run.py: there is no block")
    return parts


def free_port(taken):
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in taken:
            return port


def replace_ports(text):
    taken = set()
    for port in PORTS:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                continue
            except OSError:
                pass
        other = free_port(taken)
        taken.add(other)
        text = re.sub(r"\b%d\b" % port, str(other), text)
    return text


def main():
    with open(DOCUMENT, encoding="utf-8") as document:
        parts = script(document.read())
    folder = tempfile.mkdtemp(prefix="linktor-security-")
    os.makedirs(os.path.join(folder, "build"))
    os.symlink(PROGRAMS, os.path.join(folder, "build", "bin"))
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("LINKTOR_IG_")}
    text = replace_ports("".join(parts))
    # Under -e a shell goes on after "! command", whatever came of the command.
    text = re.sub(r"^! ", "refused ", text, flags=re.MULTILINE)
    shell = subprocess.Popen(["bash", "-c", PRELUDE + text], cwd=folder,
                             env=env, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, start_new_session=True)
    try:
        output, _ = shell.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        # The shell ends what it has started.
        shell.send_signal(signal.SIGTERM)
        output, _ = shell.communicate(timeout=STOP_LIMIT)
        output += "nothing more came within %d s\n" % LIMIT
    if shell.returncode != 0:
        log = os.path.join(folder, "gateway", "gateway.log")
        if os.path.exists(log):
            with open(log, encoding="utf-8") as content:
                output += "\n-- gateway.log\n" + content.read()[-3000:]
    shutil.rmtree(folder, ignore_errors=True)
    if shell.returncode != 0:
        sys.exit("security_run.py: docs/security.md is wrong:\n" + output)
    print("security_run.py: the %d blocks of docs/security.md are right" %
          len(parts))


if __name__ == "__main__":
    main()
