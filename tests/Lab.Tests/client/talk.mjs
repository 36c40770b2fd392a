// Two people, each on a homeserver of their own or on the same, sign in with a real Matrix client library, meet in a room, and each reads
// what the other wrote. node talk.mjs BASE_URL USER OTHER_BASE_URL OTHER_USER; the passwords come on standard input, a line each. Prints one
// JSON document. Every name leads to this computer: the lab's names are in no DNS.
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";
import { leadTo, logger, run, say } from "./program.mjs";

const [baseUrl, user, otherUrl, otherUser] = process.argv.slice(2);
const passwords = readFileSync(0, "utf8").trim().split("\n");

leadTo("127.0.0.1");

async function signIn(baseUrl, user, password) {
  const client = sdk.createClient({ baseUrl, logger });
  const login = await client.login("m.login.password", { identifier: { type: "m.id.user", user }, password });
  client.credentials = { userId: login.user_id };
  await client.startClient({ initialSyncLimit: 5 });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));
  return client;
}

function until(look) {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const found = look();
      if (found) {
        clearInterval(timer);
        resolve(found);
      }
    }, 50);
  });
}

const heard = (client, room, from) =>
  until(() => client.getRoom(room)?.getLiveTimeline().getEvents()
    .find((event) => event.getType() === "m.room.message" && event.getSender() === from.getUserId() && !event.status));

await run("talk", 120, async () => {
  const one = await signIn(baseUrl, user, passwords[0]);
  const other = await signIn(otherUrl, otherUser, passwords[1]);
  const { room_id: room } = await one.createRoom({ name: "Fence", preset: "private_chat", invite: [other.getUserId()] });
  await until(() => other.getRoom(room)?.getMyMembership() === "invite");
  await other.joinRoom(room);
  await one.sendTextMessage(room, `Hello from ${one.getUserId()}`);
  const first = await heard(other, room, one);
  await other.sendTextMessage(room, `Hello from ${other.getUserId()}`);
  const second = await heard(one, room, other);
  say(JSON.stringify({ room, event: second.getId(), token: one.getAccessToken(), first: first.getContent().body, second: second.getContent().body }));
});
