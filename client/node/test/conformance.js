// This is the driver of tests/conformance for this package. It reads commands
// from standard input, one JSON object a line. It answers each command with a
// line on standard output. tests/conformance/README.md describes the protocol.
import { fromJson, toJson } from "@bufbuild/protobuf";
import {
  CursorStoreError,
  EventType,
  FileCursorStore,
  Linktor,
  LinktorError,
  Reason,
} from "@linktor/instagram";
import * as v1 from "@linktor/instagram/v1";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** This subscription asks for an event only when the driver is told to. */
class Subscribed {
  constructor(client, request, cursorFile) {
    this.state = { subscribed: 0, caught_up: false, breaks: [] };
    this.stopping = new AbortController();
    const options = {
      signal: this.stopping.signal,
      onResponse: (response) => {
        this.state.subscribed += response.subscribed ? 1 : 0;
        this.state.caught_up = response.caughtUp;
      },
      onBreak: (error) => this.state.breaks.push(described(error)),
    };
    if (cursorFile !== undefined) {
      options.cursorStore = new FileCursorStore(cursorFile);
    }
    this.events = client.subscribe(request, options);
  }

  async next(timeoutMs) {
    // After a failure, the generator itself would only say that it has ended.
    this.asked ??= this.failure ?? this.events.next().then(given, (error) => ({ error }));
    const ended = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: ended.signal }).catch(() => {});
    const answer = await Promise.race([this.asked, late]);
    ended.abort();
    if (answer === undefined) {
      return { ok: { timeout: true } };
    }
    this.failure = answer.error === undefined ? undefined : this.asked;
    this.asked = undefined;
    return answer.error === undefined ? answer : { error: described(answer.error) };
  }

  async stop() {
    this.stopping.abort();
    await this.asked;
    await this.events.return();
  }
}

/** Returns the answer to the command "next" for a result of the generator. */
function given({ done, value }) {
  if (done) {
    return { ok: { ended: true } };
  }
  const field = v1.EventSchema.field[value.payload.case]?.name ?? "";
  return { ok: { event: toJson(v1.EventSchema, value), payload: field } };
}

/** Returns the error as the protocol spells it. */
function described(error) {
  if (error instanceof LinktorError) {
    return {
      kind: "rpc",
      code: error.code,
      message: error.message,
      reason: error.reason,
      remedy: error.remedy,
      metadata: error.metadata,
      violations: error.violations,
      retry_delay_ms: error.retryDelayMs,
      request_id: error.requestId,
      outcome_unknown: error.outcomeUnknown,
    };
  }
  const kind = error instanceof CursorStoreError ? "store" : "usage";
  return { kind, message: error.message };
}

// These are the names that the generated clients have in a Linktor object.
const stubs = {
  AccessService: "access",
  ChannelService: "channels",
  EventService: "events",
  MessagingService: "messaging",
  ServerService: "server",
};

let client;
const subscriptions = new Map();

async function close() {
  await Promise.all([...subscriptions.values()].map((one) => one.stop()));
  subscriptions.clear();
  client?.close();
  client = undefined;
}

function responded(schema, response) {
  return { ok: { response: toJson(schema, response) } };
}

const verbs = {
  constants: () => ({
    ok: { reasons: Object.values(Reason), types: Object.values(EventType) },
  }),

  async connect({ address, api_key, plaintext, tls }) {
    await close();
    const files = tls && {
      caFile: tls.ca_file,
      certFile: tls.cert_file,
      keyFile: tls.key_file,
      serverName: tls.server_name,
    };
    client = new Linktor({
      server: address,
      apiKey: api_key,
      tls: files,
      plaintextToOtherMachines: plaintext,
    });
    return { ok: {} };
  },

  async send({ request, timeout_ms: timeoutMs }) {
    const response = await client.messages.send(request, { timeoutMs });
    return responded(v1.SendMessageResponseSchema, response);
  },

  async set_ice_breakers({ request, timeout_ms: timeoutMs }) {
    const given = fromJson(v1.SetIceBreakersRequestSchema, request);
    const response = await client.setIceBreakers(given, { timeoutMs });
    return responded(v1.SetIceBreakersResponseSchema, response);
  },

  async call({ method, request, timeout_ms: timeoutMs }) {
    const [service, name] = method.split(".");
    const called = v1[service].methods.find((one) => one.name === name);
    const given = fromJson(called.input, request);
    const response = await client[stubs[service]][called.localName](given, { timeoutMs });
    return responded(called.output, response);
  },

  subscribe({ sub, request, cursor_file }) {
    const given = fromJson(v1.SubscribeEventsRequestSchema, request);
    subscriptions.set(sub, new Subscribed(client, given, cursor_file));
    return { ok: {} };
  },

  next: ({ sub, timeout_ms }) => subscriptions.get(sub).next(timeout_ms),
  state: ({ sub }) => ({ ok: subscriptions.get(sub).state }),

  async stop({ sub }) {
    await subscriptions.get(sub).stop();
    subscriptions.delete(sub);
    return { ok: {} };
  },

  async close() {
    await close();
    return { ok: {} };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = await verbs[command.do](command);
  } catch (error) {
    answer = { error: described(error) };
  }
  process.stdout.write(`${JSON.stringify({ id: command.id, ...answer })}\n`);
}
await close();
