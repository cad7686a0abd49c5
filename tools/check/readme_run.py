#!/usr/bin/env python3
"""Does what a document says and checks that it comes out as it says.

readme_run.py [DOCUMENT]: README.md, or one that also begins with make run. Starts
the demonstration and the servers as the document does, and runs its commands in
their order, as written except for ports that are taken here. In the blocks
marked sh:

  # fails: WORD      the next command fails, and says WORD
  # run this twice   the next command is run twice

A text block after an sh block is what its last command prints, in part: lines
in order, with an ellipsis for anything. ghz succeeds whatever its calls end with:
without a text block all of them must end with OK. A toml block is the file that
the next command's --config names. A server is ended once it is ready, and the
demonstration before it; with & at its end it stays up, beside the
demonstration, until "kill %1". A command of a kind that is not known here is an
error, so that none goes unchecked.

Takes up to 30 s, at most LIMIT once grpcurl and ghz have been built; ends what it
started and removes what it made.
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
BUILD_LIMIT = 600  # grpcurl or ghz, the first time
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
# The ports may be taken here; variables are a way to say so to a server where
# the document names none.
ANY_PORT = {"LINKTOR_IG_%s_LISTEN" % name: "127.0.0.1:0"
            for name in ("GRPC", "WEBHOOK", "ADMIN", "EMULATOR")}
# The demonstration's last line before it waits.
DEMO_READY = "Ctrl-C ends the demonstration"
# Commands that end by themselves begin with these.
ENDS = re.compile(
    r"(grpcurl|ghz|curl|until curl|seq|openssl|mkdir|build/bin/linktor-ig|"
    r"build/bin/linktor-igd check) |\(umask |rm -r build/tls$")
# How a call of ghz ended, and how many did so.
GHZ_STATUS = re.compile(r"^ +\[(\w+)\] +\d+ responses", re.M)
# Where a server is told to listen.
LISTEN = re.compile(r"--(grpc|webhook|admin)-listen (\S+)")
# A script that puts a program where a document then adds it to PATH.
SETUP = re.compile(r"tools/setup/(grpcurl|ghz)\.sh")


# The document, relative to the project's root.
DOCUMENT = sys.argv[1] if len(sys.argv) > 1 else "README.md"


class Wrong(Exception):
    """The document tells something untrue."""


class Command:
    def __init__(self, line, text, fails, times):
        self.line, self.text, self.fails, self.times = line, text, fails, times
        self.prints = None  # lines of the text block
        self.file = None  # content of the toml block

    def __str__(self):
        return "%s:%d: %s" % (DOCUMENT, self.line, self.text.split("\n")[0])


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
        raise Wrong("%s:%d: a block is not closed" % (DOCUMENT, first))


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
                raise Wrong("%s:%d: output of no command" %
                            (DOCUMENT, first))
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
                        raise Wrong("%s:%d: '%s' is not known to %s" %
                                    (DOCUMENT, number, line,
                                     os.path.basename(__file__)))
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
                raise Wrong("%s:%d: the command does not end" %
                            (DOCUMENT, start))
        else:
            raise Wrong("%s:%d: a block marked '%s'" %
                        (DOCUMENT, first, language))
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
        self.background = []  # (command, child) of the document's own
        # Nothing of the caller's may steer what a newcomer would run.
        self.env = {name: value for name, value in os.environ.items()
                    if not name.lower().endswith("_proxy")
                    and not name.startswith("LINKTOR_IG_")}
        self.env["TMPDIR"] = folder
        self.env["LINKTOR_IG_CLI_CONFIG"] = os.devnull
        os.mkdir(os.path.join(folder, "build"))
        os.symlink(PROGRAMS, os.path.join(folder, "build", "bin"))
        for name in ("tools", "protos", "googleapis"):
            os.symlink(os.path.join(ROOT, name), os.path.join(folder, name))

    def left(self, limit):
        left = self.end - time.monotonic()
        if left <= 0:
            raise Wrong("not done within %d s" % LIMIT)
        return min(limit, left)

    def here(self, text):
        """`text` with the addresses in use here."""
        if not self.ports:
            return text
        return re.sub("|".join(map(re.escape, self.ports)),
                      lambda match: self.ports[match[0]], text)

    def compare(self, command, output):
        if command.prints is None:
            return
        wanted = [self.here(line) for line in command.prints]
        if not re.search(pattern_of(wanted), output):
            raise Wrong("%s\ndoes not print what the document says, but:\n%s" %
                        (command, output))

    def bash(self, script):
        # A session of its own, so that a command that hangs ends whole.
        child = subprocess.Popen(["bash", "-c", script], cwd=self.folder,
                                 env={**self.env, **ANY_PORT},
                                 stdin=subprocess.DEVNULL,
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
        if (command.text.startswith("ghz ") and command.prints is None
                and GHZ_STATUS.findall(out) != ["OK"]):
            raise Wrong("%s\nhas calls that fail:\n%s" % (command, out))
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
        # The command-line client knows the README's port without being told.
        self.env["LINKTOR_IG_SERVER"] = self.ports[ADDRESSES["grpc"]]
        self.compare(command, output)
        return child

    def server(self, command):
        text, stays = re.subn(r"\s*&$", "", self.here(command.text))
        said = {**ADDRESSES, **dict(re.findall(LISTEN, text))}
        text = re.sub(LISTEN, r"--\1-listen 127.0.0.1:0", text)
        run = Command(command.line, text, None, 1)
        try:
            child, output = self.start(run, "ready ", ANY_PORT)
        except Wrong as wrong:
            raise Wrong("%s%s" % (wrong, self.log_of(text))) from None
        for name, address in re.findall(r"(\w+)=([\w.]+:\d+)", output):
            self.ports[said[name]] = address
        self.compare(command, output)
        if stays:
            self.background.append((command, child))
        else:
            self.end_well(command, child)

    def log_of(self, text):
        """What a command has written to the file that it names by 2>>."""
        if not (name := re.search(r"2>>(\S+)", text)):
            return ""
        path = os.path.join(self.folder, name[1])
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def emulator(self, command):
        run = Command(command.line, self.here(command.text), None, 1)
        child, output = self.start(run, "ready ", ANY_PORT)
        self.ports[ADDRESSES["instagram"]] = re.search(r"http=(\S+)", output)[1]
        self.background.append((command, child))

    def export(self, command):
        name = re.match(r"export (\w+)=", command.text)[1]
        script = '%s\nprintf %%s "$%s"' % (self.here(command.text), name)
        code, self.env[name], err = self.bash(script)
        if code != 0 or not self.env[name]:
            raise Wrong("%s\nleaves %s empty:\n%s" % (command, name, err))
        for program in SETUP.findall(command.text):
            if not shutil.which(program, path=self.env["PATH"]):
                raise Wrong("%s\ndoes not put %s on PATH:\n%s" %
                            (command, program, err))

    def run(self, command):
        text, output = command.text, ""
        if command.file is not None:
            name = re.search(r"--config (\S+)", text)[1]
            with open(os.path.join(self.folder, name), "w",
                      encoding="utf-8") as file:
                file.write(command.file)
        if re.match(r"build/bin/linktor-igd (?!check)", text):
            return self.server(command)
        if text.startswith("build/bin/linktor-ig-emulator "):
            return self.emulator(command)
        if text == "kill %1" and self.background:
            return self.end_well(*self.background.pop())
        if text.startswith("export "):
            self.export(command)
        elif ENDS.match(text):
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
            if (demo is not None and not command.text.endswith("&")
                    and command.text.startswith("build/bin/linktor-igd ")):
                self.end_well(demo_command, demo)
                demo = None
            self.run(command)
        while self.background:
            self.end_well(*self.background.pop())
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
        for program in ("linktor-ig-demo", "linktor-igd", "linktor-ig",
                        "linktor-ig-emulator"):
            if not os.access(os.path.join(PROGRAMS, program), os.X_OK):
                raise Wrong("%s is not built (make build)" % program)
        with open(os.path.join(ROOT, DOCUMENT), encoding="utf-8") as file:
            text = file.read()
        found = commands(text)
        for program in sorted(set(SETUP.findall(text))):
            script = os.path.join(ROOT, "tools", "setup", program + ".sh")
            subprocess.run([script], check=True, stdout=subprocess.DEVNULL,
                           timeout=BUILD_LIMIT)
        runner = Runner(folder)
        runner.run_all(found)
        print("%s: the %d commands of %s do what it says (%d s)" %
              (name, len(found), DOCUMENT, time.monotonic() - start),
              file=sys.stderr)
    except (Wrong, subprocess.SubprocessError) as wrong:
        sys.exit("%s: error: %s" % (name, wrong))
    finally:
        for child in list(runner.children if runner else ()):
            runner.stop(child)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
