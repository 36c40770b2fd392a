// Is an agent with a real Matrix client library: looks whether it finds itself in the Space, says something in hive-chat and waits for an answer.
// node agent.mjs BASE_URL CONNECT_TO USER_ID MESSAGE ANSWERING; the access token comes on standard input. Prints one JSON document.
// CONNECT_TO is the address that every name leads to: the lab's names are in no DNS.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";

const [baseUrl, address, userId, message, answering] = process.argv.slice(2);
const accessToken = readFileSync(0, "utf8").trim();

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
const client = sdk.createClient({ baseUrl, accessToken, userId, logger });

const timeout = setTimeout(() => {
  complain("agent: no answer within 60 s");
  process.exit(1);
}, 60_000);

try {
  await client.startClient({ initialSyncLimit: 20 });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));
  const rooms = client.getRooms().filter((room) => room.getMyMembership() === "join");
  const space = rooms.find((room) => room.isSpaceRoom());
  const children = space.currentState.getStateEvents("m.space.child").map((event) => event.getStateKey());
  const hierarchy = await client.getRoomHierarchy(space.roomId);
  const chat = rooms.find((room) => room.name === "hive-chat" && children.includes(room.roomId));

  const { event_id: sent } = await client.sendTextMessage(chat.roomId, message);
  const answer = await new Promise((resolve) => {
    const look = setInterval(() => {
      const events = client.getRoom(chat.roomId).getLiveTimeline().getEvents();
      const from = events.findIndex((event) => event.getId() === sent);
      const event = from < 0 ? undefined : events.slice(from + 1).find((one) => one.getSender() === answering && one.getType() === "m.room.message");
      if (event) {
        clearInterval(look);
        resolve(event);
      }
    }, 50);
  });
  say(
    JSON.stringify({
      rooms: rooms.map((room) => room.name).sort(),
      children: hierarchy.rooms.map((room) => room.name).sort(),
      members: chat.getJoinedMembers().map((member) => member.userId).sort(),
      answer: answer.getContent().body,
    }),
  );
} catch (error) {
  complain(`agent: ${error.message ?? error}`);
  process.exitCode = 1;
} finally {
  clearTimeout(timeout);
  client.stopClient();
}
process.exit();
