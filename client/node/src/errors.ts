import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Reason } from "./gen/constants.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

/**
 * It is the domain of the server's reasons. A proxy may send other reasons with
 * a domain of its own.
 */
export const ERROR_DOMAIN = "instagram.linktor";

/** It is the code of a status as gRPC spells it. */
export type StatusCode =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** It names a field of a request and says what is wrong with it. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/**
 * It says how a call ended. Programs should decide by `reason`, then by `code`.
 * The messages are for people and may change.
 */
export class LinktorError extends Error {
  readonly code: StatusCode;
  /**
   * It is one of `Reason`, or a reason that is newer than this package. It is
   * empty when the server did not make the status, because the connection broke
   * or a proxy answered.
   */
  readonly reason: string = "";
  /** It says what to do, in English. */
  readonly remedy: string = "";
  /** It has further values that come with the reason, such as `graph_code`. */
  readonly metadata: Readonly<Record<string, string>> = {};
  /** They are the fields of the request that are wrong. */
  readonly violations: readonly FieldViolation[] = [];
  /**
   * It says how long to wait before the call can succeed. It is 0 when the
   * server did not say.
   */
  readonly retryDelayMs: number = 0;
  /** It is the request id of the send, also when the client made it. */
  readonly requestId: string = "";
  /**
   * It is true when the call may have been done, or may still be under way,
   * although it ended with this error. Then repeat a send only with the same
   * `requestId`; GetMessage tells what became of it. Only `send` and
   * `setIceBreakers` set this field.
   */
  readonly outcomeUnknown: boolean = false;

  /**
   * `cause` is the error of Connect. When the caller's signal ended the call,
   * it is the reason of that signal.
   */
  constructor(from: ConnectError, code = statusCode(from.code), cause: unknown = from) {
    super(from.rawMessage, { cause });
    this.code = code;
    // An ErrorInfo with another domain does not come from this server.
    const info = from
      .findDetails(ErrorInfoSchema)
      .find((detail) => detail.domain === ERROR_DOMAIN);
    if (info !== undefined) {
      const { remedy = "", ...metadata } = info.metadata;
      this.reason = info.reason;
      this.remedy = remedy;
      this.metadata = metadata;
    }
    this.violations = from
      .findDetails(BadRequestSchema)
      .flatMap((detail) => detail.fieldViolations)
      .map(({ field, description }) => ({ field, description }));
    const delay = from.findDetails(RetryInfoSchema).at(-1)?.retryDelay;
    this.retryDelayMs = delay === undefined ? 0 : durationMs(delay);
  }

  override get name(): string {
    return "LinktorError";
  }

  override toString(): string {
    const wrong = this.violations
      .filter((one) => !this.message.includes(one.description))
      .map((one) => `; ${one.field}: ${one.description}`);
    const reason = this.reason === "" ? "" : ` ${this.reason}`;
    return `${this.name}: ${this.code}${reason}: ${this.message}${wrong.join("")}${this.#whatToDo()}`;
  }

  // The remedy belongs to the last refusal. It says nothing about an earlier
  // call that got lost.
  #whatToDo(): string {
    if (this.outcomeUnknown && (this.reason === "" || !leavesUnknown(this))) {
      const repeat = this.requestId === "" ? "" : `: repeat it with the request id ${this.requestId} only`;
      return `; it may have been done all the same${repeat}`;
    }
    return this.remedy === "" ? "" : ` (what to do: ${this.remedy})`;
  }
}

/**
 * It says that a cursor store failed. Its `cause` is the error of the store.
 */
export class CursorStoreError extends Error {
  override get name(): string {
    return "CursorStoreError";
  }
}

/**
 * Returns the LinktorError of a call that Connect ended with `error`. `signal`
 * is the caller's signal.
 */
export function errorOf(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof LinktorError) {
    return error;
  }
  const from = ConnectError.from(error);
  if (isOfThePeer(from)) {
    return new LinktorError(from);
  }
  if (signal?.aborted) {
    const timeout = (signal.reason as Error | undefined)?.name === "TimeoutError";
    return new LinktorError(from, timeout ? "DEADLINE_EXCEEDED" : "CANCELLED", signal.reason);
  }
  // When there was no connection, or when it broke, gRPC says UNAVAILABLE
  // everywhere. Connect has several codes for this.
  return new LinktorError(from, hasSystemError(from) ? "UNAVAILABLE" : undefined);
}

/** Returns whether the server or a proxy made the status, in HTTP or gRPC. */
function isOfThePeer(error: ConnectError): boolean {
  return error.metadata.has("grpc-status") || error.metadata.has("content-type");
}

/**
 * Returns whether the error or one of its causes is an error of Node: its code
 * is a text.
 */
function hasSystemError(error: Error): boolean {
  const seen = new Set<unknown>();
  for (let one: unknown = error; one instanceof Error && !seen.has(one); one = one.cause) {
    if ("code" in one && typeof one.code === "string") {
      return true;
    }
    seen.add(one);
  }
  return false;
}

/** Returns a code as gRPC spells it: DEADLINE_EXCEEDED for DeadlineExceeded. */
function statusCode(code: Code): StatusCode {
  if (code === Code.Canceled) {
    return "CANCELLED";
  }
  return (Code[code] ?? "Unknown")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toUpperCase() as StatusCode;
}

// After these codes a call is tried again, unless the server gave a reason.
const UNLESS_REFUSED = ["INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED"];

/**
 * Returns whether a call that ended with this error may be repeated with the
 * same request id. It may when the server asks for it, or when the status was
 * not made by the server: it then has no reason.
 */
export function isRepeatable(error: LinktorError): boolean {
  return (
    error.code === "UNAVAILABLE" ||
    (error.reason === "" && [...UNLESS_REFUSED, "CANCELLED"].includes(error.code))
  );
}

/**
 * Returns whether the subscription opens the stream again after this error. It
 * does when the connection broke, or when the server is busy or shutting down.
 * It does not when the server refused the request.
 */
export function isResumable(error: LinktorError): boolean {
  return (
    ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED", "ABORTED"].includes(error.code) ||
    (error.reason === "" && UNLESS_REFUSED.includes(error.code))
  );
}

/**
 * Returns whether a call that ended with this error may have been done all the
 * same.
 */
export function leavesUnknown({ reason }: LinktorError): boolean {
  return (
    reason === "" ||
    reason === Reason.SEND_OUTCOME_UNKNOWN ||
    reason === Reason.REQUEST_IN_FLIGHT ||
    reason === Reason.INTERNAL_FAULT
  );
}
