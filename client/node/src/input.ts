import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import {
  SendMessageRequestSchema,
  type GenericTemplateJson,
  type MessageContentJson,
  type QuickReplyJson,
  type SendMessageRequest,
  type SendMessageRequestJson,
  type TemplateButtonJson,
  type TemplateElementJson,
  type TemplateJson,
} from "./gen/v1.js";
import { unsendable } from "./repeat.js";

/**
 * It is a message to send, spelled as the JSON of SendMessageRequest. It may
 * also have the fields `type` and `contentType`, which Linktor's documentation
 * page about Instagram shows. They must fit the other fields.
 */
export interface SendInput extends Omit<SendMessageRequestJson, "content"> {
  channelId: string;
  to: string;
  content: ContentInput;
}

export interface ContentInput extends Omit<MessageContentJson, "template" | "quickReplies"> {
  type?: "text" | "image" | "video" | "audio" | "sticker" | "template";
  template?: TemplateInput;
  quickReplies?: QuickReplyInput[];
}

export interface TemplateInput extends Omit<TemplateJson, "generic"> {
  type?: "generic";
  generic?: GenericInput;
  /** They are the cards of the template. Use either these or `generic`. */
  elements?: ElementInput[];
}

export interface GenericInput extends Omit<GenericTemplateJson, "elements"> {
  elements: ElementInput[];
}

export interface ElementInput extends Omit<TemplateElementJson, "buttons"> {
  buttons?: ButtonInput[];
}

export interface ButtonInput extends TemplateButtonJson {
  type?: "web_url" | "postback";
}

export interface QuickReplyInput extends QuickReplyJson {
  contentType?: "text";
}

type Json = { [key: string]: unknown };

/**
 * Returns the request. It throws a TypeError when something in the input does
 * not fit.
 */
export function sendRequest(input: SendInput): SendMessageRequest {
  const { content, ...rest } = input as unknown as Json;
  const json = isObject(content) ? { ...rest, content: contentJson(content) } : input;
  try {
    return fromJson(SendMessageRequestSchema, defined(json) as JsonValue);
  } catch (error) {
    throw unsendable((error as Error).message, error);
  }
}

/**
 * Returns the content as the JSON of MessageContent, without `type` and
 * `contentType`.
 */
function contentJson(given: Json): Json {
  const { type, ...content } = given;
  if (type !== undefined && !(typeof type === "string" && isCase(type, content))) {
    throw misfit("content", `type ${quoted(type)}`, "has no such content in it");
  }
  if (isObject(content.template)) {
    content.template = templateJson(content.template);
  }
  content.quickReplies = each(content.quickReplies, ({ contentType, ...reply }) => {
    if (contentType !== undefined && contentType !== "text") {
      throw misfit("a quick reply", `contentType ${quoted(contentType)}`, "is not text");
    }
    return reply;
  });
  return content;
}

/** Returns whether `type` names a kind of content that is set in `content`. */
function isCase(type: string, content: Json): boolean {
  const { oneofs } = SendMessageRequestSchema.field.content.message!;
  return (
    content[type] !== undefined && oneofs[0]!.fields.some((field) => field.jsonName === type)
  );
}

function templateJson(given: Json): Json {
  const { type, elements, ...template } = given;
  if (type !== undefined && type !== "generic") {
    throw misfit("a template", `type ${quoted(type)}`, "is not generic");
  }
  if (elements !== undefined) {
    if (template.generic !== undefined) {
      throw misfit("a template", "elements", "stands beside generic");
    }
    template.generic = { elements };
  }
  if (isObject(template.generic)) {
    const generic = { ...template.generic };
    generic.elements = each(generic.elements, (element) => ({
      ...element,
      buttons: each(element.buttons, buttonJson),
    }));
    template.generic = generic;
  }
  return template;
}

const BUTTON_FIELDS = new Map<unknown, string>([
  ["web_url", "url"],
  ["postback", "payload"],
]);

function buttonJson({ type, ...button }: Json): Json {
  if (type !== undefined && button[BUTTON_FIELDS.get(type) ?? ""] === undefined) {
    throw misfit("a button", `type ${quoted(type)}`, "does not say what a tap does");
  }
  return button;
}

function misfit(of: string, what: string, how: string): TypeError {
  return unsendable(`${what} of ${of} ${how}`);
}

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Maps the objects of a list. It leaves all other values for fromJson to judge.
 */
function each(list: unknown, map: (one: Json) => Json): unknown {
  return Array.isArray(list) ? list.map((one) => (isObject(one) ? map(one) : one)) : list;
}

/**
 * Returns the value without the members that are undefined, which JSON cannot
 * have.
 */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(defined);
  }
  if (!isObject(value)) {
    return value;
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries.map(([key, part]) => [key, defined(part)]));
}

/**
 * Returns a request that sends a text to a customer. The caller may set more
 * fields in it.
 */
export function text(channelId: string, to: string, text: string): SendMessageRequest {
  return create(SendMessageRequestSchema, {
    channelId,
    recipient: { case: "to", value: to },
    content: { content: { case: "text", value: text } },
  });
}
