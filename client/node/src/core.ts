import { connection, type Connection, type Target } from "./connection.js";
import { pause } from "./delay.js";

// A stream has at least this long for its first response, even when the
// heartbeat interval is short: connecting takes time, too.
const FIRST_RESPONSE_MS = 15_000;

/**
 * It has what the calls of one client share. Tests replace `pause` and
 * `firstResponseMs`.
 */
export class Core {
  /**
   * All calls use this connection, except the streams that were silent on it.
   */
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
