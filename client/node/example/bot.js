// This answers the first message of each customer, and the choice that they tap.
import { FileCursorStore, Linktor } from "@linktor/instagram";

const client = new Linktor({
  server: process.env.LINKTOR_IG_SERVER ?? "127.0.0.1:50051",
  apiKey: process.env.LINKTOR_IG_API_KEY,
});
const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => stop.abort());
}

const met = new Set();
/** Returns the message to send after an event, or undefined when there is none. */
function answer({ channelId, userId: to, payload }) {
  // The request id is made from the message, so several replicas answer only
  // once.
  if (payload.case === "messageReceived" && !met.has(to)) {
    met.add(to);
    const quickReplies = [
      { title: "Dresses", payload: "DRESSES" },
      { title: "Shoes", payload: "SHOES" },
    ];
    const content = { text: "Hello! What do you look for?", quickReplies };
    return { channelId, to, content, requestId: `first-${payload.value.id}` };
  }
  if (payload.case === "quickReply") {
    const content = { text: `You chose ${payload.value.text}.` };
    return { channelId, to, content, requestId: `choice-${payload.value.message.id}` };
  }
}

async function main({ signal }) {
  await client.setIceBreakers(
    {
      channelId: "ch_instagram_123",
      iceBreakers: [{ question: "What is new?", payload: "NEW" }],
    },
    { signal },
  );
  const cursorStore = new FileCursorStore("example.cursor");
  const onResponse = ({ subscribed }) => {
    if (subscribed) console.log("reading events; Ctrl-C ends");
  };
  for await (const event of client.subscribe({}, { signal, cursorStore, onResponse })) {
    const message = answer(event);
    if (message === undefined) continue;
    await client.messages.send(message, { signal }).catch((error) => {
      signal.throwIfAborted(); // The event comes again at the next start.
      console.error(String(error));
    });
  }
}

await main(stop).catch((error) => {
  if (stop.signal.aborted) return;
  console.error(String(error));
  process.exitCode = 1;
});
client.close();
