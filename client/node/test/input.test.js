import { toJson } from "@bufbuild/protobuf";
import { SendMessageRequestSchema } from "@linktor/instagram/v1";
import assert from "node:assert/strict";
import test from "node:test";
import { sendRequest } from "../dist/input.js";

const to = { channelId: "ch_1", to: "6101" };

function made(input) {
  return toJson(SendMessageRequestSchema, sendRequest(input));
}

test("the contract's JSON is taken as it is", () => {
  const request = {
    ...to,
    content: {
      text: "Which?",
      quickReplies: [{ title: "A", payload: "a" }],
    },
    requestId: "r1",
    tag: "MESSAGE_TAG_HUMAN_AGENT",
  };
  assert.deepEqual(made(request), request);
  const generic = {
    elements: [{ title: "T", buttons: [{ title: "B", url: "https://a.example" }] }],
  };
  const card = { ...to, content: { template: { generic } } };
  assert.deepEqual(made(card), card);
});

test("the page's names for kinds are left out", () => {
  const before = {
    ...to,
    content: {
      type: "template",
      template: {
        type: "generic",
        elements: [
          {
            title: "T",
            subtitle: undefined,
            buttons: [
              { type: "web_url", title: "Shop", url: "https://a.example" },
              { type: "postback", title: "More", payload: "MORE" },
            ],
          },
        ],
      },
    },
    requestId: undefined,
  };
  const copy = structuredClone(before);
  assert.deepEqual(made(before), {
    ...to,
    content: {
      template: {
        generic: {
          elements: [
            {
              title: "T",
              buttons: [
                { title: "Shop", url: "https://a.example" },
                { title: "More", payload: "MORE" },
              ],
            },
          ],
        },
      },
    },
  });
  assert.deepEqual(before, copy, "the caller's object was changed");
  const tapped = { contentType: "text", title: "A", payload: "a" };
  const quick = made({ ...to, content: { type: "text", text: "?", quickReplies: [tapped] } });
  assert.deepEqual(quick.content.quickReplies, [{ title: "A", payload: "a" }]);
});

for (const [name, content, message] of [
  ["a kind that is not there", { type: "image", text: "x" }, /type "image" of content/],
  ["a kind that no message has", { type: "poll", poll: {} }, /type "poll" of content/],
  ["a kind that is no text", { type: 1, text: "x" }, /type 1 of content/],
  ["a field in place of a kind", { type: "quickReplies", quickReplies: [] }, /"quickReplies"/],
  ["a field that is unknown", { text: "x", quickreplies: [] }, /"quickreplies"/],
  ["another kind of template", { template: { type: "list" } }, /type "list" of a template/],
  [
    "cards in two places",
    { template: { generic: {}, elements: [] } },
    /elements of a template/,
  ],
  [
    "a kind of button that is not there",
    { template: { elements: [{ title: "T", buttons: [{ type: "web_url", payload: "x" }] }] } },
    /type "web_url" of a button/,
  ],
  [
    "another kind of button",
    { template: { elements: [{ title: "T", buttons: [{ type: "call", url: "x" }] }] } },
    /type "call" of a button/,
  ],
  [
    "another kind of quick reply",
    { text: "x", quickReplies: [{ contentType: "user_email" }] },
    /contentType "user_email"/,
  ],
  ["two kinds", { text: "x", image: { url: "https://a.example" } }, /content/],
  ["a list in place of an object", [], /MessageContent/],
  ["a list that is none", { text: "x", quickReplies: { title: "A" } }, /quick_replies/],
]) {
  test(`${name} is refused`, () => {
    assert.throws(() => sendRequest({ ...to, content }), { name: "TypeError", message });
  });
}

test("an id that is a number is refused", () => {
  const input = { ...to, to: 17841234567890, content: { text: "x" } };
  assert.throws(() => sendRequest(input), { name: "TypeError", message: /to/ });
  assert.throws(() => sendRequest(undefined), { name: "TypeError" });
});
