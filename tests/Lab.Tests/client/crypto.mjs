// A person at the client library of Matrix apps with its own cryptography (Rust, in WebAssembly), on a new device.
import sdk from "matrix-js-sdk";
import { logger } from "./program.mjs";

/** What makes a new room one with encryption. */
export const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };

/** Signs in and follows what happens: the client, and every event that comes. */
export async function signIn(baseUrl, user, password) {
  const login = await sdk.createClient({ baseUrl, logger }).login("m.login.password", { identifier: { type: "m.id.user", user }, password });
  const client = sdk.createClient({ baseUrl, logger, userId: login.user_id, deviceId: login.device_id, accessToken: login.access_token });
  const events = [];
  client.on("event", (event) => events.push(event));
  await client.initRustCrypto({ useIndexedDB: false });
  await client.startClient({ initialSyncLimit: 20, threadSupport: true });
  await new Promise((resolve) => client.on("sync", (state) => state === "PREPARED" && resolve()));
  return { client, events };
}

/** The event itself, once it is there and can be read. */
export async function read(client, event) {
  if (event?.isEncrypted()) await client.decryptEventIfNeeded(event);
  return event && !event.isDecryptionFailure() && event.getContent().body && event;
}
