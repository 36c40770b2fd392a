// Goes into a call as a Matrix client does: a real client library asks the homeserver for an OpenID token, the call token service for a
// token, and LiveKit's own library judges it. Then a leave is handed over, and LiveKit, played here, says that the person left.
// node call.mjs BASE_URL CONNECT_TO USER; one line {password, key, secret} comes on standard input. Prints one JSON document.
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import sdk from "matrix-js-sdk";
import { leadTo, logger, run, say } from "./program.mjs";

const { AccessToken, TokenVerifier } = createRequire(new URL("../../CallTokens.Tests/client/", import.meta.url))("livekit-server-sdk");
const [baseUrl, address, user] = process.argv.slice(2);
leadTo(address);
const { password, key, secret } = JSON.parse(readFileSync(0, "utf8"));

// The machine's HTTPS has another port on this computer.
const here = (url) => Object.assign(new URL(url), { port: new URL(baseUrl).port }).toString();
const post = async (url, body, headers = {}) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await fetch(here(url), { method: "POST", body: text, headers: { "Content-Type": "application/json", ...headers } });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
  return answer.json();
};

const client = sdk.createClient({ baseUrl, logger });
await run("call", 90, async () => {
  const login = await client.login("m.login.password", { identifier: { type: "m.id.user", user }, password });
  client.credentials = { userId: login.user_id };
  const { room_id: room } = await client.createRoom({ name: "Call", preset: "private_chat" });
  const wellKnown = await (await fetch(here("https://ohana-matrix.xyz/.well-known/matrix/client"))).json();
  const [focus] = wellKnown["org.matrix.msc4143.rtc_foci"];
  const openid_token = await client.getOpenIdToken();
  const member = { id: "member", claimed_user_id: login.user_id, claimed_device_id: login.device_id };
  const request = { room_id: room, slot_id: "m.call#ROOM", openid_token, member };

  const leave = { msgtype: "m.text", body: `${user} has left` };
  const delayed = await client.http.authedRequest("PUT", `/rooms/${encodeURIComponent(room)}/send/m.room.message/leave`, { "org.matrix.msc4140.delay": 3_600_000 }, leave);
  const delay = { delay_id: delayed.delay_id, delay_timeout: 3_600_000, delay_cs_api_url: "https://ohana-matrix.xyz" };
  const { url, jwt } = await post(`${focus.livekit_service_url}/get_token`, { ...request, ...delay });
  const claims = await new TokenVerifier(key, secret).verify(jwt);
  const legacy = await post("https://ohana-matrix.xyz/sfu/get", { room, openid_token, device_id: login.device_id });
  const older = await new TokenVerifier(key, secret).verify(legacy.jwt);

  for (const event of ["participant_joined", "participant_left"]) {
    const body = JSON.stringify({ event, room: { name: claims.video.room }, participant: { identity: claims.sub, sid: "PA_1" } });
    const token = new AccessToken(key, secret);
    token.sha256 = createHash("sha256").update(body).digest("base64");
    await post(`${focus.livekit_service_url}/sfu_webhook`, body, { Authorization: await token.toJwt() });
  }
  let left = false;
  while (!left) {
    const { chunk } = await client.http.authedRequest("GET", `/rooms/${encodeURIComponent(room)}/messages`, { dir: "b", limit: "10" });
    left = chunk.some((event) => event.content?.body === leave.body);
    if (!left) await new Promise((resolve) => setTimeout(resolve, 200));
  }
  say(JSON.stringify({ url, user_id: login.user_id, device: login.device_id, room: claims.video.room, identity: claims.sub, legacy: older.sub, left }));
});
