// The tests share these helpers: a server whose answers each test decides, a
// proxy that can freeze, and a client whose waits take no time.
import { create } from "@bufbuild/protobuf";
import { durationFromMs, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { EventType, Linktor, LinktorError } from "@linktor/instagram";
import * as v1 from "@linktor/instagram/v1";
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createSecureServer, createServer } from "node:http2";
import { connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { coreOf } from "../dist/client.js";
import { delay } from "../dist/delay.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "../dist/gen/google/rpc/error_details_pb.js";

export { Code, delay };

/** No step of a test takes this long, not even on a slow machine. */
export const TEST_TIMEOUT_MS = 30_000;

/** Returns a temporary folder, which is removed after the test. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "linktor-node-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Starts a server with the gateway's gRPC services, which ends with the test.
 * `send` and `subscribe` get the number of the call, counted from 0. The
 * fields of the result record the requests, the callers and the API keys.
 */
export async function serve(t, { send = () => {}, subscribe, listen = {}, tls } = {}) {
  const fake = { sends: [], iceBreakers: [], streams: [], callers: [], keys: [], contexts: [] };
  const note = (context) => {
    const key = context.requestHeader.get("authorization");
    fake.keys.push(...(key === null ? [] : [key]));
    fake.contexts.push(context);
  };
  const routes = (router) => {
    router.service(v1.MessagingService, {
      async sendMessage(request, context) {
        note(context);
        await send(fake.sends.push(request) - 1, context);
        return { message: { id: "msg_1", requestId: request.requestId } };
      },
    });
    router.service(v1.ChannelService, {
      async setIceBreakers(request, context) {
        await send(fake.iceBreakers.push(request) - 1, context);
        return { iceBreakers: request.iceBreakers };
      },
    });
    router.service(v1.EventService, {
      async *subscribeEvents(request, context) {
        note(context);
        yield* subscribe(fake.streams.push(request) - 1, context);
      },
    });
  };
  const handler = connectNodeAdapter({ routes });
  const caller = (request, response) => {
    fake.callers.push(request.socket.remotePort);
    handler(request, response);
  };
  const server = tls === undefined ? createServer(caller) : createSecureServer(tls, caller);
  fake.server = server;
  const sessions = new Set();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => {});
    session.once("close", () => sessions.delete(session));
  });
  server.listen(listen.path === undefined ? { host: "127.0.0.1", port: 0, ...listen } : listen);
  await once(server, "listening");
  fake.address =
    listen.path === undefined ? `127.0.0.1:${server.address().port}` : `unix:${listen.path}`;
  fake.stop = async () => {
    sessions.forEach((session) => session.destroy());
    if (server.listening) {
      server.close();
      await once(server, "close");
    }
  };
  t.after(fake.stop);
  return fake;
}

/**
 * Returns a client whose waits take no time, its Core, and the record of its
 * waits.
 */
export function dial(t, server, options = {}) {
  const client = new Linktor({ server, ...options });
  t.after(() => client.close());
  const waits = [];
  const core = coreOf(client);
  core.pause = async (ms) => {
    waits.push(ms);
  };
  return { client, core, waits };
}

/**
 * Makes an error as the server makes it, with more details if any are given.
 */
export function refusal(code, reason, ...details) {
  const metadata = { remedy: "the remedy", channel_id: "ch_1" };
  const info = { reason, domain: "instagram.linktor", metadata };
  const all = [{ desc: ErrorInfoSchema, value: info }, ...details];
  return new ConnectError("the message", code, undefined, all);
}

/** Makes an error without a reason, as proxies and libraries do. */
export function plain(code, message = "no reason") {
  return new ConnectError(message, code);
}

export function retryAfter(ms) {
  return { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(ms) } };
}

export function badRequest(field, description) {
  return { desc: BadRequestSchema, value: { fieldViolations: [{ field, description }] } };
}

export function errorInfo(reason, domain) {
  return { desc: ErrorInfoSchema, value: { reason, domain } };
}

/**
 * Returns a function for `send` of `serve`. Its first calls fail with the
 * errors, one error for each call; later calls succeed.
 */
export function failFirst(...failures) {
  return (n) => {
    if (n < failures.length) {
      throw failures[n];
    }
  };
}

/**
 * Makes the first response of a stream, with one event for each cursor in
 * `events`.
 */
export function first(cursor, intervalMs, ...events) {
  const heartbeatInterval = create(DurationSchema, durationFromMs(intervalMs));
  return { ...batch(cursor, ...events), subscribed: true, heartbeatInterval };
}

/**
 * Makes a response with one event for each cursor in `events`. Without events
 * it is a heartbeat.
 */
export function batch(cursor, ...events) {
  const type = EventType.MESSAGE_RECEIVED;
  return { cursor, events: events.map((one) => ({ id: one, cursor: one, type })) };
}

/** Keeps a stream open until the client ends it. */
export async function silent({ signal }) {
  if (!signal.aborted) {
    await once(signal, "abort");
  }
}

/** Reads `count` events and returns their cursors. */
export async function follow(client, request, count, options = {}) {
  const got = [];
  const signal = AbortSignal.timeout(TEST_TIMEOUT_MS);
  for await (const event of client.subscribe(request, { onBreak() {}, signal, ...options })) {
    got.push(event.cursor);
    if (got.length === count) {
      break;
    }
  }
  return got;
}

/** Returns the error of a call, which must fail with a LinktorError. */
export async function failure(promise) {
  const error = await promise.then(
    () => assert.fail("the call succeeded"),
    (reason) => reason,
  );
  assert.ok(error instanceof LinktorError, String(error?.stack ?? error));
  return error;
}

export function hello(requestId = "") {
  return { channelId: "ch_1", to: "6101", content: { text: "Hello" }, requestId };
}

/**
 * Starts a proxy that passes bytes to the address until it is frozen.
 * Connections that come after that are passed on as before.
 */
export async function startProxy(t, address) {
  const [host, port] = address.split(":");
  const sockets = new Set();
  let frozen = { now: false };
  const server = createTcpServer((incoming) => {
    const ice = frozen;
    const outgoing = connect(Number(port), host);
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ]) {
      sockets.add(from);
      from.on("data", (data) => ice.now || to.write(data));
      from.on("error", () => {});
      from.on("close", () => ice.now || to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return {
    address: `127.0.0.1:${server.address().port}`,
    /** Stops the connections made so far, but does not close them. */
    freeze() {
      frozen.now = true;
      frozen = { now: false };
    },
    /** Resets every connection. */
    cut() {
      sockets.forEach((socket) => socket.resetAndDestroy());
    },
    /** Closes every connection in the orderly way. */
    end() {
      sockets.forEach((socket) => socket.end());
    },
    /** Resolves when the next bytes arrive on any connection. */
    heard: () => Promise.race([...sockets].map((socket) => once(socket, "data"))),
  };
}
