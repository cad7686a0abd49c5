import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CursorStore } from "./cursor.js";
import type {
  SendMessageRequestSchema,
  SetIceBreakersRequestSchema,
  SubscribeEventsRequestSchema,
  SubscribeEventsResponse,
} from "./gen/v1.js";

export interface LinktorOptions {
  /**
   * It is the address of the server, such as "127.0.0.1:50051",
   * "gateway.example:443" or "unix:/run/linktor.sock". The default is the
   * environment variable LINKTOR_IG_SERVER.
   */
  server?: string;
  /**
   * It is sent with every call. White space around it is removed, and an empty key
   * is none, so that it may come from a file or a variable.
   */
  apiKey?: string;
  /**
   * It encrypts the connection also to this machine, and says by which
   * certificates. Without it, a connection to another machine is encrypted with
   * the roots that Node has.
   */
  tls?: TlsOptions;
  /**
   * While it is true everything is sent unencrypted, the API key and what customers
   * write included, to whatever machine the address names. It is for networks
   * that encrypt by themselves, such as a mesh.
   */
  plaintextToOtherMachines?: boolean;
}

/** It says how a connection is encrypted. Every field may be left out. */
export interface TlsOptions {
  /**
   * It is a PEM file with the roots that may vouch for the server, in place of
   * those that Node has.
   */
  caFile?: string;
  /** It is a PEM file with the client's certificate, for servers that ask for one. */
  certFile?: string;
  /** It is a PEM file with the private key of that certificate. */
  keyFile?: string;
  /**
   * The server's certificate has this name, where that is not the host of the
   * address.
   */
  serverName?: string;
}

export interface CallOptions {
  /**
   * The call, with its repetitions, ends after so many milliseconds. The default is
   * two minutes.
   */
  timeoutMs?: number;
  /** The call ends when it aborts. */
  signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** The loop ends with the signal's reason when it aborts. */
  signal?: AbortSignal;
  /**
   * It says where to go on, and is told how far the application has come. The
   * start in the request counts only while the store has no cursor.
   */
  cursorStore?: CursorStore;
  /**
   * It is called with every response before its events are given. The first
   * response of a stream has `subscribed`; heartbeats have no events.
   */
  onResponse?: (response: SubscribeEventsResponse) => void;
  /**
   * It is called when the stream has broken and is taken up again after `waitMs`.
   * Without it Node prints a warning.
   */
  onBreak?: (error: Error, waitMs: number) => void;
}

export type SendRequest = MessageInitShape<typeof SendMessageRequestSchema>;
export type SetIceBreakersRequest = MessageInitShape<typeof SetIceBreakersRequestSchema>;
export type SubscribeRequest = MessageInitShape<typeof SubscribeEventsRequestSchema>;
