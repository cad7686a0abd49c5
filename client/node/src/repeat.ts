import {
  clone,
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { isFieldError } from "@bufbuild/protobuf/reflect";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Core } from "./core.js";
import { delay } from "./delay.js";
import { errorOf, isRepeatable, leavesUnknown, LinktorError } from "./errors.js";
import type { CallOptions } from "./options.js";

// This is the time limit of a call that has no limit of its own. A send with
// media takes up to 90 s, and the rest of the time is for repeating it.
export const DEFAULT_TIMEOUT_MS = 120_000;
// The server does not begin a send when less time than this is left. Repeating
// a send then would only replace the error that is known by a less useful one.
export const LEAST_TIME_MS = 500;
// gRPC has room for eight digits in the time limit of a call.
const MOST_TIMEOUT_MS = 99_999_999;

/**
 * Makes the call again until its outcome is known, or until no other call fits
 * before the deadline. The error has the request id, and says if the outcome is
 * unknown.
 */
export async function repeat<Response>(
  core: Core,
  call: (options: Required<Pick<CallOptions, "timeoutMs">> & CallOptions) => Promise<Response>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions,
  requestId = "",
): Promise<Response> {
  if (signal?.aborted) {
    // Nothing was sent, so the outcome is known.
    const error = errorOf(new ConnectError("the signal had aborted", Code.Canceled), signal);
    throw Object.assign(error as LinktorError, { requestId });
  }
  const deadline = performance.now() + Math.min(timeoutMs, MOST_TIMEOUT_MS);
  const left = () => Math.max(Math.ceil(deadline - performance.now()), 1);
  let outcomeUnknown = false;
  for (let attempt = 0; ; attempt++) {
    try {
      return await call({ timeoutMs: left(), signal });
    } catch (error) {
      if (!(error instanceof LinktorError)) {
        throw error;
      }
      // An earlier call that got lost may have been done, even when a later
      // call is refused.
      outcomeUnknown ||= leavesUnknown(error);
      Object.assign(error, { requestId, outcomeUnknown });
      const wait = Math.max(delay(attempt), error.retryDelayMs);
      if (
        signal?.aborted ||
        core.closed.aborted ||
        !isRepeatable(error) ||
        left() < wait + LEAST_TIME_MS
      ) {
        throw error;
      }
      await core.pause(wait, signal, core.closed);
      if (signal?.aborted) {
        error.cause = signal.reason;
      }
      if (signal?.aborted || core.closed.aborted) {
        throw error;
      }
    }
  }
}

/**
 * Copies what the caller gave into a message. It throws a TypeError when a
 * value has the wrong type, or when a text is not valid Unicode.
 */
export function checked<Desc extends DescMessage>(
  schema: Desc,
  given: MessageInitShape<Desc>,
): MessageShape<Desc> {
  try {
    return clone(schema, create(schema, given));
  } catch (error) {
    const where = isFieldError(error) ? `${error.field().name}: ` : "";
    throw unsendable(`${where}${(error as Error).message}`, error);
  }
}

export function unsendable(why: string, cause?: unknown): TypeError {
  return new TypeError(`linktor: the request cannot be sent: ${why}`, { cause });
}
