// Talks with the assistant in an encrypted room, with the client library's own cryptography (Rust, in WebAssembly).
// node encrypted.mjs BASE_URL USER ASSISTANT TEXT...; the password comes on standard input. Prints one JSON document: the answers that
// were decrypted, whether each was encrypted, and what the homeserver has of the room.
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";
import { logger, run, say } from "./program.mjs";

const [baseUrl, user, assistant, ...texts] = process.argv.slice(2);
const password = readFileSync(0, "utf8").trim();

async function until(what, done) {
  for (;;) {
    const found = await done();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let client;
await run("encrypted", 90, async () => {
  const login = await sdk.createClient({ baseUrl, logger }).login("m.login.password", { identifier: { type: "m.id.user", user }, password });
  client = sdk.createClient({ baseUrl, logger, userId: login.user_id, deviceId: login.device_id, accessToken: login.access_token });
  await client.initRustCrypto({ useIndexedDB: false });
  await client.startClient({ initialSyncLimit: 20, threadSupport: false });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));

  const { room_id: room } = await client.createRoom({
    preset: "private_chat",
    invite: [assistant],
    initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
  });
  await until("the assistant joins", () => client.getRoom(room)?.getMember(assistant)?.membership === "join");

  const answers = [];
  for (const text of texts) {
    const { event_id: sent } = await client.sendEvent(room, "m.room.message", {
      msgtype: "m.text",
      body: text,
      "m.mentions": { user_ids: [assistant] },
    });
    const answer = await until("an answer", async () => {
      const events = client.getRoom(room).getLiveTimeline().getEvents();
      const found = events.find((one) => one.getSender() === assistant && one.getWireContent()["m.relates_to"]?.event_id === sent);
      if (found?.isEncrypted()) await client.decryptEventIfNeeded(found);
      return found && !found.isDecryptionFailure() && found.getContent().body && found;
    });
    answers.push({ body: answer.getContent().body, encrypted: answer.isEncrypted(), type: answer.getWireType() });
  }
  const shown = client.getRoom(room).getLiveTimeline().getEvents().filter((one) => one.getWireType() === "m.room.message").length;
  const device = await client.getCrypto().getUserDeviceInfo([assistant]);
  say(JSON.stringify({ user_id: login.user_id, room, answers, in_the_clear: shown, devices: device.get(assistant)?.size ?? 0 }));
});
