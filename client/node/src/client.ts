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
 * It is a client of one server. It connects at the first call, in plaintext to
 * this machine and by TLS to any other one. Make one and keep it.
 */
export class Linktor {
  // These are the generated clients, for everything that has no method here. Their
  // errors are LinktorErrors, too.
  readonly access: Client<typeof AccessService>;
  readonly channels: Client<typeof ChannelService>;
  readonly events: Client<typeof EventService>;
  readonly messaging: Client<typeof MessagingService>;
  readonly server: Client<typeof ServerService>;

  /** It is the transport of these clients, for `createClient` of Connect. */
  readonly transport: Transport;

  /** Sends as Linktor's page on Instagram spells it; see `send`. */
  readonly messages = {
    send: async (input: SendInput, options?: CallOptions): Promise<SendMessageResponse> =>
      this.send(sendRequest(input), options),
  };

  /** It has what Linktor's page on Instagram has under this name. */
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
   * Sends one message and returns it as sent. It always has a request id, which
   * is made when the request has none; a caller who may send the same again after
   * a restart gives one, made from the event that is answered.
   *
   * A call that may not have reached the server, or that the server could not
   * serve for now, is repeated with the same id until `timeoutMs` is over, which
   * never sends twice. The error is a LinktorError, a TypeError when the request
   * cannot be sent at all, or an Error when the client is closed already.
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
   * Replaces the ice breakers of the account. It is repeated as `send` is; doing
   * it twice changes nothing.
   */
  async setIceBreakers(
    request: SetIceBreakersRequest,
    options: CallOptions = {},
  ): Promise<SetIceBreakersResponse> {
    const call = checked(SetIceBreakersRequestSchema, request);
    return repeat(this.#core, (each) => this.channels.setIceBreakers(call, each), options);
  }

  /**
   * Returns the events from a position on, and goes on with new ones for as long
   * as the loop over them runs and the signal is not aborted. After a broken
   * connection it goes on by itself after the last event. Nothing is called before
   * the first event is asked for.
   *
   * The loop ends by an error: the reason of the signal, a CursorStoreError, a
   * LinktorError by which the server refuses the stream, such as CURSOR_EXPIRED, or
   * an Error when the client is closed.
   *
   * Every event is given at least once. It counts as taken when the loop asks for
   * the next one, and its cursor is saved then; when the loop is left, by break
   * or an error, the event in hand is given again after the next start.
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
