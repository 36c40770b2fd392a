// Signs in with a real Matrix client library, makes a room, writes a message and waits until it comes back by sync.
// node conversation.mjs BASE_URL CONNECT_TO USER; the password comes on standard input. Prints one JSON document.
// CONNECT_TO is the address that every name leads to: the lab's names are in no DNS.
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";
import { leadTo, logger, run, say } from "./program.mjs";

const [baseUrl, address, user] = process.argv.slice(2);
leadTo(address);
const password = readFileSync(0, "utf8").trim();

const client = sdk.createClient({ baseUrl, logger });

await run("conversation", 60, async () => {
  const login = await client.login("m.login.password", { identifier: { type: "m.id.user", user }, password });
  client.credentials = { userId: login.user_id };
  await client.startClient({ initialSyncLimit: 5 });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));

  const { room_id: room } = await client.createRoom({ name: "Kitchen", preset: "private_chat" });
  const body = `Hello from ${user}`;
  const { event_id: sent } = await client.sendTextMessage(room, body);
  // The server's copy of a message replaces the client's own, which has a status until then.
  const received = await new Promise((resolve) => {
    const look = setInterval(() => {
      const event = client.getRoom(room)?.getLiveTimeline().getEvents().find((one) => one.getId() === sent && !one.status);
      if (event) {
        clearInterval(look);
        resolve(event);
      }
    }, 50);
  });
  say(JSON.stringify({ user_id: login.user_id, room, event: sent, body: received.getContent().body }));
  await client.logout(true);
});
