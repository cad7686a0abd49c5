import assert from "node:assert/strict";
import test from "node:test";
import { delay, FIRST_DELAY_MS, MOST_DELAY_MS, onAbort, pause } from "../dist/delay.js";

test("a delay is between half and all of a step that doubles", () => {
  for (let failures = 0; failures < 2_000; failures++) {
    const step = Math.min(FIRST_DELAY_MS * 2 ** failures, MOST_DELAY_MS);
    assert.equal(delay(failures, 0), step / 2);
    assert.ok(delay(failures, 0.999_999) < step);
    const random = delay(failures);
    assert.ok(random >= step / 2 && random < step);
  }
});

test("a pause lasts as long as it says", async () => {
  const begin = performance.now();
  await pause(30, undefined);
  assert.ok(performance.now() - begin >= 29);
});

test("a pause ends with the first of its signals, which keep nothing of it", async () => {
  const [one, two] = [new AbortController(), new AbortController()];
  let removed = 0;
  for (const { signal } of [one, two]) {
    const remove = signal.removeEventListener.bind(signal);
    signal.removeEventListener = (...given) => {
      removed++;
      remove(...given);
    };
  }
  const waiting = pause(3_600_000, one.signal, two.signal);
  two.abort();
  await waiting;
  await pause(3_600_000, two.signal);
  assert.ok(removed >= 3, `${removed}`);
});

test("a pause may be longer than a timer of Node can be", async () => {
  const stop = new AbortController();
  let over = false;
  const long = pause(2 ** 40, stop.signal).then(() => {
    over = true;
  });
  await pause(20);
  assert.equal(over, false);
  stop.abort();
  await long;
});

test("a signal gives its reason", async () => {
  const reason = new Error("why");
  const got = await new Promise((resolve) => {
    onAbort([undefined, AbortSignal.abort(reason)], resolve);
  });
  assert.equal(got, reason);
});
