#!/usr/bin/env python3
"""Does what the README says and checks that it comes out as it says.

Starts the demonstration and the server as the README does, and runs the
README's commands in their order, as written except for ports that are taken
here. In the blocks marked sh:

  # fails: WORD      the next command fails, and says WORD
  # run this twice   the next command is run twice

A text block after an sh block is what its last command prints, in part: lines
in order, with an ellipsis for anything. A toml block is the file that the next
command's --config names. A command of a kind that is not known here is an
error, so that none goes unchecked.

Takes about 5 s, at most LIMIT once grpcurl has been built; ends what it started
and removes what it made.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAMS = os.environ.get("LINKTOR_BIN_DIR", os.path.join(ROOT, "build", "bin"))

LIMIT = 240  # seconds, for everything
COMMAND_LIMIT = 60  # for one command
BUILD_LIMIT = 600  # grpcurl, the first time
START_LIMIT = 90  # the demonstration gives each of its steps 30
STOP_LIMIT = 40  # the server promises 25

# The addresses in the README, by the name that the demonstration and the
# server's ready line give them.
ADDRESSES = {
    "grpc": "127.0.0.1:50051",
    "webhook": "127.0.0.1:8080",
    "admin": "127.0.0.1:9090",
    "instagram": "127.0.0.1:8081",
}
# The demonstration's last line before it waits.
DEMO_READY = "Ctrl-C ends the demonstration"


class Wrong(Exception):
    """The README tells something untrue."""


class Command:
    def __init__(self, line, text, fails, times):
        self.line, self.text, self.fails, self.times = line, text, fails, times
        self.prints = None  # lines of the text block
        self.file = None  # content of the toml block

    def __str__(self):
        return "README.md:%d: %s" % (self.line, self.text.split("\n")[0])


def blocks(text):
    """(language, number of the first line, lines) of each fenced block."""
    language = None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("```"):
            if language is not None:
                lines.append(line)
        elif language is None:
            language, first, lines = line[3:].strip(), number + 1, []
        else:
            yield language, first, lines
            language = None
    if language is not None:
        raise Wrong("README.md:%d: a block is not closed" % first)


def is_whole(text):
    """Whether the shell would not ask for another line."""
    if text.endswith("\\"):
        return False
    return subprocess.run(["bash", "-n", "-c", text], capture_output=True,
                          check=False).returncode == 0


def commands(text):
    found, file = [], None
    for language, first, lines in blocks(text):
        if language == "toml":
            file = "\n".join(lines) + "\n"
        elif language in ("text", "json"):
            if not found or found[-1].prints is not None:
                raise Wrong("README.md:%d: output of no command" % first)
            found[-1].prints = lines
        elif language == "sh":
            fails, times, part, start = None, 1, "", 0
            for number, line in enumerate(lines, first):
                if not part and line.startswith("#"):
                    if match := re.fullmatch(r"# fails: (\w+)", line):
                        fails = match[1]
                    elif line == "# run this twice":
                        times = 2
                    else:
                        raise Wrong("README.md:%d: '%s' is not known to %s" %
                                    (number, line, os.path.basename(__file__)))
                    continue
                if not part:
                    start = number
                part += line
                if is_whole(part):
                    found.append(Command(start, part, fails, times))
                    if "--config" in part:
                        found[-1].file = file
                    fails, times, part = None, 1, ""
                else:
                    part += "\n"
            if part:
                raise Wrong("README.md:%d: the command does not end" % start)
        else:
            raise Wrong("README.md:%d: a block marked '%s'" % (first, language))
    return found


def pattern_of(lines):
    """The text block as a pattern: an ellipsis alone on a line is any lines,
    within a line any text; white space does not matter."""
    parts = []
    for line in lines:
        if line.strip() == "…":
            parts.append(r"[\s\S]*?")
        else:
            words = [r"\s*".join(re.escape(word) for word in piece.split())
                     for piece in line.split("…")]
            parts.append(r"[^\n]*?".join(words))
    return r"\s*".join(parts)


class Runner:
    def __init__(self, folder):
        self.folder = folder
        self.end = time.monotonic() + LIMIT
        self.ports = {}  # README's address to the real one
        self.children = []
        # Nothing of the caller's may steer what a newcomer would run.
        self.env = {name: value for name, value in os.environ.items()
                    if not name.lower().endswith("_proxy")
                    and not name.startswith("LINKTOR_IG_")}
        self.env["TMPDIR"] = folder
        os.mkdir(os.path.join(folder, "build"))
        os.symlink(PROGRAMS, os.path.join(folder, "build", "bin"))
        os.symlink(os.path.join(ROOT, "tools"), os.path.join(folder, "tools"))

    def left(self, limit):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Wrong("not done within %d s" % LIMIT)
        return min(limit, left)

    def here(self, text):
        """`text` with the addresses in use here."""
        return re.sub("|".join(map(re.escape, ADDRESSES.values())),
                      lambda match: self.ports.get(match[0], match[0]), text)

    def compare(self, command, output):
        if command.prints is None:
            return
        wanted = [self.here(line) for line in command.prints]
        if not re.search(pattern_of(wanted), output):
            raise Wrong("%s\ndoes not print what the README says, but:\n%s" %
                        (command, output))

    def bash(self, script):
        # A session of its own, so that a command that hangs ends whole.
        child = subprocess.Popen(["bash", "-c", script], cwd=self.folder,
                                 env=self.env, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, start_new_session=True)
        try:
            out, err = child.communicate(timeout=self.left(COMMAND_LIMIT))
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            child.communicate()
            raise
        return child.returncode, out, err

    def once(self, command):
        code, out, err = self.bash(self.here(command.text))
        if command.fails is None and code != 0:
            raise Wrong("%s\nfails with status %d:\n%s%s" %
                        (command, code, out, err))
        if command.fails and (code == 0 or command.fails not in err):
            raise Wrong("%s\nshould fail with %s; status %d:\n%s%s" %
                        (command, command.fails, code, out, err))
        # What is on the terminal, whichever stream it came by.
        return out + err

    def start(self, command, ready, env=None):
        """Starts a program that stays up; returns it and its output so far."""
        log = os.path.join(self.folder, "output-%d" % command.line)
        with open(log, "wb") as output:
            # setpriv: should we be killed, it ends with us.
            child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "bash", "-c",
                 "exec " + command.text], cwd=self.folder,
                env={**self.env, **(env or {})}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT)
        self.children.append(child)
        end = time.monotonic() + self.left(START_LIMIT)
        while True:
            code = child.poll()
            with open(log, encoding="utf-8", errors="replace") as output:
                text = output.read()
            if ready in text:
                return child, text
            if code is not None or time.monotonic() >= end:
                raise Wrong("%s\n%s before it printed '%s':\n%s" %
                            (command, "took too long" if code is None else
                             "ended with status %d" % code, ready, text))
            time.sleep(0.05)

    def stop(self, child):
        """Ends it by its id; returns its status."""
        child.terminate()
        try:
            return child.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return "SIGKILL, as SIGTERM did not end it in %d s" % STOP_LIMIT
        finally:
            self.children.remove(child)

    def end_well(self, command, child):
        if (status := self.stop(child)) != 0:
            raise Wrong("%s\nended with status %s" % (command, status))

    def demo(self, command):
        run = Command(command.line, "build/bin/linktor-ig-demo", None, 1)
        child, output = self.start(run, DEMO_READY)
        for name, pattern in (("grpc", r"gRPC +(\S+)"),
                              ("webhook", r"webhooks +http://(\S+)"),
                              ("admin", r"admin +http://(\S+)"),
                              ("instagram", r"Instagram +http://(\S+)")):
            match = re.search("^ +" + pattern, output, re.M)
            if match is None:
                raise Wrong("the demonstration does not print its address '%s':"
                            "\n%s" % (name, output))
            self.ports[ADDRESSES[name]] = match[1]
        self.compare(command, output)
        return child

    def server(self, command):
        # The ports may be taken here; variables are a way to say so.
        child, output = self.start(
            command, "ready ", {"LINKTOR_IG_GRPC_LISTEN": "127.0.0.1:0",
                                "LINKTOR_IG_WEBHOOK_LISTEN": "127.0.0.1:0",
                                "LINKTOR_IG_ADMIN_LISTEN": "127.0.0.1:0"})
        for name, address in re.findall(r"(\w+)=([\w.]+:\d+)", output):
            self.ports[ADDRESSES[name]] = address
        self.compare(command, output)
        self.end_well(command, child)

    def run(self, command):
        if command.file is not None:
            name = re.search(r"--config (\S+)", command.text)[1]
            with open(os.path.join(self.folder, name), "w",
                      encoding="utf-8") as file:
                file.write(command.file)
        if re.match(r"build/bin/linktor-igd(?! check)", command.text):
            return self.server(command)
        output = ""
        if command.text.startswith("export PATH="):
            script = command.text + '\necho "$PATH"'
            code, out, err = self.bash(script)
            self.env["PATH"] = out.strip()
            if code != 0 or not shutil.which("grpcurl", path=out.strip()):
                raise Wrong("%s\ndoes not put grpcurl on PATH:\n%s" %
                            (command, err))
        elif re.match(r"grpcurl |curl |build/bin/linktor-igd check |\(umask ",
                      command.text):
            for _ in range(command.times):
                output = self.once(command)
        else:
            raise Wrong("%s\nis of a kind that this check does not know" %
                        command)
        self.compare(command, output)

    def run_all(self, found):
        demo = None
        for command in found:
            if command.text == "make run":
                demo, demo_command = self.demo(command), command
                continue
            if demo is not None and "build/bin/linktor-igd" in command.text:
                self.end_well(demo_command, demo)
                demo = None
            self.run(command)
        if demo is not None:
            self.end_well(demo_command, demo)


def main():
    name = os.path.basename(__file__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))
    start = time.monotonic()
    folder = tempfile.mkdtemp(prefix="linktor-readme.")
    runner = None
    try:
        for program in ("linktor-ig-demo", "linktor-igd",
                        "linktor-ig-emulator"):
            if not os.access(os.path.join(PROGRAMS, program), os.X_OK):
                raise Wrong("%s is not built (make build)" % program)
        subprocess.run([os.path.join(ROOT, "tools", "setup", "grpcurl.sh")],
                       check=True, stdout=subprocess.DEVNULL,
                       timeout=BUILD_LIMIT)
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            found = commands(file.read())
        runner = Runner(folder)
        runner.run_all(found)
        print("%s: the README's %d commands do what it says (%d s)" %
              (name, len(found), time.monotonic() - start), file=sys.stderr)
    except (Wrong, subprocess.SubprocessError) as wrong:
        sys.exit("%s: error: %s" % (name, wrong))
    finally:
        for child in list(runner.children if runner else ()):
            runner.stop(child)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
