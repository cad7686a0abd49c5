import { connection, type Connection, type Target } from "./connection.js";
import { pause } from "./delay.js";

// The first response of a stream also takes connecting, so it has at least this
// long where the heartbeat interval is short.
const FIRST_RESPONSE_MS = 15_000;

/** It has what the calls of one client share. Tests replace `pause` and the limit. */
export class Core {
  /** All calls use this connection, but for streams that had to leave it. */
  readonly main: Connection;
  /** It aborts when the client is closed. */
  readonly closed: AbortSignal;
  pause = pause;
  firstResponseMs = FIRST_RESPONSE_MS;

  readonly #target: Target;
  readonly #closing = new AbortController();

  constructor(target: Target) {
    this.#target = target;
    this.main = this.connect();
    this.closed = this.#closing.signal;
  }

  /** Returns another connection to the same server; the caller closes it. */
  connect(): Connection {
    return connection(this.#target);
  }

  close(): void {
    this.#closing.abort(new Error("linktor: the client is closed"));
    this.main.close();
  }
}
