import { FileCursorStore } from "@linktor/instagram";
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { folder } from "./support.js";

test("a cursor that was saved is loaded", async (t) => {
  const home = folder(t);
  const path = join(home, "cursor");
  const store = new FileCursorStore(path);
  assert.equal(await store.load(), undefined);
  for (const cursor of ["one", "a longer one", "two"]) {
    await store.save(cursor);
    assert.equal(await new FileCursorStore(path).load(), cursor);
  }
  assert.equal(statSync(path).mode & 0o777, 0o600);
  // No other file is left behind.
  assert.deepEqual(readdirSync(home), ["cursor"]);
});

test("an empty file is an error", async (t) => {
  const path = join(folder(t), "cursor");
  writeFileSync(path, "\n");
  await assert.rejects(new FileCursorStore(path).load(), /is empty: remove it/);
});

test("what is no file is an error", async (t) => {
  const home = folder(t);
  mkdirSync(join(home, "cursor"));
  await assert.rejects(new FileCursorStore(join(home, "cursor")).load(), { code: "EISDIR" });
  const nowhere = new FileCursorStore(join(home, "none", "cursor"));
  await assert.rejects(nowhere.save("one"), { code: "ENOENT" });
});

test("a crash in the middle of a save leaves the first file whole", async (t) => {
  const path = join(folder(t), "cursor");
  const store = new FileCursorStore(path);
  await store.save("one");
  writeFileSync(`${path}.tmp`, "tw");
  assert.equal(await store.load(), "one");
  await store.save("two");
  assert.equal(await store.load(), "two");
});
