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

// A call without a time limit gets this one: a send with media takes up to 90 s,
// and some time is left for repeating it.
export const DEFAULT_TIMEOUT_MS = 120_000;
// With less time left the server does not begin a send. Repeating it then would
// only cover up the error that is known.
export const LEAST_TIME_MS = 500;
// gRPC has eight digits for the time limit of a call.
const MOST_TIMEOUT_MS = 99_999_999;

/**
 * Calls until the outcome is known or no other call fits before the deadline.
 * The error has the request id, and says if the outcome is unknown.
 */
export async function repeat<Response>(
  core: Core,
  call: (options: Required<Pick<CallOptions, "timeoutMs">> & CallOptions) => Promise<Response>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions,
  requestId = "",
): Promise<Response> {
  if (signal?.aborted) {
    // Nothing was sent, so that the outcome is known.
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
      // A later refusal need not speak of an earlier call that got lost.
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
 * Copies what the caller gave into a message. It refuses what cannot be sent:
 * a value has the wrong type, or a text is not valid Unicode.
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
