import { Linktor } from "@linktor/instagram";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import test from "node:test";
import { inspect } from "node:util";
import { isLocal, parseAddress } from "../dist/security.js";
import { Code, dial, failFirst, failure, folder, hello, plain, serve } from "./support.js";

const KEY = "lig_0123456789abcdef_secret";

for (const [address, local] of Object.entries({
  "127.0.0.1:50051": true,
  "127.9.9.9:1": true,
  "[::1]:50051": true,
  "[::ffff:127.0.0.1]:50051": true,
  "localhost:50051": true,
  "LocalHost:50051": true,
  "unix:/run/linktor.sock": true,
  "unix:///run/linktor.sock": true,
  "unix:linktor.sock": true,
  "gateway.example:50051": false,
  "127.0.0.1.example:50051": false,
  "localhost.example:50051": false,
  "10.0.0.1:50051": false,
  "0.0.0.0:50051": false,
  "[2001:db8::1]:50051": false,
  "[::ffff:10.0.0.1]:50051": false,
})) {
  test(`${address} is ${local ? "this" : "another"} machine`, () => {
    assert.equal(isLocal(parseAddress(address)), local);
  });
}

test("addresses are read", () => {
  assert.deepEqual(parseAddress("gateway.example:443"), { host: "gateway.example", port: 443 });
  assert.deepEqual(parseAddress("[::1]:50051"), { host: "::1", port: 50_051 });
  assert.deepEqual(parseAddress("unix:///run/a.sock"), { path: "/run/a.sock" });
  assert.deepEqual(parseAddress("unix:a.sock"), { path: "a.sock" });
});

test("a client that cannot work is refused", (t) => {
  const home = folder(t);
  const noPem = join(home, "no.pem");
  writeFileSync(noPem, "no certificate");
  const missing = join(home, "missing.pem");
  for (const [server, options, message] of [
    ["", {}, /empty/],
    ["http://127.0.0.1:1", {}, /leave out http:\/\//],
    ["https://gateway.example", {}, /leave out http:\/\//],
    ["gateway.example", {}, /neither host:port nor/],
    ["gateway.example:0", {}, /neither host:port nor/],
    ["gateway.example:70000", {}, /neither host:port nor/],
    ["::1:50051", {}, /neither host:port nor/],
    ["[gateway]:50051", {}, /neither host:port nor/],
    ["two words:1", {}, /neither host:port nor/],
    ["user@gateway:1", {}, /neither host:port nor/],
    ["gateway/path:1", {}, /neither host:port nor/],
    ["127.0.0.1:1", { apiKey: "a\nb" }, /the API key has white space/],
    ["127.0.0.1:1", { apiKey: "schlüssel" }, /not ASCII/],
    ["gateway.example:1", { tls: { caFile: missing } }, /missing\.pem cannot be used/],
    ["gateway.example:1", { tls: { caFile: noPem } }, /no\.pem cannot be used/],
    ["gateway.example:1", { tls: { certFile: noPem } }, /go together/],
    ["gateway.example:1", { tls: {}, plaintextToOtherMachines: true }, /exclude each other/],
  ]) {
    assert.throws(() => new Linktor({ server, ...options }), message, `${server}`);
  }
});

test("the address may come from the environment", (t) => {
  const before = process.env.LINKTOR_IG_SERVER;
  t.after(() => {
    delete process.env.LINKTOR_IG_SERVER;
    Object.assign(process.env, before === undefined ? {} : { LINKTOR_IG_SERVER: before });
  });
  process.env.LINKTOR_IG_SERVER = "http://127.0.0.1:1";
  assert.throws(() => new Linktor(), /leave out http/);
  assert.ok(new Linktor({ server: "127.0.0.1:1" }));
  delete process.env.LINKTOR_IG_SERVER;
  assert.throws(() => new Linktor({ apiKey: "k" }), /set LINKTOR_IG_SERVER/);
});

test("a key goes to this machine, also with the stubs and streams", async (t) => {
  const fake = await serve(t, {
    async *subscribe() {
      yield { cursor: "a", events: [{ cursor: "a" }] };
    },
  });
  const { client } = dial(t, fake.address, { apiKey: `  ${KEY}\n` });
  await client.messages.send(hello());
  await client.messaging.sendMessage({});
  await client.subscribe().next();
  assert.deepEqual(fake.keys, Array(3).fill(`Bearer ${KEY}`));
});

test("no key, no header", async (t) => {
  const fake = await serve(t);
  const { client } = dial(t, fake.address, { apiKey: "\n" });
  await client.messages.send(hello());
  assert.deepEqual(fake.keys, []);
});

test("a key goes through a Unix socket", async (t) => {
  const fake = await serve(t, { listen: { path: join(folder(t), "s") } });
  const { client } = dial(t, fake.address, { apiKey: KEY });
  await client.messages.send(hello());
  assert.deepEqual(fake.keys, [`Bearer ${KEY}`]);
});

test("localhost is this machine, whatever a name server says", async (t) => {
  const fake = await serve(t);
  const server = fake.address.replace("127.0.0.1", "LOCALHOST");
  const { client } = dial(t, server, { apiKey: KEY });
  t.mock.method(dns, "lookup", (...asked) =>
    asked.at(-1)(new Error("a name server was asked")),
  );
  await client.messages.send(hello());
  assert.deepEqual(fake.keys, [`Bearer ${KEY}`]);
});

// Linux connects this address to this machine, but the client counts it as an
// address of another machine.
const ELSEWHERE = "0.0.0.0";

test("another machine is spoken to by TLS", async (t) => {
  const heard = [];
  const server = createTcpServer((socket) => {
    socket.once("data", (data) => {
      heard.push(data);
      socket.destroy();
    });
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { client } = dial(t, `${ELSEWHERE}:${server.address().port}`, { apiKey: KEY });
  const error = await failure(client.messaging.sendMessage({}));
  assert.equal(error.code, "UNAVAILABLE");
  // A TLS handshake begins with this byte.
  assert.equal(heard[0][0], 22);
  assert.ok(!Buffer.concat(heard).includes(KEY));
});

test("another machine is spoken to in plaintext when the caller says so", async (t) => {
  const fake = await serve(t);
  const server = fake.address.replace("127.0.0.1", ELSEWHERE);
  const { client } = dial(t, server, { apiKey: KEY, plaintextToOtherMachines: true });
  await client.messages.send(hello());
  assert.deepEqual(fake.keys, [`Bearer ${KEY}`]);
});

test("the key is in no output", async (t) => {
  const fake = await serve(t, { send: failFirst(plain(Code.NotFound)) });
  const { client } = dial(t, fake.address, { apiKey: KEY });
  const error = await failure(client.messages.send(hello()));
  const everything = { showHidden: true, depth: Infinity, getters: true };
  for (const text of [
    inspect(client, everything),
    JSON.stringify(client),
    String(client),
    inspect(error, everything),
    JSON.stringify(error),
    String(error),
  ]) {
    assert.ok(!text.includes("secret"), text);
  }
});

/**
 * Makes a certificate authority and certificates with openssl. It returns a
 * function that returns the path of a file.
 */
function certificates(t) {
  const home = folder(t);
  const run = (...args) => execFileSync("openssl", args, { cwd: home, stdio: "pipe" });
  const key = (name) => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    `${name}.key`,
  ];
  run("req", "-x509", ...key("ca"), "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test CA");
  const names = {
    server: "IP:127.0.0.1,IP:0.0.0.0",
    named: "DNS:gateway.example",
    client: "DNS:c.example",
  };
  for (const [name, san] of Object.entries(names)) {
    run("req", ...key(name), "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    writeFileSync(join(home, `${name}.ext`), `subjectAltName=${san}\n`);
    run(
      ...["x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, "-days", "2"],
      ...["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${name}.ext`],
    );
  }
  return (name) => join(home, name);
}

test("TLS with roots and a certificate of the caller's", async (t) => {
  const file = certificates(t);
  const read = (name) => readFileSync(file(name));
  const mutual = { ca: read("ca.pem"), requestCert: true, rejectUnauthorized: true };
  const byAddress = await serve(t, {
    tls: { cert: read("server.pem"), key: read("server.key"), ...mutual },
  });
  const byName = await serve(t, {
    tls: { cert: read("named.pem"), key: read("named.key"), ...mutual },
  });
  const own = { certFile: file("client.pem"), keyFile: file("client.key") };
  const all = { ...own, caFile: file("ca.pem") };
  const name = { serverName: "gateway.example" };
  for (const [what, fake, tls, good] of [
    ["all is right", byAddress, all, true],
    ["all is right, by name", byName, { ...all, ...name }, true],
    ["another name", byName, all, false],
    ["a name in place of an address", byAddress, { ...all, ...name }, false],
    ["an address that is not in it", byName, { ...all, serverName: "127.0.0.1" }, false],
    ["no certificate of the client", byAddress, { caFile: all.caFile }, false],
    ["roots of Node", byAddress, own, false],
  ]) {
    const { client } = dial(t, fake.address, { apiKey: KEY, tls });
    const call = client.messaging.sendMessage({});
    if (good) {
      await call;
      assert.deepEqual(fake.keys, [`Bearer ${KEY}`], what);
    } else {
      assert.equal((await failure(call)).code, "UNAVAILABLE", what);
    }
  }
  assert.equal(byName.sends.length + byAddress.sends.length, 2);
  const localhost = byAddress.address.replace("127.0.0.1", "localhost");
  const { client } = dial(t, localhost, { tls: { ...all, serverName: "127.0.0.1" } });
  await client.messaging.sendMessage({});
});

test("a key that does not belong to the certificate is refused", (t) => {
  const file = certificates(t);
  const tls = { certFile: file("client.pem"), keyFile: file("server.key") };
  assert.throws(() => new Linktor({ server: "gateway.example:1", tls }), /key values mismatch/);
});

test("an attempt to connect has an end", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  // The server accepts the connection and never answers the TLS handshake.
  const server = createTcpServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => t.mock.timers.tick(10_000));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { client } = dial(t, `127.0.0.1:${server.address().port}`, { tls: {} });
  const error = await failure(client.messaging.sendMessage({}));
  assert.equal(error.code, "UNAVAILABLE");
  assert.match(error.message, /no connection within 10 s/);
});

for (const secure of [false, true]) {
  test(`a connection that was made stays, ${secure ? "with" : "without"} TLS`, async (t) => {
    const file = secure ? certificates(t) : undefined;
    const tls = file && {
      cert: readFileSync(file("server.pem")),
      key: readFileSync(file("server.key")),
    };
    const fake = await serve(t, { tls });
    const { client } = dial(t, fake.address, { tls: file && { caFile: file("ca.pem") } });
    t.mock.timers.enable({ apis: ["setTimeout"] });
    await client.messages.send(hello());
    t.mock.timers.tick(30_000);
    await client.messages.send(hello());
    assert.equal(fake.callers[0], fake.callers[1]);
  });
}
