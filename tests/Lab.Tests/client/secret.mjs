// Two people of one homeserver meet in a room with encryption, and each reads what the other wrote. node secret.mjs BASE_URL CONNECT_TO USER; on
// standard input, a line each: the password, the other's name, the other's password. Prints one JSON document.
import { readFileSync } from "node:fs";
import { encryption, read, signIn } from "./crypto.mjs";
import { leadTo, run, say, until } from "./program.mjs";

const [baseUrl, address, user] = process.argv.slice(2);
leadTo(address);
const [password, otherUser, otherPassword] = readFileSync(0, "utf8").trim().split("\n");

await run("secret", 120, async () => {
  const [one, other] = [await signIn(baseUrl, user, password), await signIn(baseUrl, otherUser, otherPassword)];
  const invite = [other.client.getUserId()];
  const { room_id: room } = await one.client.createRoom({ preset: "private_chat", invite, initial_state: [encryption] });
  await until("the invitation arrives", () => other.client.getRoom(room));
  await other.client.joinRoom(room);
  await until("the other is there", () => one.client.getRoom(room).getMember(other.client.getUserId())?.membership === "join");

  const says = async (from, to, body) => {
    const { event_id: sent } = await from.client.sendTextMessage(room, body);
    const event = await until(`"${body}" can be read`, () => read(to.client, to.events.find((event) => event.getId() === sent)));
    return { body: event.getContent().body, encrypted: event.isEncrypted() };
  };
  const heard = [await says(one, other, "Nobody else reads this"), await says(other, one, "Nor that")];
  const { chunk } = await one.client.http.authedRequest("GET", `/rooms/${encodeURIComponent(room)}/messages`, { dir: "b", limit: "100" });
  const count = (type) => chunk.filter((event) => event.type === type).length;
  say(JSON.stringify({ heard, encrypted: count("m.room.encrypted"), in_the_clear: count("m.room.message") }));
  await Promise.all([one, other].map(({ client }) => client.logout(true)));
});
