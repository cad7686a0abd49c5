// This runs the calls on Linktor's documentation page about Instagram with the
// real server. The server must make the requests of them that docs/seed.md
// shows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readyGateway, skip } from "./gateway.js";
import { TEST_TIMEOUT_MS } from "./support.js";
import { snippets } from "./snippets.js";

const DOCS = new URL("../../../docs/seed.md", import.meta.url);

/**
 * Returns the requests that Meta must get, one after the other, from
 * docs/seed.md.
 */
function expected() {
  const text = readFileSync(DOCS, "utf8");
  const blocks = text.matchAll(/^```json graph POST (\w+)\n(.*?)^```$/gms);
  return [...blocks].map(([, edge, json]) => ({ edge, body: JSON.parse(json) }));
}

const options = { skip: skip(), timeout: 2 * TEST_TIMEOUT_MS };

test("the page's calls run, and Meta gets what the page means", options, async (t) => {
  const gateway = await readyGateway(t);
  const scope = join(gateway.folder, "node_modules", "@linktor");
  mkdirSync(scope, { recursive: true });
  symlinkSync(fileURLToPath(new URL("..", import.meta.url)), join(scope, "instagram"));
  writeFileSync(join(gateway.folder, "page.mjs"), snippets());
  await promisify(execFile)(process.execPath, ["page.mjs"], {
    cwd: gateway.folder,
    env: { ...process.env, LINKTOR_IG_SERVER: gateway.address },
    timeout: TEST_TIMEOUT_MS,
  });
  const { calls } = await gateway.instagram("GET", "graph-calls");
  const posts = calls
    .filter(({ method }) => method === "POST")
    .map(({ path, body }) => ({ edge: /\/(\w+)(\?|$)/.exec(path)[1], body }));
  assert.deepEqual(posts, expected());
  assert.equal(posts.length, 8);
});
