import { CursorStoreError, Reason } from "@linktor/instagram";
import * as v1 from "@linktor/instagram/v1";
import assert from "node:assert/strict";
import { once } from "node:events";
import test from "node:test";
import { FIRST_DELAY_MS, pause } from "../dist/delay.js";
import {
  batch,
  Code,
  delay,
  dial,
  failure,
  first,
  follow,
  plain,
  refusal,
  retryAfter,
  serve,
  silent,
} from "./support.js";

const LONG_MS = 60_000;
const EARLIEST = { start: { case: "position", value: v1.Position.EARLIEST } };

/**
 * Makes the function `subscribe` of `serve` from one answer for each stream.
 * The last answer also serves all later streams.
 */
function streams(...answers) {
  return async function* (n, context) {
    const answer = answers[Math.min(n, answers.length - 1)];
    yield* typeof answer === "function" ? answer(context) : answer;
  };
}

/** Makes a stream that gives the responses and stays open. */
function open(...responses) {
  return async function* (context) {
    yield* responses;
    await silent(context);
  };
}

/** Makes a stream that gives the responses and ends, with the error if there is one. */
function ends(error, ...responses) {
  return async function* () {
    yield* responses;
    if (error !== undefined) {
      throw error;
    }
  };
}

/** This cursor store records the cursors that it was told to save. */
class Notes {
  saved = [];
  constructor(loaded) {
    this.loaded = loaded;
  }
  load() {
    return this.loaded;
  }
  save(cursor) {
    this.saved.push(cursor);
  }
}

for (const [name, error] of Object.entries({
  "a broken connection": plain(Code.Unavailable),
  "a server that drains": refusal(Code.Unavailable, Reason.DRAINING),
  "a server that is overloaded": refusal(Code.ResourceExhausted, Reason.OVERLOADED),
  "a fault of nobody": plain(Code.Internal),
  "a clean end": undefined,
})) {
  test(`a stream goes on after ${name}`, async (t) => {
    const fake = await serve(t, {
      subscribe: streams(
        ends(error, first("a", LONG_MS), batch("c", "b", "c")),
        // The filter hides the event d.
        ends(error, first("c", LONG_MS), batch("d")),
        open(first("e", LONG_MS, "e")),
      ),
    });
    const { client, waits } = dial(t, fake.address);
    const request = { ...EARLIEST, types: ["instagram.*"] };
    assert.deepEqual(await follow(client, request, 3), ["b", "c", "e"]);
    const starts = fake.streams.map((one) => one.start.value);
    assert.deepEqual(starts, [v1.Position.EARLIEST, "c", "d"]);
    assert.deepEqual(fake.streams[2].types, ["instagram.*"]);
    // After a response, the waits begin again with the shortest one.
    assert.ok(waits.length === 2 && waits.every((ms) => ms <= FIRST_DELAY_MS), `${waits}`);
    assert.deepEqual(request.start, EARLIEST.start, "the caller's request was changed");
  });
}

for (const [reason, code] of [
  [Reason.CURSOR_EXPIRED, Code.OutOfRange],
  [Reason.CURSOR_REWOUND, Code.OutOfRange],
  [Reason.CURSOR_INVALID, Code.InvalidArgument],
  [Reason.INVALID_REQUEST, Code.InvalidArgument],
  [Reason.CHANNEL_NOT_FOUND, Code.NotFound],
  [Reason.NOT_AUTHORIZED, Code.PermissionDenied],
  [Reason.API_KEY_MISSING, Code.Unauthenticated],
  [Reason.API_KEY_DISABLED, Code.Unauthenticated],
]) {
  test(`a stream ends with ${reason}`, async (t) => {
    const subscribe = streams(ends(refusal(code, reason), first("a", LONG_MS)));
    const fake = await serve(t, { subscribe });
    const { client, waits } = dial(t, fake.address);
    const error = await failure(follow(client, {}, 1));
    assert.equal(error.reason, reason);
    assert.equal(fake.streams.length, 1);
    assert.deepEqual(waits, []);
  });
}

test("a stream waits longer each time", async (t) => {
  const gone = ends(plain(Code.Unavailable));
  const busy = refusal(Code.ResourceExhausted, Reason.OVERLOADED, retryAfter(60_000));
  const fake = await serve(t, {
    subscribe: streams(gone, gone, gone, ends(busy), open(first("a", LONG_MS, "a"))),
  });
  const { client, waits } = dial(t, fake.address);
  const told = [];
  const onBreak = (error, ms) => told.push([error.code, ms]);
  assert.deepEqual(await follow(client, {}, 1, { onBreak }), ["a"]);
  assert.deepEqual(
    told.map(([, ms]) => ms),
    waits,
  );
  for (const [i, ms] of waits.slice(0, 3).entries()) {
    assert.ok(ms >= delay(i, 0) && ms <= delay(i, 1), `wait ${i} was ${ms}`);
  }
  assert.deepEqual(told[3], ["RESOURCE_EXHAUSTED", 60_000]);
});

test("what was taken is saved", async (t) => {
  const fake = await serve(t, {
    subscribe: streams(open(first("a", LONG_MS), batch("d", "b", "c"), batch("e", "e"))),
  });
  const { client } = dial(t, fake.address);
  const cursorStore = new Notes();
  const before = [];
  for await (const event of client.subscribe({}, { cursorStore })) {
    before.push([...cursorStore.saved]);
    if (event.cursor === "e") {
      break; // The loop does not ask again, so e is not taken.
    }
  }
  // The cursor of the start is saved, too, so that a reader that starts at
  // LATEST loses no event after a restart.
  assert.deepEqual(before, [["a"], ["a", "b"], ["a", "b", "d"]]);
  assert.deepEqual(cursorStore.saved, ["a", "b", "d"]);
});

test("a stream starts at the stored cursor", async (t) => {
  const fake = await serve(t, { subscribe: streams(open(first("b", LONG_MS, "b"))) });
  const { client } = dial(t, fake.address);
  const request = { start: { case: "afterCursor", value: "x" } };
  await follow(client, request, 1, { cursorStore: new Notes("a") });
  await follow(client, request, 1, { cursorStore: new Notes("") });
  assert.deepEqual(
    fake.streams.map((one) => one.start.value),
    ["a", "x"],
  );
});

test("a stream ends with its store", async (t) => {
  const fake = await serve(t, { subscribe: streams(open(first("b", LONG_MS, "a", "b"))) });
  const { client } = dial(t, fake.address);
  const broken = (what) => ({
    load: () => (what === "load" ? Promise.reject(new Error("no such table")) : undefined),
    save: () => {
      throw new Error("the disk is full");
    },
  });
  const events = client.subscribe({}, { cursorStore: broken("save") });
  assert.equal((await events.next()).value.cursor, "a");
  const full = { name: "CursorStoreError", message: /cannot be saved: the disk is full/ };
  await assert.rejects(events.next(), full);
  const unread = client.subscribe({}, { cursorStore: broken("load") });
  await assert.rejects(unread.next(), (error) => {
    assert.ok(error instanceof CursorStoreError);
    assert.match(error.message, /cannot be loaded: no such table/);
    return true;
  });
  assert.equal(fake.streams.length, 1);
});

test("a stream ends with its signal", async (t) => {
  const fake = await serve(t, { subscribe: streams(open(first("b", LONG_MS, "a", "b"))) });
  const { client } = dial(t, fake.address);
  const stop = new AbortController();
  const cursorStore = new Notes();
  const got = [];
  const loop = async () => {
    for await (const event of client.subscribe({}, { cursorStore, signal: stop.signal })) {
      got.push(event.cursor);
      stop.abort(new Error("enough"));
    }
  };
  await assert.rejects(loop(), /enough/);
  assert.deepEqual(got, ["a"]);
  // The event was taken, so its cursor is saved although the signal has
  // aborted.
  assert.deepEqual(cursorStore.saved, ["a"]);
  await once(fake.contexts[0].signal, "abort").catch(() => {});
});

test("a stream that is waited for ends with its signal", async (t) => {
  const fake = await serve(t, { subscribe: streams(open(first("a", LONG_MS))) });
  const { client } = dial(t, fake.address);
  const stop = new AbortController();
  const options = { signal: stop.signal, onResponse: () => setImmediate(() => stop.abort()) };
  await assert.rejects(client.subscribe({}, options).next(), { name: "AbortError" });
  await assert.rejects(client.subscribe({}, options).next(), { name: "AbortError" });
  assert.equal(fake.streams.length, 1);
});

test("a stream ends with the loop", async (t) => {
  let left;
  const gone = new Promise((resolve) => (left = resolve));
  const fake = await serve(t, {
    async *subscribe(_, context) {
      yield first("a", LONG_MS, "a");
      await silent(context);
      left();
    },
  });
  const { client } = dial(t, fake.address);
  assert.deepEqual(await follow(client, {}, 1), ["a"]);
  await gone;
});

test("a stream ends with the client", async (t) => {
  const fake = await serve(t, { subscribe: streams(open(first("b", LONG_MS, "b"))) });
  const { client } = dial(t, fake.address);
  const events = client.subscribe();
  await events.next();
  const waiting = events.next();
  client.close();
  await assert.rejects(waiting, /the client is closed/);
  await assert.rejects(client.subscribe().next(), /the client is closed/);
});

test("a stream ends with the client while it waits", async (t) => {
  const drain = refusal(Code.Unavailable, Reason.DRAINING, retryAfter(3_600_000));
  const fake = await serve(t, { subscribe: streams(ends(drain)) });
  const { client, core } = dial(t, fake.address);
  core.pause = pause;
  const onBreak = () => setImmediate(() => client.close());
  await assert.rejects(follow(client, {}, 1, { onBreak }), /the client is closed/);
});

test("a request that cannot be sent is refused at once", (t) => {
  const { client } = dial(t, "127.0.0.1:1");
  assert.throws(() => client.subscribe({ userIds: ["\ud83d"] }), /invalid UTF8/);
  assert.throws(() => client.subscribe({ userIds: [17] }), { name: "TypeError" });
});

test("a hook that fails ends the stream", async (t) => {
  const fake = await serve(t, { subscribe: streams(open(first("a", LONG_MS, "a"))) });
  const { client } = dial(t, fake.address);
  const onResponse = (response) => {
    assert.equal(response.subscribed, true);
    throw new Error("the hook");
  };
  await assert.rejects(follow(client, {}, 1, { onResponse }), /the hook/);
});

test("without a hook a break is a warning of Node", async (t) => {
  const fake = await serve(t, {
    subscribe: streams(ends(plain(Code.Unavailable, "gone")), open(first("a", LONG_MS, "a"))),
  });
  const { client } = dial(t, fake.address);
  const warned = once(process, "warning");
  assert.deepEqual(await follow(client, {}, 1, { onBreak: undefined }), ["a"]);
  const [warning] = await warned;
  assert.equal(warning.name, "LinktorWarning");
  assert.match(warning.message, /UNAVAILABLE: gone/);
});
