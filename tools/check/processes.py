"""What the checks that start programs share."""

import os
import subprocess
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAMS = os.environ.get("LINKTOR_BIN_DIR", os.path.join(ROOT, "build", "bin"))
COMMAND_LIMIT = 60
START_LIMIT = 60
STOP_LIMIT = 40  # the server promises 25


class Wrong(Exception):
    """Something did not come out as it should."""


def run(command, expect=0, env=None, input=None, limit=COMMAND_LIMIT):
    """Runs a command to its end; `expect` is its status, None for any."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          timeout=limit, env=env, input=input)
    if expect is not None and done.returncode != expect:
        raise Wrong("%s ended with %d, not %d:\n%s%s" %
                    (" ".join(command), done.returncode, expect, done.stdout,
                     done.stderr))
    return done


class Background:
    """A program that runs until the end of the check."""

    def __init__(self, command, log):
        self.log = log
        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out,
                                            stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL)

    def wait_for(self, text):
        end = time.monotonic() + START_LIMIT
        while time.monotonic() < end:
            with open(self.log, encoding="utf-8") as out:
                content = out.read()
            if text in content:
                return
            if self.process.poll() is not None:
                raise Wrong("it ended at once:\n" + content)
            time.sleep(0.05)
        raise Wrong("nothing said '%s':\n%s" % (text, content))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=STOP_LIMIT)
        return self.process.returncode


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, mode)


def program(name):
    """The path of one of the project's programs."""
    return os.path.join(PROGRAMS, name)
