import { durationMs } from "@bufbuild/protobuf/wkt";
import { createClient, type Client } from "@connectrpc/connect";
import type { Connection } from "./connection.js";
import type { Core } from "./core.js";
import { delay, LONGEST_TIMER_MS, onAbort } from "./delay.js";
import { CursorStoreError, isResumable, LinktorError } from "./errors.js";
import {
  EventService,
  SubscribeEventsRequestSchema,
  type Event,
  type SubscribeEventsRequest,
  type SubscribeEventsResponse,
} from "./gen/v1.js";
import type { SubscribeOptions, SubscribeRequest } from "./options.js";
import { checked } from "./repeat.js";

// The comments in protos/ say that a reader should connect again when it hears
// nothing for three heartbeat intervals.
const SILENT_INTERVALS = 3;
// This heartbeat interval counts until the server says which one it uses.
const DEFAULT_INTERVAL_MS = 15_000;
// When a timer is later than this, the program itself was too busy to run it.
// Then the program was also too busy to look for a response.
const LATE_MS = 500;

function warn(error: Error, waitMs: number): void {
  const seconds = (waitMs / 1000).toFixed(1);
  process.emitWarning(
    `the event stream broke and is taken up again in ${seconds} s: ${error}`,
    "LinktorWarning",
  );
}

/**
 * A subscription is one loop over events. It has three states:
 *
 *     1 load   It loads the cursor from the store, once, and starts after it.
 *     2 read   It reads until the stream breaks, is silent or is refused, or until
 *              the loop is left or the signal aborts.
 *     3 wait   It waits longer after each stream without a response. Then it reads
 *              again.
 */
export class Subscription {
  readonly #core: Core;
  readonly #options: SubscribeOptions;
  /** Its start is always the position from which to go on. */
  readonly #request: SubscribeEventsRequest;
  /** It is a connection that only this subscription uses; #renew makes it. */
  #own: Connection | undefined;
  #stub: Client<typeof EventService>;
  /** The stream may be silent for this long before it is given up. */
  #silenceMs = SILENT_INTERVALS * DEFAULT_INTERVAL_MS;
  /** It counts the streams that have ended since the last response. */
  #failures = 0;

  constructor(core: Core, request: SubscribeRequest, options: SubscribeOptions) {
    this.#core = core;
    this.#options = options;
    this.#request = checked(SubscribeEventsRequestSchema, request);
    this.#stub = createClient(EventService, core.main.transport);
    this.#heed(this.#request);
  }

  async *events(): AsyncGenerator<Event, void, undefined> {
    try {
      await this.#load();
      for (;;) {
        this.#throwIfEnded();
        const error: Error = yield* this.#read();
        this.#throwIfEnded();
        if (error instanceof LinktorError && !isResumable(error)) {
          throw error;
        }
        const asked = error instanceof LinktorError ? error.retryDelayMs : 0;
        const wait = Math.max(delay(this.#failures++), asked);
        (this.#options.onBreak ?? warn)(error, wait);
        await this.#core.pause(wait, this.#options.signal, this.#core.closed);
        if (error instanceof Silence) {
          this.#throwIfEnded();
          this.#renew();
        }
      }
    } finally {
      this.#own?.close();
    }
  }

  /** Reads one stream to its end and returns why it ended. */
  async *#read(): AsyncGenerator<Event, Error, undefined> {
    const call = new AbortController();
    const unlink = onAbort([this.#options.signal, this.#core.closed], () => call.abort());
    let silence: Silence | undefined;
    try {
      const options = { signal: call.signal };
      const stream = this.#stub.subscribeEvents(this.#request, options);
      const responses = stream[Symbol.asyncIterator]();
      let limitMs = Math.max(this.#silenceMs, this.#core.firstResponseMs);
      for (;;) {
        // The timer runs only while this function waits for the server. The
        // time that the application needs for an event does not count as
        // silence of the server.
        const stop = watch(limitMs, () => {
          silence = new Silence();
          call.abort();
        });
        let next: IteratorResult<SubscribeEventsResponse>;
        try {
          next = await responses.next();
        } catch (error) {
          return silence ?? (error as Error);
        } finally {
          stop();
        }
        if (next.done) {
          return new Error("the server ended the stream");
        }
        yield* this.#take(next.value);
        limitMs = this.#silenceMs;
      }
    } finally {
      unlink();
      call.abort();
    }
  }

  /** Gives the events of a response to the application. */
  async *#take(response: SubscribeEventsResponse): AsyncGenerator<Event, void, undefined> {
    this.#failures = 0;
    this.#heed(response);
    this.#options.onResponse?.(response);
    for (const [i, event] of response.events.entries()) {
      yield event;
      // The response's own cursor is also past the events that the filter hid.
      if (i < response.events.length - 1) {
        await this.#save(event.cursor);
        this.#throwIfEnded();
      }
    }
    await this.#save(response.cursor);
    this.#throwIfEnded();
  }

  /** Uses the heartbeat interval of the message, if it has one. */
  #heed({ heartbeatInterval }: SubscribeEventsRequest | SubscribeEventsResponse): void {
    const interval = heartbeatInterval === undefined ? 0 : durationMs(heartbeatInterval);
    if (interval > 0) {
      this.#silenceMs = Math.min(SILENT_INTERVALS * interval, LONGEST_TIMER_MS);
    }
  }

  #throwIfEnded(): void {
    this.#core.closed.throwIfAborted();
    this.#options.signal?.throwIfAborted();
  }

  async #load(): Promise<void> {
    try {
      this.#goOnAfter((await this.#options.cursorStore?.load()) ?? "");
    } catch (error) {
      throw storeError("loaded", error);
    }
  }

  /**
   * Makes the cursor the position from which to go on, here and in the store.
   */
  async #save(cursor: string): Promise<void> {
    if (this.#goOnAfter(cursor)) {
      try {
        await this.#options.cursorStore?.save(cursor);
      } catch (error) {
        throw storeError("saved", error);
      }
    }
  }

  /**
   * Makes the next stream start after the cursor. It returns false when the
   * cursor is empty or is already that position.
   */
  #goOnAfter(cursor: string): boolean {
    const { start } = this.#request;
    if (cursor === "" || (start.case === "afterCursor" && start.value === cursor)) {
      return false;
    }
    this.#request.start = { case: "afterCursor", value: cursor };
    return true;
  }

  /**
   * Takes a new connection for this subscription. When the other end or a proxy
   * has disappeared without closing the old connection, another stream on it
   * would be silent, too.
   */
  #renew(): void {
    this.#own?.close();
    this.#own = this.#core.connect();
    this.#stub = createClient(EventService, this.#own.transport);
  }
}

class Silence extends Error {
  constructor() {
    super("nothing was heard for three heartbeat intervals");
  }
}

function storeError(what: string, cause: unknown): CursorStoreError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new CursorStoreError(`linktor: the cursor cannot be ${what}: ${message}`, { cause });
}

/**
 * Calls `onSilence` after this time, unless the returned function is called
 * first. When the program was too busy to run the timer, the time begins again.
 */
function watch(ms: number, onSilence: () => void): () => void {
  let due = performance.now() + ms;
  let timer = setTimeout(look, ms);
  function look() {
    if (performance.now() > due + LATE_MS) {
      due = performance.now() + ms;
      timer = setTimeout(look, ms);
    } else {
      onSilence();
    }
  }
  return () => clearTimeout(timer);
}
