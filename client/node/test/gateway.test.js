// The client talks to the real server here. The variable LINKTOR_BIN_DIR names
// the folder of the server.
import { EventType, FileCursorStore, Reason } from "@linktor/instagram";
import * as v1 from "@linktor/instagram/v1";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { CHANNEL, history, readyGateway, skip, startGateway } from "./gateway.js";
import { failure, TEST_TIMEOUT_MS } from "./support.js";

const CUSTOMER = "6101";
const options = { skip: skip(), timeout: 4 * TEST_TIMEOUT_MS };

async function take(events, count) {
  const got = [];
  for await (const event of events) {
    got.push(event);
    if (got.length === count) {
      return got;
    }
  }
}

test("a customer writes and is answered", options, async (t) => {
  const gateway = await readyGateway(t);
  const client = gateway.client();
  await client.instagram.setIceBreakers({
    channelId: CHANNEL,
    iceBreakers: [{ question: "What is new?", payload: "NEW" }],
  });
  await gateway.says(CUSTOMER, "Do you have this in M?");
  const [event] = await take(history(client, EventType.MESSAGE_RECEIVED), 1);
  assert.equal(event.payload.case, "messageReceived");
  assert.equal(event.payload.value.text, "Do you have this in M?");
  const answer = {
    channelId: event.channelId,
    to: event.userId,
    content: { text: "Which colour?", quickReplies: [{ title: "Blue", payload: "BLUE" }] },
    requestId: `answer-${event.payload.value.id}`,
  };
  const first = await client.messages.send(answer);
  assert.equal(first.message.state, v1.MessageState.SENT);
  assert.equal(first.replayed, false);
  const again = await client.messages.send(answer);
  assert.equal(again.message.id, first.message.id);
  assert.equal(again.replayed, true);
  await gateway.instagram("POST", "taps", { from: CUSTOMER, title: "Blue" });
  await gateway.instagram("POST", "taps", { from: CUSTOMER, title: "What is new?" });
  const [tap] = await take(history(client, EventType.QUICK_REPLY), 1);
  const [postback] = await take(history(client, EventType.POSTBACK), 1);
  assert.deepEqual(
    [tap.payload.value.payload, postback.payload.value.payload],
    ["BLUE", "NEW"],
  );
});

test("what the server refuses", options, async (t) => {
  const gateway = await readyGateway(t);
  const client = gateway.client();
  const hello = { channelId: CHANNEL, to: CUSTOMER, content: { text: "Hello" } };
  const empty = await failure(client.messages.send({ ...hello, to: "", content: {} }));
  assert.equal(empty.reason, Reason.INVALID_REQUEST);
  assert.ok(empty.violations.length >= 2 && empty.remedy !== "");
  const fault = { on: "messages", kind: "graph_error", code: 100, subcode: 2534014 };
  await gateway.instagram("POST", "faults", fault);
  const nobody = await failure(client.messages.send(hello));
  assert.equal(nobody.reason, Reason.RECIPIENT_NOT_FOUND);
  assert.equal(nobody.metadata.graph_code, "100");
  assert.equal(nobody.outcomeUnknown, false);
  await gateway.instagram("POST", "faults", { on: "messages", kind: "accept_then_close" });
  const lost = await failure(client.messages.send(hello));
  assert.equal(lost.reason, Reason.SEND_OUTCOME_UNKNOWN);
  assert.ok(lost.outcomeUnknown && lost.requestId !== "");
  const damaged = { start: { case: "afterCursor", value: "damaged" } };
  const cursor = await failure(client.subscribe(damaged).next());
  assert.equal(cursor.reason, Reason.CURSOR_INVALID);
});

test("a stream goes on across a killed server", options, async (t) => {
  const gateway = await readyGateway(t);
  const client = gateway.client();
  const texts = ["0", "1", "2", "3", "4", "5"];
  for (const text of texts.slice(0, 3)) {
    await gateway.says(CUSTOMER, text);
  }
  const cursorStore = new FileCursorStore(join(gateway.folder, "cursor"));
  const got = [];
  const onBreak = () => {};
  for await (const event of history(client, EventType.MESSAGE_RECEIVED, {
    cursorStore,
    onBreak,
  })) {
    got.push(event.payload.value.text);
    if (event.payload.value.text === "2") {
      await gateway.stop("SIGKILL");
      await gateway.start();
      for (const text of texts.slice(3)) {
        await gateway.says(CUSTOMER, text);
      }
    }
    if (got.length === texts.length) {
      break;
    }
  }
  assert.deepEqual(got, texts);
});

test("a send waits for a server that restarts", options, async (t) => {
  const gateway = await readyGateway(t);
  await gateway.stop("SIGKILL");
  const content = { text: "Patient" };
  const sending = gateway.client().messages.send({ channelId: CHANNEL, to: CUSTOMER, content });
  await gateway.start();
  assert.equal((await sending).message.state, v1.MessageState.SENT);
});

test("API keys", options, async (t) => {
  const gateway = await startGateway(t, "keys");
  const missing = await failure(gateway.client().channels.listChannels({}));
  assert.equal(missing.reason, Reason.API_KEY_MISSING);
  const manager = gateway.client({ apiKey: gateway.bootstrapKey() });
  const { apiKey, secret } = await manager.access.createApiKey({
    apiKey: { permissions: [v1.Permission.READ_EVENTS] },
  });
  const reader = gateway.client({ apiKey: secret });
  const content = { text: "Hello" };
  const sending = reader.messages.send({ channelId: CHANNEL, to: CUSTOMER, content });
  assert.equal((await failure(sending)).reason, Reason.NOT_AUTHORIZED);
  let begun;
  const begin = new Promise((resolve) => (begun = resolve));
  const next = failure(reader.subscribe({}, { onResponse: begun }).next());
  assert.equal((await begin).subscribed, true);
  await manager.access.deleteApiKey({ apiKeyId: apiKey.id });
  assert.equal((await next).reason, Reason.API_KEY_INVALID);
});

test("the example", options, async (t) => {
  const gateway = await readyGateway(t);
  const path = fileURLToPath(new URL("../example/bot.js", import.meta.url));
  const bot = spawn(process.execPath, [path], {
    cwd: gateway.folder,
    env: { ...process.env, LINKTOR_IG_SERVER: gateway.address },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(bot, "exit");
  t.after(() => bot.kill("SIGKILL"));
  for await (const line of createInterface({ input: bot.stdout })) {
    assert.equal(line, "reading events; Ctrl-C ends");
    break;
  }
  const sent = history(gateway.client(), EventType.MESSAGE_SENT);
  const next = async () => (await sent.next()).value.payload.value;
  await gateway.says(CUSTOMER, "Hi!");
  assert.match((await next()).text, /^Hello!/);
  await gateway.instagram("POST", "taps", { from: CUSTOMER, title: "Shoes" });
  assert.equal((await next()).text, "You chose Shoes.");
  await gateway.says(CUSTOMER, "Thanks");
  await gateway.says("6102", "Hello");
  // Only a customer's first message is answered.
  assert.equal((await next()).userId, "6102");
  await sent.return();
  const { calls } = await gateway.instagram("GET", "graph-calls");
  assert.ok(JSON.stringify(calls).includes("What is new?"));
  bot.kill("SIGINT");
  assert.deepEqual(await exited, [0, null]);
});
