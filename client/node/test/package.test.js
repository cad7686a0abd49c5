// These tests install the package, as npm packs it, into an empty project, and
// use it from there. The registry that npm is set up with must be reachable.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { folder, serve } from "./support.js";
import { snippets } from "./snippets.js";

const here = fileURLToPath(new URL("..", import.meta.url));
const options = { timeout: 300_000 };

async function run(cwd, program, ...args) {
  const done = promisify(execFile)(program, args, { cwd, maxBuffer: 1 << 24 });
  try {
    return (await done).stdout;
  } catch (error) {
    throw new Error(`${program} ${args.join(" ")}: ${error.stdout}${error.stderr}`);
  }
}

/**
 * Packs the built package and installs it into an empty project. It returns the
 * folder of the project, and the files of the package.
 */
async function installed(t) {
  const project = folder(t);
  const flags = ["--json", "--ignore-scripts", "--pack-destination", project];
  const packed = JSON.parse(await run(here, "npm", "pack", ...flags));
  const [{ filename, files }] = Object.values(packed);
  writeFileSync(join(project, "package.json"), '{"private": true, "type": "module"}\n');
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
  await run(project, "npm", "install", ...quiet, `./${filename}`);
  return { project, files: files.map(({ path }) => path) };
}

const JAVASCRIPT = `
import { EventType, Linktor, LinktorError, Reason } from "@linktor/instagram";
import { Position, SendMessageRequestSchema } from "@linktor/instagram/v1";

const client = new Linktor({ server: process.argv[2] });
const content = { text: "Hello" };
const { message } = await client.messages.send({ channelId: "ch_1", to: "6101", content });
console.log(message.id, EventType.QUICK_REPLY, Reason.DRAINING, Position.EARLIEST);
console.log(SendMessageRequestSchema.typeName);
const error = await client.server.getServerInfo({}).catch((error) => error);
console.log(error instanceof LinktorError, error.code);
`;

const TYPESCRIPT = `
import { EventType, FileCursorStore, Linktor, LinktorError, Reason } from "@linktor/instagram";
import type { CursorStore, SendInput } from "@linktor/instagram";
import { createClient } from "@connectrpc/connect";
import { EventSchema, MessagingService, Position } from "@linktor/instagram/v1";

const client = new Linktor({ server: "gateway.example:443", apiKey: "key", tls: {} });
const store: CursorStore = new FileCursorStore("cursor");
const input: SendInput = { channelId: "ch_1", to: "6101", content: { text: "Hello" } };

export async function main(signal: AbortSignal): Promise<string> {
  const response = await client.messages.send(input, { signal, timeoutMs: 1_000 });
  const id: string | undefined = response.message?.id;
  const start = { case: "position", value: Position.EARLIEST } as const;
  const events = client.subscribe({ start, types: [EventType.POSTBACK] }, { cursorStore: store });
  for await (const event of events) {
    switch (event.payload.case) {
      case "messageReceived":
        return event.payload.value.text;
      case "postback":
        return event.payload.value.payload;
    }
  }
  try {
    const stub = createClient(MessagingService, client.transport);
    await stub.getMessage({ channelId: "ch_1", key: { case: "messageId", value: id ?? "" } });
  } catch (error) {
    if (error instanceof LinktorError && error.reason === Reason.MESSAGE_NOT_FOUND) {
      return error.violations.map((one) => one.field).join();
    }
  }
  // @ts-expect-error A misspelt field must not compile.
  await client.messages.send({ ...input, chanelId: "ch_1" });
  // @ts-expect-error There is no content of that name.
  await client.messages.send({ ...input, content: { type: "poll" } });
  // @ts-expect-error An id is a string.
  await client.messages.send({ ...input, to: 6101 });
  client.close();
  return EventSchema.typeName;
}
`;

/**
 * Returns a TypeScript module with the JavaScript blocks of README.md. Each of
 * them is in a block of its own.
 */
function readme() {
  const text = readFileSync(join(here, "README.md"), "utf8");
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, block]) => block);
  assert.ok(blocks.length >= 3);
  return `
import { FileCursorStore, Linktor, LinktorError, Reason, type SendInput } from "@linktor/instagram";
declare const client: Linktor, request: SendInput, signal: AbortSignal;
declare const channelId: string, to: string, id: string;
${blocks.map((block) => `{\n${block}}\n`).join("")}`;
}

const STRICT = { strict: true, noEmit: true, module: "nodenext", target: "es2022" };
// The first one has the types of a browser, the second one has the types of
// Node.
const CONFIGURATIONS = {
  "tsconfig.json": { ...STRICT, types: [] },
  "tsconfig.node.json": { ...STRICT, types: ["node"], lib: ["es2022"], skipLibCheck: true },
};

test("the package in an empty project", options, async (t) => {
  const { project, files } = await installed(t);
  for (const wanted of ["LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"]) {
    assert.ok(files.includes(wanted), `${wanted} is not in the package`);
  }
  const odd = files.filter(
    (path) => !/^(dist\/|LICENSE$|README\.md$|package\.json$)/.test(path),
  );
  assert.deepEqual(odd, []);

  await t.test("JavaScript", async (t) => {
    const fake = await serve(t);
    writeFileSync(join(project, "use.js"), JAVASCRIPT);
    const out = await run(project, process.execPath, "use.js", fake.address);
    assert.deepEqual(out.trim().split("\n"), [
      "msg_1 instagram.quick_reply DRAINING 2",
      "linktor.instagram.v1.SendMessageRequest",
      "true UNIMPLEMENTED",
    ]);
  });

  await t.test("what is private is not reachable", async () => {
    for (const path of ["dist/core.js", "dist/gen/google/rpc/status_pb.js"]) {
      const code = `await import("@linktor/instagram/${path}")`;
      const failed = run(project, process.execPath, "--input-type=module", "-e", code);
      await assert.rejects(failed, /ERR_PACKAGE_PATH_NOT_EXPORTED/);
    }
  });

  for (const [name, compilerOptions] of Object.entries(CONFIGURATIONS)) {
    await t.test(`TypeScript with ${name}`, async () => {
      writeFileSync(join(project, "use.ts"), TYPESCRIPT);
      writeFileSync(join(project, "page.ts"), `${snippets()}\nexport {};\n`);
      writeFileSync(join(project, "readme.ts"), readme());
      const typeRoots = [join(here, "node_modules", "@types")];
      const config = { compilerOptions: { ...compilerOptions, typeRoots }, include: ["*.ts"] };
      writeFileSync(join(project, name), JSON.stringify(config));
      const tsc = join(here, "node_modules", "typescript", "bin", "tsc");
      await run(project, process.execPath, tsc, "-p", name);
    });
  }
});

test("the version is that of the repository", () => {
  const text = readFileSync(join(here, "../../CMakeLists.txt"), "utf8");
  const [, version] = /project\(\s*\S+\s+VERSION\s+([0-9.]+)/.exec(text);
  const own = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  assert.equal(own.version, version);
});
