#!/usr/bin/env python3
"""Does what the README of a client says, word for word, with nothing else known.

client_readme.py FOLDER…    such as client/go client/go/helpdesk

Starts the demonstration once. Then runs each block marked sh of each README, from
the root of the repository: an example stays up, and after each curl that plays a
customer a new answer must reach the emulated Instagram. A text block after an sh
block is what that prints, in part, as in readme_run.py. Addresses differ from the
README's where those are taken here.

What the README has in build/shop-bot, and the files in which an example keeps its
place, are set aside before and put back after. The programs come from
LINKTOR_BIN_DIR.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.argv, folders = sys.argv[:1], sys.argv[1:]
import readme_run  # noqa: E402
from readme_run import ADDRESSES, ROOT, Command, Runner, Wrong, blocks  # noqa: E402

BLOCK_LIMIT = 900  # seconds: one may install packages and run a test suite
READY_LIMIT = 600  # an example may be built first
ANSWER_LIMIT = 15
STOP_LIMIT = 30

# It ends with us. Ctrl-C works in it, be it that we run in the background of a
# script, where that is ignored.
SHELL = ["setpriv", "--pdeathsig", "TERM", "env", "--default-signal=INT", "bash",
         "-e", "-c"]
READY = "reading events"
# These commands start a program that stays up.
STAYS_UP = re.compile(
    r"npm --prefix \S+ run example|exec:exec@example|go -C \S+ run |"
    r"build/bin/linktor-ig-example|client/python/example/bot\.py")
CUSTOMER = re.compile(r"curl -d '\{\"from\":\"(\d+)\"")
# An example keeps its place here; the demonstration's log is new each time.
PLACES = ["example.cursor", "build/bot.cursor", "build/shop-bot",
          "client/go/example.cursor", "client/node/example.cursor",
          "client/java/example.cursor", "client/go/helpdesk/helpdesk.db",
          "client/go/helpdesk/helpdesk.db-wal",
          "client/go/helpdesk/helpdesk.db-shm",
          "client/go/helpdesk/helpdesk.db.lock"]


# The project that a README makes in build/shop-bot has this bot.
BOTS = {"client/go": ["./bot"], "client/node": ["node", "bot.mjs"],
        "client/java": ["mvn", "-q", "exec:java"]}


class Block:
    def __init__(self, folder, line, text):
        self.text, self.prints = text, None
        self.name = "%s/README.md:%d" % (folder, line)


def blocks_of(folder):
    """The commands of a README, without make run, which is running."""
    found = []
    path = os.path.join(ROOT, folder, "README.md")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    last = None
    for language, line, lines in blocks(text):
        if language == "sh":
            last = Block(folder, line, "\n".join(lines))
            if last.text != "make run":
                found.append(last)
        elif language == "text" and last is not None:
            last.prints = lines
    if not found:
        raise Wrong("%s has no commands" % path)
    return found


class Newcomer(Runner):
    """Works in the checkout itself, beside the running demonstration."""

    def __init__(self, folder):
        super().__init__(folder)
        self.end = float("inf")
        self.running = []

    def graph_sends(self, customer):
        url = "http://%s/emulator/graph-calls" % self.here(
            ADDRESSES["instagram"])
        with urllib.request.urlopen(url, timeout=10) as answer:
            calls = json.load(answer)["calls"]
        return sum(1 for call in calls
                   if call["method"] == "POST" and "/messages" in call["path"]
                   and call["body"]["recipient"]["id"] == customer)

    def start_example(self, block):
        log = os.path.join(self.folder, "example-%d" % len(self.running))
        with open(log, "wb") as output:
            child = subprocess.Popen(
                [*SHELL, self.here(block.text)], cwd=ROOT, env=self.env,
                stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True)
        self.running.append((block, child, log))
        end = time.monotonic() + READY_LIMIT
        while True:
            with open(log, encoding="utf-8", errors="replace") as output:
                text = output.read()
            if READY in text:
                return
            if child.poll() is not None or time.monotonic() > end:
                raise Wrong("%s\ndoes not print '%s', but:\n%s" %
                            (block.name, READY, text))
            time.sleep(0.1)

    def run_block(self, block):
        customer = CUSTOMER.search(block.text)
        before = self.graph_sends(customer[1]) if customer else 0
        child = subprocess.Popen(
            [*SHELL, self.here(block.text)], cwd=ROOT, env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            output, _ = child.communicate(timeout=BLOCK_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            raise Wrong("%s\ntakes over %d s" %
                        (block.name, BLOCK_LIMIT)) from None
        if child.returncode != 0:
            raise Wrong("%s\nfails with status %d:\n%s" %
                        (block.name, child.returncode, output))
        if block.prints is not None:
            wanted = "\n".join(self.here(line) for line in block.prints)
            if not re.search(readme_run.pattern_of(wanted.split("\n")), output):
                raise Wrong("%s\ndoes not print what the README says, but:\n%s"
                            % (block.name, output))
        if customer:
            self.await_answer(block, customer[1], before)

    def await_answer(self, block, customer, before):
        end = time.monotonic() + ANSWER_LIMIT
        while self.graph_sends(customer) <= before:
            if time.monotonic() > end:
                logs = "\n".join(open(log, encoding="utf-8").read()
                                 for _, _, log in self.running)
                raise Wrong("%s\nhas no answer within %d s; the example says:\n"
                            "%s" % (block.name, ANSWER_LIMIT, logs))
            time.sleep(0.05)

    def read(self, folder):
        for block in blocks_of(folder):
            start = time.monotonic()
            if STAYS_UP.search(block.text):
                self.start_example(block)
            else:
                self.run_block(block)
            print("%s: %.1f s" % (block.name, time.monotonic() - start),
                  flush=True)
        self.end_examples()
        if folder in BOTS:
            self.use_package(BOTS[folder])

    def use_package(self, bot):
        """A bot that says what is wrong with a URL has found its package."""
        done = subprocess.run(
            bot, cwd=os.path.join(ROOT, "build", "shop-bot"), timeout=60,
            env={**self.env, "LINKTOR_IG_SERVER": "http://nowhere"},
            capture_output=True, text=True, check=False)
        said = done.stdout + done.stderr
        if done.returncode == 0 or "leave out http://" not in said:
            raise Wrong("build/shop-bot: %s does not work:\n%s" % (bot, said))

    def end_examples(self):
        """As Ctrl-C does: to all of the terminal."""
        while self.running:
            block, child, log = self.running.pop()
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                with open(log, encoding="utf-8") as output:
                    raise Wrong("%s\ndoes not end at Ctrl-C:\n%s" %
                                (block.name, output.read())) from None


class SetAside:
    """Files of the work tree that a README writes."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "aside")
        self.moved = []

    def __enter__(self):
        for number, place in enumerate(PLACES):
            path = os.path.join(ROOT, place)
            if os.path.lexists(path):
                kept = os.path.join(self.folder, str(number))
                os.makedirs(self.folder, exist_ok=True)
                shutil.move(path, kept)
                self.moved.append((kept, path))

    def clear(self):
        for place in PLACES:
            path = os.path.join(ROOT, place)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.remove(path)

    def __exit__(self, *_):
        self.clear()
        for kept, path in self.moved:
            shutil.move(kept, path)


def run(folder):
    newcomer = Newcomer(folder)
    aside = SetAside(folder)
    try:
        demo = newcomer.demo(Command(0, "make run", None, 1))
        newcomer.env["LINKTOR_IG_SERVER"] = newcomer.here(ADDRESSES["grpc"])
        with aside:
            for place in folders:
                newcomer.read(place)
                # The next README begins where this one did.
                aside.clear()
        newcomer.end_well(Command(0, "make run", None, 1), demo)
    finally:
        for _, child, _ in newcomer.running:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        for child in newcomer.children:
            child.terminate()
            child.wait()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = tempfile.mkdtemp(prefix="linktor-readme.")
    try:
        run(folder)
    except (Wrong, OSError) as wrong:
        print("client_readme.py: %s" % wrong, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
