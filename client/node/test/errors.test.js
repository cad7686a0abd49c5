import { LinktorError, Reason } from "@linktor/instagram";
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import test from "node:test";
import { inspect } from "node:util";
import { errorOf, isRepeatable, isResumable } from "../dist/errors.js";
import {
  badRequest,
  Code,
  dial,
  errorInfo,
  failFirst,
  failure,
  hello,
  plain,
  refusal,
  retryAfter,
  serve,
} from "./support.js";

test("which statuses are repeated, and after which a stream is resumed", () => {
  for (const [code, reason, repeat, resume] of [
    ["UNAVAILABLE", "", true, true],
    ["UNAVAILABLE", Reason.DRAINING, true, true],
    ["UNAVAILABLE", Reason.GRAPH_UNAVAILABLE, true, true],
    ["UNAVAILABLE", "A_NEWER_REASON", true, true],
    ["CANCELLED", "", true, true],
    ["CANCELLED", "A_NEWER_REASON", false, true],
    ["INTERNAL", "", true, true],
    ["INTERNAL", Reason.INTERNAL_FAULT, false, false],
    ["UNKNOWN", "", true, true],
    ["UNKNOWN", Reason.SEND_OUTCOME_UNKNOWN, false, false],
    ["DEADLINE_EXCEEDED", "", true, true],
    ["DEADLINE_EXCEEDED", Reason.DEADLINE_TOO_SHORT, false, false],
    ["ABORTED", Reason.REQUEST_IN_FLIGHT, false, true],
    ["RESOURCE_EXHAUSTED", "", false, true],
    ["RESOURCE_EXHAUSTED", Reason.RATE_LIMITED, false, true],
    ["RESOURCE_EXHAUSTED", Reason.OVERLOADED, false, true],
    ["RESOURCE_EXHAUSTED", Reason.LIMIT_REACHED, false, true],
    ["INVALID_ARGUMENT", Reason.CURSOR_INVALID, false, false],
    ["OUT_OF_RANGE", Reason.CURSOR_EXPIRED, false, false],
    ["OUT_OF_RANGE", Reason.CURSOR_REWOUND, false, false],
    ["NOT_FOUND", Reason.CHANNEL_NOT_FOUND, false, false],
    ["UNAUTHENTICATED", Reason.API_KEY_MISSING, false, false],
    ["UNAUTHENTICATED", "", false, false],
    ["PERMISSION_DENIED", Reason.NOT_AUTHORIZED, false, false],
    ["FAILED_PRECONDITION", Reason.OUTSIDE_MESSAGING_WINDOW, false, false],
    ["UNIMPLEMENTED", "", false, false],
  ]) {
    assert.equal(isRepeatable({ code, reason }), repeat, `repeat ${code} ${reason}`);
    assert.equal(isResumable({ code, reason }), resume, `resume ${code} ${reason}`);
  }
});

test("an error has every detail", async (t) => {
  const fake = await serve(t, {
    send: failFirst(
      refusal(
        Code.InvalidArgument,
        Reason.INVALID_REQUEST,
        badRequest("to", "is required"),
        retryAfter(3_000),
      ),
    ),
  });
  const { client } = dial(t, fake.address);
  // The generated clients throw a LinktorError, too.
  const error = await failure(client.messaging.sendMessage({ channelId: "ch_1" }));
  assert.equal(error.name, "LinktorError");
  assert.equal(error.code, "INVALID_ARGUMENT");
  assert.equal(error.reason, "INVALID_REQUEST");
  assert.equal(error.message, "the message");
  assert.equal(error.remedy, "the remedy");
  assert.deepEqual(error.metadata, { channel_id: "ch_1" });
  assert.deepEqual(error.violations, [{ field: "to", description: "is required" }]);
  assert.equal(error.retryDelayMs, 3_000);
  assert.equal(
    String(error),
    "LinktorError: INVALID_ARGUMENT INVALID_REQUEST: the message; to: is required (what to do: the remedy)",
  );
  assert.match(inspect(error), /reason: 'INVALID_REQUEST'/);
});

test("a refusal after a lost call tells no remedy", () => {
  const unknown = (reason) =>
    String(
      Object.assign(errorOf(refusal(Code.Unavailable, reason)), {
        outcomeUnknown: true,
        requestId: "r1",
      }),
    );
  assert.match(unknown(Reason.DRAINING), /; it may have been done .*request id r1 only$/);
  assert.match(unknown(Reason.SEND_OUTCOME_UNKNOWN), /what to do: the remedy/);
});

test("an error of a proxy has no reason", () => {
  const error = errorOf(plain(Code.Internal));
  assert.equal(error.reason, "");
  const other = plain(Code.Internal);
  other.details = [errorInfo("BAD_GATEWAY", "proxy.example")];
  assert.equal(errorOf(other).reason, "");
  other.details.push(errorInfo(Reason.OVERLOADED, "instagram.linktor"));
  assert.equal(errorOf(other).reason, Reason.OVERLOADED);
});

test("codes are spelled as in gRPC", () => {
  const names = Object.values(Code).filter((code) => typeof code === "number");
  const spelled = names.map((code) => errorOf(plain(code)).code);
  assert.equal(spelled.length, 16);
  for (const one of ["CANCELLED", "DEADLINE_EXCEEDED", "DATA_LOSS", "UNAVAILABLE"]) {
    assert.ok(spelled.includes(one), `${spelled}`);
  }
});

test("a broken connection is UNAVAILABLE", () => {
  const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  assert.equal(errorOf(reset).code, "UNAVAILABLE");
  assert.equal(errorOf(new Error("wrapped", { cause: reset })).code, "UNAVAILABLE");
  const circular = new Error("circular");
  circular.cause = circular;
  assert.equal(errorOf(circular).code, "UNKNOWN");
});

test("the caller's own signal is the cause", async (t) => {
  const fake = await serve(t, {
    send: (_, { signal }) => new Promise((end) => (signal.onabort = end)),
  });
  const { client } = dial(t, fake.address);
  const signal = AbortSignal.timeout(50);
  const late = await failure(client.messaging.sendMessage({}, { signal }));
  assert.equal(late.code, "DEADLINE_EXCEEDED");
  assert.equal(late.cause, signal.reason);
  const stop = new AbortController();
  const call = failure(client.messaging.sendMessage({}, { signal: stop.signal }));
  stop.abort();
  const stopped = await call;
  assert.equal(stopped.code, "CANCELLED");
  assert.equal(stopped.cause, stop.signal.reason);
  // When a server or a proxy cancels a call, the cause is another error.
  const gone = errorOf(plain(Code.Canceled));
  assert.equal(gone.code, "CANCELLED");
  assert.notEqual(gone.cause.name, "AbortError");
});

test("an error is made once", () => {
  const error = errorOf(plain(Code.NotFound));
  assert.ok(error instanceof LinktorError);
  assert.equal(errorOf(error), error);
});

/**
 * Starts a server that ends every call with this status, right away or after
 * headers. It returns the address of the server.
 */
async function serveStatus(t, trailersOnly, status) {
  const server = createServer();
  server.on("stream", (stream) => {
    const headers = { ":status": 200, "content-type": "application/grpc" };
    if (trailersOnly) {
      stream.respond({ ...headers, ...status }, { endStream: true });
      return;
    }
    stream.respond(headers, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers(status));
    stream.end();
  });
  server.on("session", (session) => t.after(() => session.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return `127.0.0.1:${server.address().port}`;
}

for (const trailersOnly of [true, false]) {
  const where = trailersOnly ? "right away" : "after headers";
  test(`a status counts although its details cannot be read, ${where}`, async (t) => {
    const server = await serveStatus(t, trailersOnly, {
      "grpc-status": "9",
      "grpc-message": "100% wrong",
      "grpc-status-details-bin": "Cv////8PIGRhbWFnZWQ",
    });
    const { client } = dial(t, server);
    const error = await failure(client.messaging.sendMessage(hello()));
    assert.equal(error.code, "FAILED_PRECONDITION");
    assert.equal(error.message, "100% wrong");
    assert.equal(error.reason, "");
  });

  test(`a status counts although its details speak of success, ${where}`, async (t) => {
    const server = await serveStatus(t, trailersOnly, {
      "grpc-status": "5",
      "grpc-message": "no%20such thing",
      "grpc-status-details-bin": "",
    });
    const { client } = dial(t, server);
    const error = await failure(client.messaging.sendMessage(hello()));
    assert.equal(error.code, "NOT_FOUND");
    assert.equal(error.message, "no such thing");
  });
}

test("what is no answer of gRPC is an error without a reason", async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(503, { "content-type": "text/html" });
    response.end("<html>");
  });
  server.on("session", (session) => t.after(() => session.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { client } = dial(t, `127.0.0.1:${server.address().port}`);
  const error = await failure(client.messaging.sendMessage(hello()));
  assert.equal(error.code, "UNAVAILABLE");
  assert.equal(error.reason, "");
});
