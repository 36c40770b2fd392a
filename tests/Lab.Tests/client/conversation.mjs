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

// The library has a second logger, which writes to the console whatever it is told.
const [say, complain] = [console.log, console.error];
for (const level of ["trace", "debug", "log", "info", "warn", "error"]) console[level] = () => {};
const quiet = Object.fromEntries(["trace", "debug", "info", "warn", "error"].map((level) => [level, () => {}]));
const logger = { ...quiet, getChild: () => logger };
const client = sdk.createClient({ baseUrl, logger });

const timeout = setTimeout(() => {
  complain("conversation: no answer within 60 s");
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
} catch (error) {
  complain(`conversation: ${error.message ?? error}`);
  process.exitCode = 1;
} finally {
  clearTimeout(timeout);
  client.stopClient();
}
process.exit();
