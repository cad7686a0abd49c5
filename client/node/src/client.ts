import { createClient, type Client, type Transport } from "@connectrpc/connect";
import { randomBytes } from "node:crypto";
import { Core } from "./core.js";
import {
  AccessService,
  ChannelService,
  EventService,
  MessagingService,
  SendMessageRequestSchema,
  ServerService,
  SetIceBreakersRequestSchema,
  type Event,
  type SendMessageResponse,
  type SetIceBreakersResponse,
} from "./gen/v1.js";
import { sendRequest, type SendInput } from "./input.js";
import type {
  CallOptions,
  LinktorOptions,
  SendRequest,
  SetIceBreakersRequest,
  SubscribeOptions,
  SubscribeRequest,
} from "./options.js";
import { checked, repeat } from "./repeat.js";
import { checkedKey, isLocal, parseAddress, secureContext } from "./security.js";
import { Subscription } from "./subscribe.js";

/**
 * Returns the inner part of a client, for the tests of this package.
 * @internal
 */
export let coreOf: (client: Linktor) => Core;

/**
 * This is a client of one server. It connects at the first call. The connection
 * to this machine is plaintext; the connection to any other machine uses TLS.
 * Make one client and keep it.
 */
export class Linktor {
  // These are the generated clients, for everything that has no method here.
  // They throw LinktorErrors, too.
  readonly access: Client<typeof AccessService>;
  readonly channels: Client<typeof ChannelService>;
  readonly events: Client<typeof EventService>;
  readonly messaging: Client<typeof MessagingService>;
  readonly server: Client<typeof ServerService>;

  /**
   * It is the transport of the generated clients, for `createClient` of
   * Connect.
   */
  readonly transport: Transport;

  /**
   * It sends messages with the call that Linktor's documentation page about
   * Instagram shows; see `send`.
   */
  readonly messages = {
    send: async (input: SendInput, options?: CallOptions): Promise<SendMessageResponse> =>
      this.send(sendRequest(input), options),
  };

  /**
   * It has the call that Linktor's documentation page about Instagram shows
   * under this name.
   */
  readonly instagram = {
    setIceBreakers: (
      request: SetIceBreakersRequest,
      options?: CallOptions,
    ): Promise<SetIceBreakersResponse> => this.setIceBreakers(request, options),
  };

  readonly #core: Core;

  constructor(options: LinktorOptions = {}) {
    const address = parseAddress(options.server ?? process.env.LINKTOR_IG_SERVER ?? "");
    const { tls, plaintextToOtherMachines = false } = options;
    if (tls !== undefined && plaintextToOtherMachines) {
      throw new TypeError("linktor: tls and plaintextToOtherMachines exclude each other");
    }
    const local = tls === undefined && isLocal(address);
    this.#core = new Core({
      address,
      apiKey: checkedKey(options.apiKey),
      tls: local || plaintextToOtherMachines ? undefined : secureContext(tls ?? {}),
      serverName: tls?.serverName,
      pinned: local && !plaintextToOtherMachines,
    });
    this.transport = this.#core.main.transport;
    this.access = createClient(AccessService, this.transport);
    this.channels = createClient(ChannelService, this.transport);
    this.events = createClient(EventService, this.transport);
    this.messaging = createClient(MessagingService, this.transport);
    this.server = createClient(ServerService, this.transport);
  }

  /**
   * Sends one message and returns it as sent. When the request has no request
   * id, the client makes one. A program that may send the same message again
   * after a restart should set the id itself, made from the event that it
   * answers.
   *
   * A call is repeated with the same id when it may not have reached the
   * server, or when the server could not serve it for now. It is repeated until
   * `timeoutMs` is over. Repeating never sends the message twice.
   *
   * The error is a LinktorError, a TypeError when the request cannot be sent at
   * all, or an Error when the client is closed already.
   */
  async send(request: SendRequest, options: CallOptions = {}): Promise<SendMessageResponse> {
    const call = checked(SendMessageRequestSchema, request);
    call.requestId ||= `node-${randomBytes(16).toString("hex")}`;
    return repeat(
      this.#core,
      (each) => this.messaging.sendMessage(call, each),
      options,
      call.requestId,
    );
  }

  /**
   * Replaces the ice breakers of the account. The call is repeated as `send`
   * repeats it, because setting the same ice breakers twice changes nothing.
   */
  async setIceBreakers(
    request: SetIceBreakersRequest,
    options: CallOptions = {},
  ): Promise<SetIceBreakersResponse> {
    const call = checked(SetIceBreakersRequestSchema, request);
    return repeat(this.#core, (each) => this.channels.setIceBreakers(call, each), options);
  }

  /**
   * Returns the events from a position on, and then new events as they come. It
   * goes on until the loop over them is left or the signal aborts. After a
   * broken connection it connects again by itself and goes on after the last
   * event. Nothing is called before the loop asks for the first event.
   *
   * The loop ends with an error: the reason of the signal, a CursorStoreError,
   * a LinktorError by which the server refuses the stream, such as
   * CURSOR_EXPIRED, or an Error when the client is closed.
   *
   * Every event is given at least once. It counts as taken when the loop asks
   * for the next event, and then its cursor is saved. When the loop is left by
   * break or an error, the last event does not count as taken: it is given
   * again after the next start.
   */
  subscribe(
    request: SubscribeRequest = {},
    options: SubscribeOptions = {},
  ): AsyncGenerator<Event, void, undefined> {
    return new Subscription(this.#core, request, options).events();
  }

  /** Ends the connection, every call and every subscription. */
  close(): void {
    this.#core.close();
  }

  static {
    coreOf = (client) => client.#core;
  }
}
