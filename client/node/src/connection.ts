import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { constants, type Http2Session, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type SecureContext } from "node:tls";
import { errorOf } from "./errors.js";
import { StatusSchema } from "./gen/google/rpc/status_pb.js";
import type { Address } from "./security.js";

export const PINGS = {
  // A connection that is silent for so long during a call, or was before one, is
  // pinged. The server permits a ping every 10 s. Streams carry data every 15 s,
  // so that a healthy one is never pinged, which proxies may count against a
  // client.
  pingIntervalMs: 20_000,
  // A connection whose ping is not answered for so long is given up, and its calls
  // end with UNAVAILABLE.
  pingTimeoutMs: 10_000,
  pingIdleConnection: false,
};
// An attempt to connect is given up after so long.
const CONNECT_TIMEOUT_MS = 10_000;

/** It has everything that opening a connection takes. */
export interface Target {
  readonly address: Address;
  /** Undefined means plaintext. */
  readonly tls: SecureContext | undefined;
  /** The server's certificate has this name, where that is not the host. */
  readonly serverName: string | undefined;
  readonly apiKey: string | undefined;
  /** The address names this machine, and a name must not lead to another one. */
  readonly pinned: boolean;
}

/** A connection is made at the first call, and made anew after a break. */
export interface Connection {
  /** Its calls carry the API key and end with a LinktorError. */
  readonly transport: Transport;
  /** Ends the connection and its calls. */
  close(): void;
}

export function connection(target: Target, pings = PINGS): Connection {
  const host = "host" in target.address ? target.address.host : "localhost";
  const port = "port" in target.address ? `:${target.address.port}` : "";
  const name = target.serverName ?? host;
  const authority = isIP(name) === 6 ? `[${name}]` : name;
  const baseUrl = `${target.tls === undefined ? "http" : "https"}://${authority}${port}`;
  let closed = false;
  const sessionManager = new Sessions(baseUrl, pings, {
    createConnection() {
      // A call that was about to begin when the connection was closed asks for
      // another one.
      if (closed) {
        throw closedByOwner();
      }
      return socket(target);
    },
  });
  const interceptors = target.apiKey === undefined ? [] : [withKey(target.apiKey)];
  const grpc = createGrpcTransport({ baseUrl, sessionManager, interceptors });
  return {
    transport: withErrors(grpc, () => closed),
    close() {
      closed = true;
      sessionManager.close();
    },
  };
}

/** Mends what streams tell before Connect, whose listeners come later, hears it. */
class Sessions extends Http2SessionManager {
  readonly #open = new Set<Http2Session>();

  override async request(...call: Parameters<Http2SessionManager["request"]>) {
    const stream = await super.request(...call);
    const session = stream.session;
    if (session !== undefined && !this.#open.has(session)) {
      this.#open.add(session);
      session.once("close", () => {
        this.#open.delete(session);
        // The base class waits for an error when it looks whether a connection that
        // was idle still works; an orderly end would leave the call waiting.
        session.emit("error", reset());
      });
      // The base class no longer listens when a call comes between the end of a
      // session and its error, which would end the program.
      session.on("error", () => {});
    }
    stream.on("response", mendStatus);
    stream.on("trailers", mendStatus);
    stream.on("close", () => {
      // Node says CANCEL of every stream that ends with its connection, as if
      // somebody had cancelled the call.
      if (stream.rstCode === constants.NGHTTP2_CANCEL && session?.destroyed !== false) {
        stream.emit("error", reset());
      }
    });
    return stream;
  }

  /** Ends the connections without calling it a fault, as the base class would. */
  close(): void {
    for (const session of this.#open) {
      session.destroy(closedByOwner(), constants.NGHTTP2_NO_ERROR);
    }
    this.abort();
  }
}

function closedByOwner(): ConnectError {
  return new ConnectError("closed by its owner", Code.Canceled);
}

function reset(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}

/**
 * Removes details that cannot be read or do not belong to the status, and escapes
 * a message that nobody can decode. Connect would make a status of its own in
 * place of the one that came.
 */
function mendStatus(headers: IncomingHttpHeaders): void {
  const message = String(headers["grpc-message"] ?? "");
  try {
    decodeURIComponent(message);
  } catch {
    headers["grpc-message"] = message.replaceAll("%", "%25");
  }
  const details = headers["grpc-status-details-bin"];
  if (details === undefined) {
    return;
  }
  try {
    const status = fromBinary(StatusSchema, base64Decode(String(details)));
    if (String(status.code) === headers["grpc-status"]) {
      return;
    }
  } catch {
    // They cannot be read.
  }
  delete headers["grpc-status-details-bin"];
}

function withKey(key: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${key}`);
    return next(request);
  };
}

/** Opens the socket of a connection. */
function socket({ address, tls, serverName, pinned }: Target): Socket {
  const where = "path" in address ? address : { ...address, noDelay: true };
  const lookup = pinned ? { lookup: lookupHere } : {};
  let opened: Socket;
  if (tls === undefined) {
    opened = connectTcp({ ...where, ...lookup });
  } else {
    const name = serverName ?? ("host" in address ? address.host : "localhost");
    opened = connectTls({
      ...where,
      ...lookup,
      secureContext: tls,
      ALPNProtocols: ["h2"],
      // TLS has no way to ask for an address, but the certificate must have it.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    });
  }
  const timer = setTimeout(() => {
    const error = new Error(`there was no connection within ${CONNECT_TIMEOUT_MS / 1000} s`);
    opened.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
  }, CONNECT_TIMEOUT_MS);
  opened.once(tls === undefined ? "connect" : "secureConnect", () => clearTimeout(timer));
  opened.once("close", () => clearTimeout(timer));
  return opened;
}

/** Resolves "localhost" to this machine, whatever a name server says. */
const lookupHere: LookupFunction = (_, options, callback) => {
  if (options.all) {
    callback(null, [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ]);
  } else {
    callback(null, "127.0.0.1", 4);
  }
};

/** Makes a LinktorError of every error, also for calls of stubs. */
function withErrors(inner: Transport, isClosed: () => boolean): Transport {
  const refuse = () => {
    if (isClosed()) {
      throw new Error("linktor: the client is closed");
    }
  };
  return {
    async unary(method, signal, timeoutMs, header, input, values) {
      refuse();
      try {
        return await inner.unary(method, signal, timeoutMs, header, input, values);
      } catch (error) {
        throw errorOf(error, signal);
      }
    },
    async stream(method, signal, timeoutMs, header, input, values) {
      refuse();
      try {
        const response = await inner.stream(method, signal, timeoutMs, header, input, values);
        return { ...response, message: withStreamErrors(response.message, signal) };
      } catch (error) {
        throw errorOf(error, signal);
      }
    },
  };
}

function withStreamErrors<T>(
  messages: AsyncIterable<T>,
  signal?: AbortSignal,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = messages[Symbol.asyncIterator]();
      return {
        next: () =>
          inner.next().catch((error: unknown) => {
            throw errorOf(error, signal);
          }),
      };
    },
  };
}
