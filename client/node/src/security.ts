import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { BlockList, isIP } from "node:net";
import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsOptions } from "./options.js";

/**
 * It is where a server is: a socket of this machine, or a port of any machine.
 */
export type Address =
  { readonly path: string } | { readonly host: string; readonly port: number };

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

/**
 * Reads an address such as "gateway.example:443", "[::1]:50051" or
 * "unix:/path". It throws a TypeError for any other text.
 */
export function parseAddress(address: string): Address {
  if (address === "") {
    throw new TypeError(
      "linktor: the address of the server is empty: give the option server, or set LINKTOR_IG_SERVER",
    );
  }
  if (/^https?:\/\//i.test(address)) {
    throw new TypeError(`linktor: the address "${address}" is host:port, so leave out http://`);
  }
  const path = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(address)?.[1];
  if (path !== undefined) {
    return { path };
  }
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:/?#@\\]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = v6 ?? name;
  const port = Number(digits);
  const good = v6 === undefined ? URL.canParse(`http://${name}`) : isIP(v6) === 6;
  if (host === undefined || port < 1 || port > 65_535 || !good) {
    throw new TypeError(
      `linktor: the address "${address}" is neither host:port nor unix:/path`,
    );
  }
  return { host, port };
}

/**
 * Returns whether the address names this machine. It asks no name server: a
 * name that resolves to this machine counts as another machine, unless it is
 * localhost.
 */
export function isLocal(address: Address): boolean {
  if ("path" in address) {
    return true;
  }
  const family = isIP(address.host);
  return family === 0
    ? address.host.toLowerCase() === "localhost"
    : loopback.check(address.host, family === 6 ? "ipv6" : "ipv4");
}

/**
 * Reads the files of the TLS options. It throws when one of them cannot be
 * used.
 */
export function secureContext(options: TlsOptions): SecureContext {
  const { caFile, certFile, keyFile } = options;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new TypeError("linktor: certFile and keyFile go together");
  }
  return createSecureContext({
    minVersion: "TLSv1.2",
    ca: pem(caFile, (text) => new X509Certificate(text)),
    cert: pem(certFile, (text) => new X509Certificate(text)),
    key: pem(keyFile, () => {}),
  });
}

/**
 * Returns the content of a file. It throws when the file cannot be read, or
 * when `check` refuses it.
 */
function pem(file: string | undefined, check: (text: Buffer) => void): Buffer | undefined {
  if (file === undefined) {
    return undefined;
  }
  try {
    const text = readFileSync(file);
    check(text);
    return text;
  } catch (cause) {
    throw new Error(`linktor: the file ${file} cannot be used: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/**
 * Returns the API key without the white space around it, such as the line end
 * in a file. It returns undefined when there is no key. The error message does
 * not show the key.
 */
export function checkedKey(apiKey = ""): string | undefined {
  const key = apiKey.trim();
  if (!/^[!-~]*$/.test(key)) {
    throw new TypeError(
      "linktor: the API key has white space or a character in it that is not ASCII",
    );
  }
  return key === "" ? undefined : key;
}
