// Signs in with a real Matrix client library, makes a room, writes a message and waits until it comes back by sync.
// node conversation.mjs BASE_URL CONNECT_TO USER; the password comes on standard input. Prints one JSON document.
// CONNECT_TO is the address that every name leads to: the lab's names are in no DNS.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";

const [baseUrl, address, user] = process.argv.slice(2);
const password = readFileSync(0, "utf8").trim();

dns.lookup = (name, options, callback) => {
  if (typeof options === "function") [options, callback] = [{}, options];
  if (options.all) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
};

const quiet = Object.fromEntries(["trace", "debug", "info", "warn", "error"].map((level) => [level, () => {}]));
const logger = { ...quiet, getChild: () => logger };
const client = sdk.createClient({ baseUrl, logger });

const timeout = setTimeout(() => {
  console.error("conversation: no answer within 60 s");
  process.exit(1);
}, 60_000);

try {
  const login = await client.login("m.login.password", { identifier: { type: "m.id.user", user }, password });
  client.credentials = { userId: login.user_id };
  await client.startClient({ initialSyncLimit: 5 });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));

  const { room_id: room } = await client.createRoom({ name: "Kitchen", preset: "private_chat" });
  const body = `Hello from ${user}`;
  const { event_id: sent } = await client.sendTextMessage(room, body);
  const received = await new Promise((resolve) => {
    const look = () => client.getRoom(room)?.getLiveTimeline().getEvents().find((event) => event.getId() === sent && !event.status);
    const seen = look();
    if (seen) resolve(seen);
    else client.on("Room.timeline", () => { const event = look(); if (event) resolve(event); });
  });
  console.log(JSON.stringify({ user_id: login.user_id, room, event: sent, body: received.getContent().body }));
  await client.logout(true);
} catch (error) {
  console.error(`conversation: ${error.message ?? error}`);
  process.exitCode = 1;
} finally {
  clearTimeout(timeout);
  client.stopClient();
}
process.exit();
