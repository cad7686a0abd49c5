import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Reason } from "./gen/constants.js";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

/** The server's reasons have this domain; a proxy may have reasons of its own. */
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
 * It says how a call ended. Decide by `reason`, then by `code`: messages are for people
 * and change.
 */
export class LinktorError extends Error {
  readonly code: StatusCode;
  /**
   * It is one of `Reason`, or one that is newer than this package. It is empty
   * when the server did not make the status: the connection broke, or a
   * proxy answered.
   */
  readonly reason: string = "";
  /** It says what to do, in English. */
  readonly remedy: string = "";
  /** It has what else the reason comes with, such as `graph_code`. */
  readonly metadata: Readonly<Record<string, string>> = {};
  /** They are the fields of the request that are wrong. */
  readonly violations: readonly FieldViolation[] = [];
  /** The call cannot succeed before; it is 0 when nobody said how long to wait. */
  readonly retryDelayMs: number = 0;
  /** It is the request id of the send, also when the client made it. */
  readonly requestId: string = "";
  /**
   * It is true when the call may have been done, or may still be under way,
   * although it ended with this error. A send may then be repeated with the same
   * `requestId` only, and GetMessage tells what became of it. Only `send` and
   * `setIceBreakers` set it.
   */
  readonly outcomeUnknown: boolean = false;

  /**
   * The cause is the error of Connect or, where the caller's signal ended the call,
   * the reason of that signal.
   */
  constructor(from: ConnectError, code = statusCode(from.code), cause: unknown = from) {
    super(from.rawMessage, { cause });
    this.code = code;
    // ErrorInfo of another domain says nothing about this server.
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

  // The remedy of the last refusal does not speak of an earlier call that got lost.
  #whatToDo(): string {
    if (this.outcomeUnknown && (this.reason === "" || !leavesUnknown(this))) {
      const repeat = this.requestId === "" ? "" : `: repeat it with the request id ${this.requestId} only`;
      return `; it may have been done all the same${repeat}`;
    }
    return this.remedy === "" ? "" : ` (what to do: ${this.remedy})`;
  }
}

/** A cursor store failed, for the reason that is its cause. */
export class CursorStoreError extends Error {
  override get name(): string {
    return "CursorStoreError";
  }
}

/**
 * Returns the error of a call that Connect ended with `error`. The signal is the
 * caller's.
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
  // Connect has several codes for what gRPC calls UNAVAILABLE everywhere: there
  // was no connection, or it broke.
  return new LinktorError(from, hasSystemError(from) ? "UNAVAILABLE" : undefined);
}

/** Returns whether the server or a proxy made the status, in HTTP or gRPC. */
function isOfThePeer(error: ConnectError): boolean {
  return error.metadata.has("grpc-status") || error.metadata.has("content-type");
}

/** Returns whether an error of Node, which has a code in letters, is the cause. */
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

/** Spells a code as gRPC does: DeadlineExceeded is DEADLINE_EXCEEDED. */
function statusCode(code: Code): StatusCode {
  if (code === Code.Canceled) {
    return "CANCELLED";
  }
  return (Code[code] ?? "Unknown")
    .replace(/(?<=[a-z])(?=[A-Z])/g, "_")
    .toUpperCase() as StatusCode;
}

const UNLESS_REFUSED = ["INTERNAL", "UNKNOWN", "DEADLINE_EXCEEDED"];

/**
 * Returns whether a call that ended so may be repeated with the same request id:
 * the server asks for it, or did not make the status.
 */
export function isRepeatable(error: LinktorError): boolean {
  return (
    error.code === "UNAVAILABLE" ||
    (error.reason === "" && [...UNLESS_REFUSED, "CANCELLED"].includes(error.code))
  );
}

/**
 * Returns whether a stream that ended so is taken up again: the connection broke,
 * or the server is busy or going, but it did not refuse.
 */
export function isResumable(error: LinktorError): boolean {
  return (
    ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "CANCELLED", "ABORTED"].includes(error.code) ||
    (error.reason === "" && UNLESS_REFUSED.includes(error.code))
  );
}

/** Returns whether nobody knows if a call that ended so was done. */
export function leavesUnknown({ reason }: LinktorError): boolean {
  return (
    reason === "" ||
    reason === Reason.SEND_OUTCOME_UNKNOWN ||
    reason === Reason.REQUEST_IN_FLIGHT ||
    reason === Reason.INTERNAL_FAULT
  );
}
