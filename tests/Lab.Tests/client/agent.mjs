// Is an agent with a real Matrix client library: looks whether it finds itself in the Space, says something in hive-chat and waits for an answer.
// node agent.mjs BASE_URL CONNECT_TO USER_ID SPACE MESSAGE ANSWERING; the access token comes on standard input. Prints one JSON document.
// CONNECT_TO is the address that every name leads to: the lab's names are in no DNS.
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";
import { leadTo, logger, run, say } from "./program.mjs";

const [baseUrl, address, userId, spaceId, message, answering] = process.argv.slice(2);
leadTo(address);
const accessToken = readFileSync(0, "utf8").trim();

const client = sdk.createClient({ baseUrl, accessToken, userId, logger });

await run("agent", 60, async () => {
  await client.startClient({ initialSyncLimit: 20 });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));
  const space = client.getRoom(spaceId);
  const children = space.currentState.getStateEvents("m.space.child").map((event) => event.getStateKey());
  // Rooms of other Spaces, which other tests made it forget, do not count.
  const rooms = client.getRooms().filter((room) => room.getMyMembership() === "join" && [spaceId, ...children].includes(room.roomId));
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
});
