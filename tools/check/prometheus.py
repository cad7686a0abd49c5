#!/usr/bin/env python3
"""Lets a real Prometheus scrape a server that has 1,000 channels and some work.

Each channel gets a webhook and one of them sends; calls fail, and Instagram
fails. promtool must have nothing to say about the metrics, Prometheus must take
the page whole and answer the questions of docs/operations.md, and the page may
have SERIES_LIMIT series at most.

Prometheus is Debian's, by tools/setup/prometheus.sh. Takes about 30 s; ends what
it started and removes what it made.
"""

import concurrent.futures
import hashlib
import hmac
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

from processes import ROOT, Background, Wrong, program, run, write

CHANNELS = 1000
SERIES_LIMIT = 4000
APP_SECRET = "prometheus-check-app-secret"
SCRAPE_LIMIT = 30  # seconds until the first good scrape

# Questions of docs/operations.md, and the least that the answer must be.
QUESTIONS = (
    ("up", 1),
    ("linktor_build_info", 1),
    ("sum(linktor_webhook_answers_total{reason='stored'})", CHANNELS),
    ("sum(linktor_webhook_answers_total{reason='signature_wrong'})", 1),
    ("count(linktor_channel_last_webhook_timestamp_seconds)", CHANNELS),
    ("sum(linktor_webhook_items_total{outcome='event'})", CHANNELS),
    ("sum(linktor_sends_total{state='sent'})", 1),
    ("sum(linktor_graph_calls_total{result='190'})", 1),
    ("sum(linktor_channels{token='refused'})", 1),
    ("sum(grpc_server_handled_total{grpc_method='CreateChannel',"
     "grpc_code='OK'})", CHANNELS),
    ("histogram_quantile(0.99, sum by (le) "
     "(linktor_webhook_answer_seconds_bucket))", 0),
    ("sum(linktor_database_bytes)", 1),
    ("process_resident_memory_bytes", 1),
    ("process_start_time_seconds", 1),
)


def say(text):
    print("prometheus.py: " + text, flush=True)


def get(address, path, method="GET", body=None, headers=None):
    connection = http.client.HTTPConnection(address, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Check:
    def __init__(self, folder):
        self.folder = folder
        self.addresses = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        write(self.path("master.key"), os.urandom(32).hex())
        emulator = Background([program("linktor-ig-emulator"), "--listen",
                               "127.0.0.1:0"], self.path("emulator.log"))
        emulator.wait_for("ready ")
        self.read_addresses(emulator)
        instagram = "http://" + self.addresses["http"]
        server = Background(
            [program("linktor-igd"), "--data-dir", self.path("data"),
             "--master-key-file", self.path("master.key"),
             "--grpc-listen", "127.0.0.1:0", "--webhook-listen", "127.0.0.1:0",
             "--admin-listen", "127.0.0.1:0", "--graph-facebook-url", instagram,
             "--graph-instagram-url", instagram], self.path("server.log"))
        server.wait_for("ready ")
        self.read_addresses(server)
        return server, emulator

    def read_addresses(self, process):
        with open(process.log, encoding="utf-8") as log:
            for name, value in re.findall(r"(\w+)=([0-9.]+:\d+)", log.read()):
                self.addresses[name] = value

    def cli(self, *arguments, expect=0):
        env = dict(os.environ, XDG_CONFIG_HOME=self.path("config"),
                   LINKTOR_IG_ACCESS_TOKEN="token",
                   LINKTOR_IG_APP_SECRET=APP_SECRET)
        return run([program("linktor-ig"), "--server", self.addresses["grpc"]] +
                   list(arguments), expect, env)

    def create(self, number):
        self.cli("channels", "create", "--id", "ch_%d" % number, "--account-id",
                 account(number), "--page-id", str(200000000000000 + number))

    def deliver(self, number, secret=APP_SECRET):
        now = int(time.time() * 1000)
        body = json.dumps({"object": "instagram", "entry": [{
            "id": account(number), "time": now, "messaging": [{
                "sender": {"id": "6100000000000077"},
                "recipient": {"id": account(number)}, "timestamp": now,
                "message": {"mid": "m_%d" % number, "text": "hi"}}]}]})
        digest = hmac.new(secret.encode(), body.encode(),
                          hashlib.sha256).hexdigest()
        status, _ = get(self.addresses["webhook"],
                        "/webhooks/instagram/ch_%d" % number, "POST", body,
                        {"X-Hub-Signature-256": "sha256=" + digest})
        return status

    def work(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self.create, range(CHANNELS)))
        say("%d channels are there" % CHANNELS)
        for number in range(CHANNELS):
            if self.deliver(number) != 200:
                raise Wrong("a webhook was not taken")
        if self.deliver(1, "another secret") != 401:
            raise Wrong("a wrong signature was taken")
        self.cli("send", "text", "ch_1", "6100000000000077", "hello")
        status, text = get(
            self.addresses["http"], "/emulator/faults", "POST",
            json.dumps({"on": "messages", "kind": "graph_error", "code": 190}),
            {"Content-Type": "application/json"})
        if status != 200:
            raise Wrong("the emulator does not take a fault: " + text)
        self.cli("send", "text", "ch_1", "6100000000000077", "hello",
                 expect=None)
        self.cli("send", "text", "ch_none", "6100000000000077", "hello",
                 expect=None)

    def check_with_promtool(self, tools):
        status, page = get(self.addresses["admin"], "/metrics")
        if status != 200:
            raise Wrong("/metrics is answered %d" % status)
        done = run([os.path.join(tools, "promtool"), "check", "metrics"],
                   expect=None, input=page)
        if done.returncode != 0 or done.stdout + done.stderr != "":
            raise Wrong("promtool says:\n" + done.stdout + done.stderr)
        series = [line for line in page.splitlines()
                  if line and not line.startswith("#")]
        say("promtool has nothing to say; %d series in %d bytes with %d channels"
            % (len(series), len(page), CHANNELS))
        if len(series) > SERIES_LIMIT:
            raise Wrong("more than %d series" % SERIES_LIMIT)
        return len(series)

    def start_prometheus(self, tools):
        write(self.path("prometheus.yml"), """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: gateway
    static_configs: [{targets: ['%s']}]
""" % self.addresses["admin"])
        prometheus = Background(
            [os.path.join(tools, "prometheus"),
             "--config.file=" + self.path("prometheus.yml"),
             "--storage.tsdb.path=" + self.path("tsdb"),
             "--web.listen-address=127.0.0.1:0", "--log.format=json"],
            self.path("prometheus.log"))
        prometheus.wait_for('"msg":"Listening on"')
        return prometheus

    def ask(self, address, question):
        status, text = get(address, "/api/v1/query?" + urllib.parse.urlencode(
            {"query": question}))
        if status != 200:
            raise Wrong("Prometheus answers %d: %s" % (status, text))
        result = json.loads(text)["data"]["result"]
        return float(result[0]["value"][1]) if result else None

    def check_questions(self, log, series):
        with open(log, encoding="utf-8") as out:
            address = re.search(r'"address":"(127\.0\.0\.1:[1-9]\d*)"',
                                out.read()).group(1)
        end = time.monotonic() + SCRAPE_LIMIT
        # It listens before it answers questions.
        while get(address, "/-/ready")[0] != 200:
            if time.monotonic() > end:
                raise Wrong("Prometheus does not get ready")
            time.sleep(0.1)
        while self.ask(address, "up") != 1:
            if time.monotonic() > end:
                raise Wrong("Prometheus does not get the page")
            time.sleep(0.1)
        for question, least in QUESTIONS:
            value = self.ask(address, question)
            if value is None or not value >= least:
                raise Wrong("%s is %s, not %s or more" % (question, value, least))
        scraped = self.ask(address, "scrape_samples_scraped")
        if scraped < series:
            raise Wrong("Prometheus took %d of %d series" % (scraped, series))
        say("Prometheus took %d series and answers %d questions" %
            (scraped, len(QUESTIONS)))


def account(number):
    return str(17841400000000000 + number)


def check(folder):
    tools = run([os.path.join(ROOT, "tools", "setup", "prometheus.sh")],
                limit=300).stdout.strip()
    it = Check(folder)
    started = []
    try:
        started.extend(it.start())
        it.work()
        series = it.check_with_promtool(tools)
        started.append(it.start_prometheus(tools))
        it.check_questions(started[-1].log, series)
        if started[0].stop() != 0:
            raise Wrong("the server did not stop cleanly")
    finally:
        for process in reversed(started):
            process.stop()


def main():
    folder = tempfile.mkdtemp(prefix="linktor-prometheus-")
    try:
        check(folder)
    except (Wrong, OSError, subprocess.SubprocessError, ValueError) as error:
        sys.exit("prometheus.py: %s" % error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
