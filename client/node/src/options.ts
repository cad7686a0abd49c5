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
   * It is sent with every call. White space around the key is removed. An empty
   * key means that there is no key, so that the value may come from a file or a
   * variable.
   */
  apiKey?: string;
  /**
   * It encrypts the connection with these settings, also the connection to this
   * machine. Without it, a connection to another machine is encrypted, and
   * trusts the roots that Node has.
   */
  tls?: TlsOptions;
  /**
   * When it is true, everything is sent without encryption to the machine that
   * the address names, even the API key and the messages of customers. It is
   * for networks that encrypt by themselves, such as a mesh.
   */
  plaintextToOtherMachines?: boolean;
}

/** It says how a connection is encrypted. Every field is optional. */
export interface TlsOptions {
  /**
   * It is a PEM file with the root certificates to trust, in place of the roots
   * that Node has.
   */
  caFile?: string;
  /** It is a PEM file with the client's certificate, for servers that ask for one. */
  certFile?: string;
  /** It is a PEM file with the private key of that certificate. */
  keyFile?: string;
  /**
   * It is the name in the server's certificate. It is needed only when that
   * name is not the host of the address.
   */
  serverName?: string;
}

export interface CallOptions {
  /**
   * The call ends after this many milliseconds, its repetitions included. The
   * default is two minutes.
   */
  timeoutMs?: number;
  /** The call ends when this signal aborts. */
  signal?: AbortSignal;
}

export interface SubscribeOptions {
  /** When this signal aborts, the loop ends with its reason. */
  signal?: AbortSignal;
  /**
   * The subscription starts after the cursor in this store, and saves there how
   * far the application has come. The start in the request counts only while
   * the store has no cursor.
   */
  cursorStore?: CursorStore;
  /**
   * It is called with every response, before the application gets its events.
   * The first response of a stream has `subscribed`; heartbeats have no events.
   */
  onResponse?: (response: SubscribeEventsResponse) => void;
  /**
   * It is called when the stream has broken. The subscription opens the stream
   * again after `waitMs`. Without this function, Node prints a warning.
   */
  onBreak?: (error: Error, waitMs: number) => void;
}

export type SendRequest = MessageInitShape<typeof SendMessageRequestSchema>;
export type SetIceBreakersRequest = MessageInitShape<typeof SetIceBreakersRequestSchema>;
export type SubscribeRequest = MessageInitShape<typeof SubscribeEventsRequestSchema>;
