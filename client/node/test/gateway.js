// This starts the real server and the emulator of Instagram, each on its own
// ports. The variable LINKTOR_BIN_DIR names the folder of the programs.
import { Linktor } from "@linktor/instagram";
import * as v1 from "@linktor/instagram/v1";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { folder } from "./support.js";

export const CHANNEL = "ch_instagram_123";
const ACCOUNT = "17841400000000001";
const PAGE = "100000000000001";

const programs = process.env.LINKTOR_BIN_DIR;

/**
 * Returns why the tests of the real server are skipped, or false when they are
 * not.
 */
export function skip() {
  if (programs === undefined && process.env.LINKTOR_ALL_TESTS === undefined) {
    return "LINKTOR_BIN_DIR does not name the folder of linktor-igd";
  }
  return false;
}

/**
 * Starts a program, and returns when the program has printed its line "ready".
 */
async function run(name, args) {
  assert.ok(programs, "LINKTOR_BIN_DIR does not name the folder of linktor-igd");
  const child = spawn(join(programs, name), args, { stdio: ["ignore", "pipe", "ignore"] });
  const exited = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, ...addresses] = line.split(" ");
    if (word === "ready") {
      child.stdout.resume();
      const ports = Object.fromEntries(addresses.map((one) => one.split("=")));
      return { child, exited, ports };
    }
  }
  throw new Error(`${name} ended before it was ready`);
}

async function stop({ child, exited }, signal = "SIGTERM") {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill(signal);
    await exited;
  }
}

/**
 * Starts a server and an emulator. With `auth` "keys" the server asks for API
 * keys.
 */
export async function startGateway(t, auth = "none") {
  const home = folder(t);
  const bootstrap = join(home, "bootstrap.key");
  const keys = [
    "--auth",
    auth,
    ...(auth === "keys" ? ["--bootstrap-key-file", bootstrap] : []),
  ];
  const masterKey = join(home, "master.key");
  writeFileSync(masterKey, "0f".repeat(32), { mode: 0o600 });
  const instagram = await run("linktor-ig-emulator", ["--listen", "127.0.0.1:0"]);
  t.after(() => stop(instagram));
  const graph = `http://${instagram.ports.http}`;
  let listen = { grpc: "127.0.0.1:0", webhook: "127.0.0.1:0", admin: "127.0.0.1:0" };
  let server;
  const gateway = {
    folder: home,
    async start() {
      const listens = Object.entries(listen).flatMap(([name, to]) => [`--${name}-listen`, to]);
      server = await run("linktor-igd", [
        ...["--data-dir", join(home, "data"), "--master-key-file", masterKey, ...listens],
        ...["--graph-facebook-url", graph, "--graph-instagram-url", graph, ...keys],
      ]);
      listen = server.ports;
      gateway.address = server.ports.grpc;
    },
    stop: (signal) => stop(server, signal),
    bootstrapKey: () => readFileSync(bootstrap, "utf8"),
    client(more = {}) {
      const client = new Linktor({ server: gateway.address, ...more });
      t.after(() => client.close());
      return client;
    },
    /** Calls the control API of the emulator, and returns its answer. */
    async instagram(method, what, body) {
      const init = { method, body: body && JSON.stringify(body) };
      const answer = await fetch(`${graph}/emulator/${what}`, init);
      const text = await answer.text();
      assert.equal(answer.status, 200, text);
      return JSON.parse(text);
    },
    says: (from, text) => gateway.instagram("POST", "messages", { from, text }),
    async createChannel(client) {
      const { channel } = await client.channels.createChannel({
        channel: { id: CHANNEL, instagramAccountId: ACCOUNT, pageId: PAGE },
        credentials: { accessToken: "t", appSecrets: ["secret"], verifyToken: "token" },
      });
      await gateway.instagram("PUT", "config", {
        account_id: ACCOUNT,
        page_id: PAGE,
        app_secret: "secret",
        verify_token: "token",
        webhook_url: `http://${listen.webhook}${channel.webhookPath}`,
      });
    },
  };
  await gateway.start();
  t.after(() => gateway.stop());
  return gateway;
}

/**
 * Starts a gateway whose server asks for no API keys, and makes its channel.
 */
export async function readyGateway(t) {
  const gateway = await startGateway(t);
  await gateway.createChannel(gateway.client());
  return gateway;
}

/** Returns the events of one type, from the beginning of the log on. */
export function history(client, type, options) {
  return client.subscribe(
    { start: { case: "position", value: v1.Position.EARLIEST }, types: [type] },
    options,
  );
}
