import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { MessagingService } from "@linktor/instagram/v1";
import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connection, PINGS } from "../dist/connection.js";
import {
  batch,
  dial,
  failure,
  first,
  follow,
  hello,
  serve,
  silent,
  startProxy,
  TEST_TIMEOUT_MS,
} from "./support.js";

// Three of these intervals pass quickly. This interval is for tests that wait
// until a stream counts as silent.
const SHORT_MS = 20;
// Three of these intervals are longer than any pause of a slow machine. This
// interval is for tests in which no stream is silent.
const LONG_MS = 300;

test("a stream that is silent is left for a new connection", async (t) => {
  const fake = await serve(t, {
    async *subscribe(n, context) {
      yield n === 0 ? first("a", SHORT_MS, "a") : first("b", 60_000, "b");
      await silent(context);
    },
  });
  const { client } = dial(t, fake.address);
  const breaks = [];
  const onBreak = (error) => breaks.push(error.message);
  assert.deepEqual(await follow(client, {}, 2, { onBreak }), ["a", "b"]);
  assert.deepEqual(breaks, ["nothing was heard for three heartbeat intervals"]);
  assert.equal(fake.streams[1].start.value, "a");
  assert.notEqual(fake.callers[0], fake.callers[1]);
});

test("a first response that does not come is a silence", async (t) => {
  const fake = await serve(t, {
    async *subscribe(n, context) {
      if (n > 0) {
        yield first("b", 60_000, "b");
      }
      await silent(context);
    },
  });
  const { client, core } = dial(t, fake.address);
  assert.equal(core.firstResponseMs, 15_000);
  core.firstResponseMs = LONG_MS;
  const request = { heartbeatInterval: durationFromMs(1) };
  const begin = performance.now();
  assert.deepEqual(await follow(client, request, 1), ["b"]);
  // Three of the intervals that the request asked for are much shorter than
  // this.
  assert.ok(performance.now() - begin >= LONG_MS - 1);
  assert.equal(fake.streams.length, 2);
});

test("heartbeats keep a stream", async (t) => {
  const beats = 12;
  const fake = await serve(t, {
    async *subscribe(_, context) {
      yield first("a", LONG_MS);
      // Together the heartbeats take longer than the stream may be silent.
      for (let i = 0; i < beats; i++) {
        await sleep((4 * LONG_MS) / beats);
        yield batch("a");
      }
      yield batch("b", "b");
      await silent(context);
    },
  });
  const { client } = dial(t, fake.address);
  let heard = 0;
  assert.deepEqual(await follow(client, {}, 1, { onResponse: () => heard++ }), ["b"]);
  assert.equal(fake.streams.length, 1);
  assert.equal(heard, beats + 2);
});

// While the application works on an event, the client does not wait for the
// server. This time must not count as silence.
test("a slow application is no silence", async (t) => {
  let done;
  const worked = new Promise((resolve) => (done = resolve));
  const fake = await serve(t, {
    async *subscribe(_, context) {
      yield first("a", LONG_MS);
      yield batch("b", "b");
      await worked;
      yield batch("c", "c");
      await silent(context);
    },
  });
  const { client } = dial(t, fake.address);
  const got = [];
  for await (const event of client.subscribe()) {
    got.push(event.cursor);
    if (got.length === 2) {
      break;
    }
    await sleep(4 * LONG_MS);
    done();
  }
  assert.deepEqual(got, ["b", "c"]);
  assert.equal(fake.streams.length, 1);
});

// While a program computes, it neither runs its timers nor reads what has
// arrived. This time must not count as silence.
test("a program that is busy elsewhere hears no silence", async (t) => {
  const fake = await serve(t, {
    async *subscribe(_, context) {
      yield first("a", LONG_MS);
      await sleep(LONG_MS);
      yield batch("b", "b");
      await silent(context);
    },
  });
  const { client } = dial(t, fake.address);
  const busy = new Int32Array(new SharedArrayBuffer(4));
  const onResponse = ({ subscribed }) => {
    if (subscribed) {
      setImmediate(() => Atomics.wait(busy, 0, 0, 5 * LONG_MS));
    }
  };
  assert.deepEqual(await follow(client, {}, 1, { onResponse }), ["b"]);
  assert.equal(fake.streams.length, 1);
});

// A proxy that disappears without closing a connection leaves it open, but
// nothing comes on it any more. A second stream on that connection would hear
// nothing either.
test("a stream leaves a connection that is frozen", async (t) => {
  const fake = await serve(t, {
    async *subscribe(n, context) {
      yield n === 0 ? first("a", SHORT_MS, "a") : first("b", 60_000, "b");
      await silent(context);
    },
  });
  const proxy = await startProxy(t, fake.address);
  const { client } = dial(t, proxy.address);
  const got = [];
  for await (const event of client.subscribe({}, { onBreak() {} })) {
    got.push(event.cursor);
    if (got.length === 2) {
      break;
    }
    proxy.freeze();
  }
  assert.deepEqual(got, ["a", "b"]);
  assert.equal(fake.streams[1].start.value, "a");
});

// The server ends a connection with more than one ping every 10 s. Some proxies
// accept even fewer pings, and a stream with heartbeats needs none.
test("pings are rare", () => {
  assert.ok(PINGS.pingIntervalMs > 15_000);
  assert.equal(PINGS.pingIdleConnection, false);
  assert.ok(PINGS.pingIntervalMs + PINGS.pingTimeoutMs < 3 * 15_000);
});

/** Returns a connection without a client, with these settings of pings. */
function direct(address, pings) {
  const [host, port] = address.split(":");
  const target = { address: { host, port: Number(port) }, pinned: true };
  return connection(target, { ...PINGS, ...pings });
}

test("a call on a connection that is frozen ends with UNAVAILABLE", async (t) => {
  let arrived;
  const here = new Promise((resolve) => (arrived = resolve));
  const fake = await serve(t, {
    async send(n, { signal }) {
      if (n === 0) {
        arrived();
        await new Promise((end) => (signal.onabort = end));
      }
    },
  });
  const proxy = await startProxy(t, fake.address);
  const link = direct(proxy.address, { pingIntervalMs: 50, pingTimeoutMs: 50 });
  t.after(() => link.close());
  const stub = createClient(MessagingService, link.transport);
  const call = failure(stub.sendMessage(hello(), { timeoutMs: TEST_TIMEOUT_MS }));
  await here;
  proxy.freeze();
  assert.equal((await call).code, "UNAVAILABLE");
  // The next call takes a new connection, even when Node has not yet told the
  // library that the old connection has ended.
  assert.equal((await stub.sendMessage(hello())).message.id, "msg_1");
});

test("a call whose connection is cut ends with UNAVAILABLE", async (t) => {
  let arrived;
  const fake = await serve(t, {
    send: (_, { signal }) => {
      arrived();
      return new Promise((end) => (signal.onabort = end));
    },
  });
  const proxy = await startProxy(t, fake.address);
  const { client } = dial(t, proxy.address);
  for (let i = 0; i < 20; i++) {
    const here = new Promise((resolve) => (arrived = resolve));
    const call = failure(client.messaging.sendMessage(hello()));
    await here;
    proxy.cut();
    const error = await call;
    assert.equal(error.code, "UNAVAILABLE", String(error));
    assert.equal(error.reason, "");
  }
});

test("a client that is closed calls its end no fault", async (t) => {
  const fake = await serve(t);
  const { client } = dial(t, fake.address);
  const goaway = once(fake.server, "session").then(([session]) => once(session, "goaway"));
  await client.messages.send(hello());
  client.close();
  const [code] = await goaway;
  assert.equal(code, constants.NGHTTP2_NO_ERROR);
});

/** Freezes a connection that was idle, and begins a call on it. */
async function callOnIdle(t) {
  const fake = await serve(t);
  const proxy = await startProxy(t, fake.address);
  const link = direct(proxy.address, { pingIntervalMs: 20, pingTimeoutMs: TEST_TIMEOUT_MS });
  t.after(() => link.close());
  const stub = createClient(MessagingService, link.transport);
  await stub.sendMessage(hello());
  await sleep(40);
  proxy.freeze();
  const heard = proxy.heard();
  const call = stub.sendMessage(hello(), { timeoutMs: TEST_TIMEOUT_MS });
  call.catch(() => {});
  // The library sends a ping to see whether the connection still works.
  await heard;
  return { fake, proxy, link, call };
}

test("a connection that ends before a call begins is replaced", async (t) => {
  const { fake, proxy, call } = await callOnIdle(t);
  const begin = performance.now();
  proxy.end();
  assert.equal((await call).message.id, "msg_1");
  assert.ok(performance.now() - begin < TEST_TIMEOUT_MS / 2);
  assert.equal(fake.sends.length, 2);
});

test("a call that has not begun when the client is closed never does", async (t) => {
  const { fake, link, call } = await callOnIdle(t);
  link.close();
  assert.equal((await failure(call)).code, "CANCELLED");
  assert.equal(fake.sends.length, 1);
});
