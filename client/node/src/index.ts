// This is a client of the Linktor Instagram Gateway. `Linktor` sends with
// `messages.send`, which never sends twice, and reads with `subscribe`, which goes on by
// itself after a broken connection. The messages, enums and services of the
// contract are in "@linktor/instagram/v1".
export { timestampDate, timestampFromDate, timestampNow } from "@bufbuild/protobuf/wkt";
export { Linktor } from "./client.js";
export { FileCursorStore } from "./cursor.js";
export type { CursorStore } from "./cursor.js";
export { CursorStoreError, ERROR_DOMAIN, LinktorError } from "./errors.js";
export type { FieldViolation, StatusCode } from "./errors.js";
export { EventType, Reason } from "./gen/constants.js";
export type { Event, SendMessageResponse, SubscribeEventsResponse } from "./gen/v1.js";
export { text } from "./input.js";
export type {
  ButtonInput,
  ContentInput,
  ElementInput,
  GenericInput,
  QuickReplyInput,
  SendInput,
  TemplateInput,
} from "./input.js";
export type {
  CallOptions,
  LinktorOptions,
  SendRequest,
  SetIceBreakersRequest,
  SubscribeOptions,
  SubscribeRequest,
  TlsOptions,
} from "./options.js";
