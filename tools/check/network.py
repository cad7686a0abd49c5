#!/usr/bin/env python3
"""Calls the server from another machine, as far as the kernel can tell.

Makes two network namespaces that are connected to each other and to nothing
else: the server and the emulated Instagram run in one, the clients in the
other. The server listens on an address that is not loopback, with TLS and API
keys. grpcurl, the command-line client and a C++ client call it over TLS with a
key, and with every kind of key that is to be refused; a webhook is delivered
over TLS.

Needs root (or CAP_SYS_ADMIN and CAP_NET_ADMIN), iproute2, openssl and curl. It
fails where it cannot run. Takes about 15 s; ends what it started and removes
what it made.
"""

import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from processes import ROOT, Background, Wrong, program, run, write

BUILD_LIMIT = 600  # grpcurl, the first time

SERVER_IP = "10.77.0.1"
CLIENT_IP = "10.77.0.2"
GRPC = SERVER_IP + ":50051"
WEBHOOK = SERVER_IP + ":8443"
ADMIN = "127.0.0.1:9090"
INSTAGRAM = "127.0.0.1:8081"
CHANNEL, ACCOUNT, PAGE = "ch_net", "17841400000000077", "100000000000077"
OTHER, OTHER_ACCOUNT, OTHER_PAGE = "ch_far", "17841400000000078", "100000000000078"
USER = "6100000000000077"
APP_SECRET = "network-check-app-secret"
SERVICE = "linktor.instagram.v1."
# Without them grpcurl asks for the descriptors first, and tells only that this
# was refused.
PROTOS = ["-import-path", os.path.join(ROOT, "protos"),
          "-import-path", os.path.join(ROOT, "googleapis")]
for _name in ("linktor/instagram/v1/access_service.proto",
              "linktor/instagram/v1/channel_service.proto",
              "linktor/instagram/v1/messaging_service.proto",
              "google/rpc/error_details.proto"):
    PROTOS += ["-proto", _name]


def say(text):
    print("network.py: " + text, flush=True)


class Namespaces:
    """Two hosts and the cable between them."""

    def __init__(self):
        self.server = "linktor-s-%d" % os.getpid()
        self.client = "linktor-c-%d" % os.getpid()

    def __enter__(self):
        for name in (self.server, self.client):
            run(["ip", "netns", "add", name])
            run(["ip", "-n", name, "link", "set", "lo", "up"])
        run(["ip", "-n", self.server, "link", "add", "cable", "type", "veth",
             "peer", "name", "cable", "netns", self.client])
        for name, ip in ((self.server, SERVER_IP), (self.client, CLIENT_IP)):
            run(["ip", "-n", name, "addr", "add", ip + "/24", "dev", "cable"])
            run(["ip", "-n", name, "link", "set", "cable", "up"])
        return self

    def __exit__(self, *unused):
        for name in (self.server, self.client):
            run(["ip", "netns", "delete", name], expect=None)

    def on_server(self, command):
        return ["ip", "netns", "exec", self.server] + command

    def on_client(self, command):
        return ["ip", "netns", "exec", self.client] + command


def make_certificates(folder):
    def path(name):
        return os.path.join(folder, name)

    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run(["openssl", "req", "-x509"] + new_key +
        ["-days", "2", "-subj", "/CN=check", "-keyout", path("ca.key"), "-out",
         path("ca.pem")])
    run(["openssl", "req"] + new_key +
        ["-subj", "/CN=server", "-keyout", path("server.key"), "-out",
         path("server.csr")])
    write(path("names"), "subjectAltName=IP:%s\n" % SERVER_IP)
    run(["openssl", "x509", "-req", "-in", path("server.csr"), "-CA",
         path("ca.pem"), "-CAkey", path("ca.key"), "-CAcreateserial", "-days",
         "90", "-extfile", path("names"), "-out", path("server.pem")])


class Check:
    def __init__(self, namespaces, folder):
        self.net = namespaces
        self.folder = folder
        self.grpcurl_program = run(
            [os.path.join(ROOT, "tools", "setup", "grpcurl.sh")],
            limit=BUILD_LIMIT).stdout.strip()
        self.admin_key = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        make_certificates(self.folder)
        write(self.path("master.key"), os.urandom(32).hex())
        emulator = Background(
            self.net.on_server([program("linktor-ig-emulator"), "--listen",
                                INSTAGRAM]), self.path("emulator.log"))
        server = Background(
            self.net.on_server(self.server_command()), self.path("server.log"))
        return server, emulator

    def server_command(self, more=()):
        return [program("linktor-igd"),
                "--data-dir", self.path("data"),
                "--master-key-file", self.path("master.key"),
                "--grpc-listen", GRPC, "--webhook-listen", WEBHOOK,
                "--admin-listen", ADMIN,
                "--graph-facebook-url", "http://" + INSTAGRAM,
                "--graph-instagram-url", "http://" + INSTAGRAM,
                "--auth", "keys",
                "--bootstrap-key-file", self.path("bootstrap.key"),
                "--grpc-tls-cert", self.path("server.pem"),
                "--grpc-tls-key", self.path("server.key"),
                "--webhook-tls-cert", self.path("server.pem"),
                "--webhook-tls-key", self.path("server.key")] + list(more)

    def grpcurl(self, method, body, key, expect=0):
        headers = ["-H", "authorization: Bearer " + key] if key else []
        return run(self.net.on_client(
            [self.grpcurl_program, "-cacert", self.path("ca.pem"), "-max-time",
             "10"] + headers + PROTOS +
            ["-d", json.dumps(body), GRPC, SERVICE + method]), expect)

    def call(self, method, body):
        return json.loads(self.grpcurl(method, body, self.admin_key).stdout)

    def create_key(self, **fields):
        made = self.call("AccessService/CreateApiKey", {"apiKey": fields})
        return made["apiKey"]["id"], made["secret"]

    def prepare(self):
        with open(self.path("bootstrap.key"), encoding="utf-8") as key:
            self.admin_key = key.read().strip()
        everything = ["PERMISSION_READ_EVENTS", "PERMISSION_READ_MESSAGES",
                      "PERMISSION_SEND", "PERMISSION_MANAGE_CHANNELS",
                      "PERMISSION_MANAGE_ACCESS"]
        _, self.admin_key = self.create_key(permissions=everything)
        for channel, account, page in ((CHANNEL, ACCOUNT, PAGE),
                                       (OTHER, OTHER_ACCOUNT, OTHER_PAGE)):
            self.call("ChannelService/CreateChannel", {
                "channel": {"id": channel, "instagramAccountId": account,
                            "pageId": page},
                "credentials": {"accessToken": "token",
                                "appSecrets": [APP_SECRET]}})
        work = ["PERMISSION_READ_EVENTS", "PERMISSION_READ_MESSAGES",
                "PERMISSION_SEND"]
        _, good = self.create_key(permissions=work, channelIds=[CHANNEL])
        _, other = self.create_key(permissions=work, channelIds=[OTHER])
        disabled_id, disabled = self.create_key(permissions=work)
        self.call("AccessService/UpdateApiKey",
                  {"apiKey": {"id": disabled_id, "disabled": True},
                   "updateMask": {"paths": ["disabled"]}})
        end = time.time() + 2
        expire = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(end))
        expire += ".%03dZ" % (end % 1 * 1000)
        _, expired = self.create_key(permissions=work, expireTime=expire)
        wrong = good[:-10] + ("0" if good[-10] != "0" else "1") + good[-9:]
        while time.time() < end:
            time.sleep(0.05)
        self.good = good
        self.refused = {"none": ("", "API_KEY_MISSING"),
                        "wrong": (wrong, "API_KEY_INVALID"),
                        "expired": (expired, "API_KEY_EXPIRED"),
                        "disabled": (disabled, "API_KEY_DISABLED"),
                        "of another channel": (other, "CHANNEL_NOT_FOUND")}

    def send_by_grpcurl(self, key, expect):
        return self.grpcurl("MessagingService/SendMessage",
                            {"channelId": CHANNEL, "to": USER,
                             "content": {"text": "hello"}}, key, expect)

    def environment(self, key):
        env = {name: value for name, value in os.environ.items()
               if not name.startswith("LINKTOR_IG_")}
        env["XDG_CONFIG_HOME"] = self.path("config")
        if key:
            env["LINKTOR_IG_API_KEY"] = key
        return env

    def send_by_cli(self, key, expect):
        return run(self.net.on_client(
            [program("linktor-ig"), "--server", GRPC, "--ca",
             self.path("ca.pem"), "send", "text", CHANNEL, USER,
             "hello"]),
                   expect, self.environment(key))

    def send_by_cpp(self, key, expect):
        return run(self.net.on_client(
            [program("linktor-network-client"), GRPC, self.path("ca.pem"),
             CHANNEL, USER]), expect, self.environment(key))

    def check_clients(self):
        for name, send in (("grpcurl", self.send_by_grpcurl),
                           ("the command-line client", self.send_by_cli),
                           ("the C++ client", self.send_by_cpp)):
            send(self.good, 0)
            for kind, (key, reason) in self.refused.items():
                done = send(key, None)
                if done.returncode == 0 or \
                        reason not in done.stdout + done.stderr:
                    raise Wrong("%s with the key '%s' should get %s, got:\n%s%s"
                                % (name, kind, reason, done.stdout,
                                   done.stderr))
            say(name + " gets in with its key, and is refused with five others")

    def check_plaintext(self):
        done = run(self.net.on_client(
            [self.grpcurl_program, "-plaintext", "-max-time", "5", "-d", "{}",
             GRPC, SERVICE + "ChannelService/ListChannels"]), expect=None)
        if done.returncode == 0:
            raise Wrong("the gRPC port answers without TLS")
        done = run(self.net.on_client(
            ["curl", "-s", "-m", "5", "http://%s/" % WEBHOOK]), expect=None)
        if done.returncode == 0:
            raise Wrong("the webhook port answers without TLS")
        done = run(self.net.on_client(
            ["curl", "-s", "-m", "5", "http://%s:9090/readyz" % SERVER_IP]),
                   expect=None)
        if done.returncode == 0:
            raise Wrong("the admin port answers other machines")
        say("neither port answers without TLS, nor the admin port at all")

    def check_webhook(self):
        now = int(time.time() * 1000)
        body = json.dumps({"object": "instagram", "entry": [{
            "id": ACCOUNT, "time": now, "messaging": [{
                "sender": {"id": USER}, "recipient": {"id": ACCOUNT},
                "timestamp": now,
                "message": {"mid": "m_network", "text": "hi"}}]}]})
        digest = hmac.new(APP_SECRET.encode(), body.encode(),
                          hashlib.sha256).hexdigest()
        done = run(self.net.on_client(
            ["curl", "-s", "-m", "10", "--cacert", self.path("ca.pem"), "-o",
             "/dev/null", "-w", "%{http_code}", "-H",
             "X-Hub-Signature-256: sha256=" + digest, "-H",
             "Content-Type: application/json", "--data-binary", "@-",
             "https://%s/webhooks/instagram/%s" % (WEBHOOK, CHANNEL)]),
                   input=body)
        if done.stdout != "200":
            raise Wrong("the webhook was answered " + done.stdout)
        message = self.call("MessagingService/GetMessage",
                            {"channelId": CHANNEL, "mid": "m_network"})
        if message["message"]["text"] != "hi":
            raise Wrong("the webhook's message is not there")
        say("a webhook over TLS is answered 200 and its message is there")

    def check_refusals_to_start(self):
        """What must be said before the server listens to other machines."""
        bare = [program("linktor-igd"), "--data-dir", self.path("bare"),
                "--master-key-file", self.path("master.key"),
                "--grpc-listen", SERVER_IP + ":50052", "--webhook-listen",
                SERVER_IP + ":8444", "--admin-listen", SERVER_IP + ":9091"]
        done = run(self.net.on_server(bare), expect=2)
        for text in ("--auth keys", "--grpc-tls-cert", "--webhook-tls-cert",
                     "--allow-admin-from-other-machines"):
            if text not in done.stderr:
                raise Wrong("a server without protection should name %s:\n%s" %
                            (text, done.stderr))
        waived = Background(self.net.on_server(
            bare + ["--allow-grpc-without-keys", "--allow-grpc-without-tls",
                    "--allow-webhook-without-tls",
                    "--allow-admin-from-other-machines"]),
                            self.path("waived.log"))
        try:
            waived.wait_for("ready ")
        finally:
            waived.stop()
        say("without protection it does not start, unless that is said")

    def check_disk_full(self):
        """A full disk is not ready, and is ready again when there is room."""
        disk = self.path("disk")
        os.mkdir(disk)
        run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk])
        full = None
        try:
            full = Background(self.net.on_server(
                [program("linktor-igd"), "--data-dir", disk + "/data",
                 "--master-key-file", self.path("master.key"),
                 "--grpc-listen", "127.0.0.1:50053", "--webhook-listen",
                 "127.0.0.1:8445", "--admin-listen", "127.0.0.1:9092",
                 "--graph-facebook-url", "http://" + INSTAGRAM]),
                              self.path("full.log"))
            full.wait_for("ready ")
            self.await_ready("200")
            filler = os.path.join(disk, "filler")
            with open(filler, "wb", buffering=0) as out:
                try:
                    while out.write(bytes(4096)) > 0:
                        pass
                except OSError:
                    pass
            body = {"channel": {"id": "ch_%s", "instagramAccountId": "1",
                                "pageId": "2"}}
            for number in range(2000):
                body["channel"] = {"id": "ch_%d" % number, "name": "x" * 150,
                                   "instagramAccountId": str(1000 + number),
                                   "pageId": str(100000 + number)}
                done = run(self.net.on_server(
                    [self.grpcurl_program, "-plaintext", "-d",
                     json.dumps(body), "127.0.0.1:50053",
                     SERVICE + "ChannelService/CreateChannel"]), expect=None)
                if "DISK_FULL" in done.stdout + done.stderr:
                    break
            else:
                raise Wrong("the disk never became full")
            self.await_ready("503")
            self.expect_traces(full.log, 1)
            os.remove(filler)
            self.await_ready("200")
            self.expect_traces(full.log, 0)
        finally:
            if full is not None:
                full.stop()
            run(["umount", disk], expect=None)
        say("a full disk is not ready, and is ready again when there is room")

    def expect_traces(self, log, disk_full):
        """What an operator has of a full disk: the line and the metrics."""
        with open(log, encoding="utf-8") as out:
            if '"event":"disk full"' not in out.read():
                raise Wrong("no line of the log tells of the full disk")
        metrics = run(self.net.on_server(
            ["curl", "-s", "-m", "5", "http://127.0.0.1:9092/metrics"])).stdout
        for line in ("linktor_disk_full %d" % disk_full,
                     'linktor_call_errors_total{method="CreateChannel",'
                     'reason="DISK_FULL"} 1'):
            if line not in metrics.splitlines():
                raise Wrong("/metrics lacks: " + line)

    def await_ready(self, status):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            done = run(self.net.on_server(
                ["curl", "-s", "-m", "5", "-o", "/dev/null", "-w",
                 "%{http_code}", "http://127.0.0.1:9092/readyz"]), expect=None)
            if done.stdout == status:
                return
            time.sleep(0.1)
        raise Wrong("/readyz does not become %s" % status)


def check(namespaces, folder):
    it = Check(namespaces, folder)
    server, emulator = it.start()
    try:
        emulator.wait_for("ready ")
        server.wait_for("ready ")
        it.prepare()
        it.check_clients()
        it.check_plaintext()
        it.check_webhook()
        it.check_refusals_to_start()
        it.check_disk_full()
        if server.stop() != 0:
            raise Wrong("the server did not stop cleanly")
        with open(server.log, encoding="utf-8") as log:
            text = log.read()
        for secret in (it.good, it.admin_key, APP_SECRET):
            if secret in text:
                raise Wrong("the server's log holds a secret")
    finally:
        server.stop()
        emulator.stop()


def main():
    folder = tempfile.mkdtemp(prefix="linktor-network-")
    try:
        with Namespaces() as namespaces:
            check(namespaces, folder)
    except (Wrong, OSError, subprocess.SubprocessError, ValueError,
            KeyError) as error:
        sys.exit("network.py: %s" % error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    say("callers from another machine are served and refused as they should")


if __name__ == "__main__":
    main()
