import { text } from "@linktor/instagram";
import assert from "node:assert/strict";
import test from "node:test";
import { FIRST_DELAY_MS, pause } from "../dist/delay.js";
import { DEFAULT_TIMEOUT_MS, LEAST_TIME_MS } from "../dist/repeat.js";
import { Reason } from "@linktor/instagram";
import {
  Code,
  dial,
  failFirst,
  failure,
  hello,
  plain,
  refusal,
  retryAfter,
  serve,
  TEST_TIMEOUT_MS,
} from "./support.js";

test("a send without a request id gets one", async (t) => {
  const fake = await serve(t);
  const { client } = dial(t, fake.address);
  const request = text("ch_1", "6101", "Hello");
  for (let i = 0; i < 2; i++) {
    const response = await client.send(request);
    assert.match(response.message.requestId, /^node-[0-9a-f]{32}$/);
  }
  assert.notEqual(fake.sends[0].requestId, fake.sends[1].requestId);
  assert.equal(request.requestId, "", "the caller's request was changed");
});

for (const [name, status] of Object.entries({
  "a broken connection": plain(Code.Unavailable),
  "a server that drains": refusal(Code.Unavailable, Reason.DRAINING),
  "a call that somebody cancelled": plain(Code.Canceled),
  "a fault of nobody": plain(Code.Internal),
  "an unknown end": plain(Code.Unknown),
  "a proxy's deadline": plain(Code.DeadlineExceeded),
})) {
  test(`a send is repeated with the same id after ${name}`, async (t) => {
    const fake = await serve(t, { send: failFirst(status, status) });
    const { client, waits } = dial(t, fake.address);
    await client.messages.send({ ...hello(), requestId: undefined });
    assert.equal(fake.sends.length, 3);
    assert.equal(new Set(fake.sends.map((one) => one.requestId)).size, 1);
    assert.equal(waits.length, 2);
    assert.ok(waits[0] >= FIRST_DELAY_MS / 2 && waits[1] >= FIRST_DELAY_MS, `${waits}`);
  });
}

test("a send ends with a refusal", async (t) => {
  for (const [reason, code] of [
    [Reason.RECIPIENT_NOT_FOUND, Code.NotFound],
    [Reason.RATE_LIMITED, Code.ResourceExhausted],
    [Reason.OUTSIDE_MESSAGING_WINDOW, Code.FailedPrecondition],
    [Reason.DEADLINE_TOO_SHORT, Code.DeadlineExceeded],
    [Reason.API_KEY_INVALID, Code.Unauthenticated],
  ]) {
    const fake = await serve(t, { send: failFirst(refusal(code, reason, retryAfter(1_000))) });
    const { client } = dial(t, fake.address);
    const error = await failure(client.messages.send(hello("order-17")));
    assert.equal(error.reason, reason);
    assert.equal(error.outcomeUnknown, false);
    assert.equal(error.requestId, "order-17");
    assert.equal(error.retryDelayMs, 1_000);
    assert.equal(fake.sends.length, 1);
  }
});

for (const [name, failures] of Object.entries({
  "the server says so": [refusal(Code.Unknown, Reason.SEND_OUTCOME_UNKNOWN)],
  "the server has failed": [refusal(Code.Internal, Reason.INTERNAL_FAULT)],
  "the first call still runs": [refusal(Code.Aborted, Reason.REQUEST_IN_FLIGHT)],
  "a proxy refuses": [plain(Code.Unimplemented, "404 Not Found")],
  // The key may have been disabled after the first call was accepted.
  "a call that got lost is followed by a refusal": [
    plain(Code.Unavailable),
    refusal(Code.Unauthenticated, Reason.API_KEY_DISABLED),
  ],
})) {
  test(`the outcome is unknown when ${name}`, async (t) => {
    const fake = await serve(t, { send: failFirst(...failures) });
    const { client } = dial(t, fake.address);
    const error = await failure(client.messages.send(hello()));
    assert.equal(error.outcomeUnknown, true);
    assert.equal(error.requestId, fake.sends[0].requestId);
    assert.equal(fake.sends.length, failures.length);
  });
}

test("a send waits as long as the server asks", async (t) => {
  const busy = refusal(Code.Unavailable, Reason.DRAINING, retryAfter(7_000));
  const fake = await serve(t, { send: failFirst(busy) });
  const { client, waits } = dial(t, fake.address);
  await client.messages.send(hello());
  assert.deepEqual(waits, [7_000]);
});

test("a send does not wait beyond its deadline", async (t) => {
  const busy = refusal(Code.Unavailable, Reason.DRAINING, retryAfter(3_600_000));
  const fake = await serve(t, { send: failFirst(busy) });
  const { client, waits } = dial(t, fake.address);
  const error = await failure(client.messages.send(hello()));
  assert.equal(error.reason, Reason.DRAINING);
  assert.deepEqual(waits, []);
  assert.equal(fake.sends.length, 1);
});

// The server would refuse a last call, because too little time is left. That
// refusal would hide that an earlier call may have been done.
test("a send leaves time for the server", async (t) => {
  const fake = await serve(t, { send: failFirst(plain(Code.Unavailable)) });
  const { client } = dial(t, fake.address);
  const options = { timeoutMs: LEAST_TIME_MS };
  const error = await failure(client.messages.send(hello(), options));
  assert.equal(error.code, "UNAVAILABLE");
  assert.equal(error.outcomeUnknown, true);
  assert.equal(fake.sends.length, 1);
});

test("a send has a deadline, which the server is told", async (t) => {
  const left = [];
  const fake = await serve(t, { send: (_, context) => left.push(context.timeoutMs()) });
  const { client } = dial(t, fake.address);
  for (const timeoutMs of [undefined, 3_000.5, 1e12]) {
    await client.messages.send(hello(), { timeoutMs });
  }
  assert.ok(left[0] > DEFAULT_TIMEOUT_MS - TEST_TIMEOUT_MS && left[0] <= DEFAULT_TIMEOUT_MS);
  assert.ok(left[1] <= 3_001, `${left}`);
  assert.ok(left[2] > 3_600_000, `${left}`);
});

test("a send ends at its deadline", async (t) => {
  const fake = await serve(t, {
    send: (_, { signal }) => new Promise((end) => (signal.onabort = end)),
  });
  const { client } = dial(t, fake.address);
  const error = await failure(client.messages.send(hello("r1"), { timeoutMs: 100 }));
  assert.equal(error.code, "DEADLINE_EXCEEDED");
  assert.equal(error.outcomeUnknown, true);
  assert.equal(fake.sends.length, 1);
});

test("a send ends with its signal", async (t) => {
  const stop = new AbortController();
  const fake = await serve(t, {
    send: (_, { signal }) => {
      stop.abort();
      return new Promise((end) => (signal.onabort = end));
    },
  });
  const { client } = dial(t, fake.address);
  const error = await failure(client.messages.send(hello(), { signal: stop.signal }));
  assert.equal(error.cause, stop.signal.reason);
  assert.equal(error.outcomeUnknown, true);
  assert.equal(fake.sends.length, 1);
});

test("a send ends with its signal while it waits", async (t) => {
  const stop = new AbortController();
  const fake = await serve(t, {
    send: failFirst(refusal(Code.Unavailable, Reason.GRAPH_UNAVAILABLE)),
  });
  const { client, core } = dial(t, fake.address);
  core.pause = (_, ...signals) => {
    stop.abort();
    return pause(TEST_TIMEOUT_MS, ...signals);
  };
  const error = await failure(client.messages.send(hello(), { signal: stop.signal }));
  assert.equal(error.cause, stop.signal.reason);
  assert.equal(error.outcomeUnknown, false);
});

test("a send whose signal has aborted calls nobody", async (t) => {
  const fake = await serve(t);
  const { client } = dial(t, fake.address);
  const signal = AbortSignal.abort();
  const error = await failure(client.messages.send(hello("order-17"), { signal }));
  assert.equal(error.code, "CANCELLED");
  assert.equal(error.cause, signal.reason);
  assert.equal(error.requestId, "order-17");
  assert.equal(error.outcomeUnknown, false);
  assert.equal(fake.sends.length, 0);
});

test("a send ends with the client", async (t) => {
  const fake = await serve(t, { send: () => client.close() });
  const { client, waits } = dial(t, fake.address);
  const error = await failure(client.messages.send(hello()));
  assert.equal(error.outcomeUnknown, true);
  assert.deepEqual(waits, []);
  await assert.rejects(client.messages.send(hello()), /the client is closed/);
  await assert.rejects(client.messaging.getMessage({}), /the client is closed/);
  assert.equal(fake.sends.length, 1);
});

test("a text that is not valid Unicode is refused", async (t) => {
  const fake = await serve(t);
  const { client } = dial(t, fake.address);
  for (const send of [
    () => client.send(text("ch_1", "6101", "caf\ud83d")),
    () => client.messages.send({ ...hello(), content: { text: "\ude00" } }),
    () =>
      client.setIceBreakers({
        channelId: "ch_1",
        iceBreakers: [{ question: "\ud83d?", payload: "x" }],
      }),
  ]) {
    await assert.rejects(send, { name: "TypeError", message: /invalid UTF8/ });
  }
  await client.messages.send({ ...hello(), content: { text: "\ud83d\ude00" } });
  assert.equal(fake.sends.length, 1);
});

test("a value of a wrong type is refused", async (t) => {
  const { client } = dial(t, "127.0.0.1:1");
  await assert.rejects(client.send({ channelId: 17 }), { name: "TypeError" });
  await assert.rejects(client.setIceBreakers({ channelId: {} }), { name: "TypeError" });
});

test("a send goes on after the server has started again", async (t) => {
  let arrived;
  const here = new Promise((resolve) => (arrived = resolve));
  const fake = await serve(t, {
    send: (_, { signal }) => {
      arrived();
      // The answer is lost.
      return new Promise((end) => (signal.onabort = end));
    },
  });
  const { client, core } = dial(t, fake.address);
  core.pause = pause;
  const sending = client.messages.send(hello());
  await here;
  await fake.stop();
  const port = Number(fake.address.split(":")[1]);
  const second = await serve(t, { listen: { port } });
  const { message } = await sending;
  assert.equal(message.requestId, fake.sends[0].requestId);
  assert.equal(second.sends.length, 1);
});

test("setting ice breakers is repeated", async (t) => {
  const fake = await serve(t, { send: failFirst(plain(Code.Unavailable)) });
  const { client } = dial(t, fake.address);
  const iceBreakers = [{ question: "What is new?", payload: "NEW" }];
  const response = await client.instagram.setIceBreakers({ channelId: "ch_1", iceBreakers });
  assert.equal(fake.iceBreakers.length, 2);
  assert.equal(response.iceBreakers[0].question, "What is new?");
});
