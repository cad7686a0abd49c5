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
  // A connection gets a ping when it is silent for this long during a call, or
  // when it was silent for this long before a call. The server permits a ping
  // every 10 s. Streams carry data every 15 s, so that a healthy stream never
  // gets a ping. That matters because some proxies do not accept many pings.
  pingIntervalMs: 20_000,
  // When a ping is not answered for this long, the connection is given up, and
  // its calls end with UNAVAILABLE.
  pingTimeoutMs: 10_000,
  pingIdleConnection: false,
};
// An attempt to connect is given up after this time.
const CONNECT_TIMEOUT_MS = 10_000;

/** It has everything that is needed to open a connection. */
export interface Target {
  readonly address: Address;
  /** Undefined means plaintext. */
  readonly tls: SecureContext | undefined;
  /** It is the name in the server's certificate, when that is not the host. */
  readonly serverName: string | undefined;
  readonly apiKey: string | undefined;
  /**
   * It is true when the address names this machine. "localhost" must then not
   * be resolved to another machine.
   */
  readonly pinned: boolean;
}

/** It connects at the first call, and again after a break. */
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
      // A call that was about to begin when close() was called may still ask
      // for a new connection.
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

/**
 * Corrects the statuses and errors of streams before Connect sees them. Connect
 * adds its listeners later than this class.
 */
class Sessions extends Http2SessionManager {
  readonly #open = new Set<Http2Session>();

  override async request(...call: Parameters<Http2SessionManager["request"]>) {
    const stream = await super.request(...call);
    const session = stream.session;
    if (session !== undefined && !this.#open.has(session)) {
      this.#open.add(session);
      session.once("close", () => {
        this.#open.delete(session);
        // When a connection was idle, the base class sends a ping and waits for
        // an answer or an error. Without this error, an orderly end of the
        // connection would leave the call waiting.
        session.emit("error", reset());
      });
      // When a call comes between the end of a session and its error, the base
      // class no longer listens for the error. An error without a listener
      // would end the program.
      session.on("error", () => {});
    }
    stream.on("response", mendStatus);
    stream.on("trailers", mendStatus);
    stream.on("close", () => {
      // Node gives the code CANCEL to every stream that ends with its
      // connection, as if somebody had cancelled the call.
      if (stream.rstCode === constants.NGHTTP2_CANCEL && session?.destroyed !== false) {
        stream.emit("error", reset());
      }
    });
    return stream;
  }

  /**
   * Ends the connections and says that there was no error. The base class would
   * report an error to the server.
   */
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

/** Returns an error like the error of Node for a connection that broke. */
function reset(): Error {
  return Object.assign(new Error("the connection was closed"), { code: "ECONNRESET" });
}

/**
 * Removes details that cannot be read or that belong to another status, and
 * escapes a message that cannot be decoded. Connect would otherwise replace the
 * status of the server by a status of its own.
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
    // The details cannot be read.
  }
  delete headers["grpc-status-details-bin"];
}

function withKey(key: string): Interceptor {
  return (next) => (request) => {
    request.header.set("authorization", `Bearer ${key}`);
    return next(request);
  };
}

/**
 * Opens the socket of a connection. The socket fails when it is not connected
 * within CONNECT_TIMEOUT_MS.
 */
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
      // A TLS client cannot ask for an IP address by name, but the certificate
      // must have it.
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

/**
 * Returns a transport that makes a LinktorError of every error, also in the
 * calls of the generated clients. When the client is closed, it throws an Error
 * instead.
 */
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

/** Makes a LinktorError of every error that ends the messages of a stream. */
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
