// Talks with the assistant in a new room, as the client library of Matrix apps does it, with its own cryptography (Rust, in WebAssembly).
// node assistant.mjs BASE_URL CONNECT_TO USER ASSISTANT plain|encrypted. On standard input: the password, then a line for each message, of
// which the first opens a thread that the others go on in. "/discard" begins a new room key, "/quietly TEXT" waits for no answer, "/settle"
// waits until all that was sent to the device has arrived. Prints a line of JSON for each line, and at the end what the room shows.
// CONNECT_TO is the address that every name leads to.
import { createInterface } from "node:readline";
import { encryption, read, signIn } from "./crypto.mjs";
import { leadTo, run, say, until } from "./program.mjs";

const [baseUrl, address, user, assistant, kind] = process.argv.slice(2);
leadTo(address);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const line = async () => (await lines.next()).value;

await run("assistant", 300, async () => {
  const { client, events } = await signIn(baseUrl, user, await line());
  const [userId, deviceId] = [client.getUserId(), client.getDeviceId()];
  const { room_id: room } = await client.createRoom({ preset: "private_chat", invite: [assistant], initial_state: kind === "encrypted" ? [encryption] : [] });
  await until("the assistant joins", () => client.getRoom(room)?.getMember(assistant)?.membership === "join");

  // What is sent to a device arrives in its order.
  const settle = async () => {
    const arrived = new Promise((resolve) => client.on("toDeviceEvent", (event) => event.getType() === "settled" && resolve()));
    await client.sendToDevice("settled", new Map([[userId, new Map([[deviceId, {}]])]]));
    await arrived;
  };
  let root;
  for (let text = await line(); text !== undefined; text = await line()) {
    if (text === "/discard" || text === "/settle") {
      await (text === "/discard" ? client.getCrypto().forceDiscardSession(room) : settle());
      say("{}");
      continue;
    }
    const quietly = text.startsWith("/quietly ");
    if (quietly) text = text.slice("/quietly ".length);
    const content = { msgtype: "m.text", body: text, "m.mentions": { user_ids: [assistant] } };
    if (root) content["m.relates_to"] = { rel_type: "m.thread", event_id: root };
    const { event_id: sent } = await client.sendEvent(room, "m.room.message", content);
    root ??= sent;
    if (quietly) {
      say("{}");
      continue;
    }
    const relation = (event) => event.getWireContent()["m.relates_to"];
    const answer = await until(`${assistant} answers "${text}"`, () =>
      read(client, events.find((event) => event.getSender() === assistant && relation(event)?.["m.in_reply_to"]?.event_id === sent)));
    const inThread = relation(answer).rel_type === "m.thread" && relation(answer).event_id === root;
    say(JSON.stringify({ body: answer.getContent().body, encrypted: answer.isEncrypted(), thread: inThread }));
  }
  const { chunk } = await client.http.authedRequest("GET", `/rooms/${encodeURIComponent(room)}/messages`, { dir: "b", limit: "100" });
  const devices = await client.getCrypto().getUserDeviceInfo([assistant]);
  const [device] = devices.get(assistant)?.keys() ?? [];
  const signed = device ? (await client.getCrypto().getDeviceVerificationStatus(assistant, device)).signedByOwner : false;
  const clear = chunk.filter((event) => event.type === "m.room.message").length;
  say(JSON.stringify({ in_the_clear: clear, in_thread: client.getRoom(room).getThread(root)?.length ?? 0, devices: devices.get(assistant)?.size ?? 0, signed }));
  await client.logout(true);
});
