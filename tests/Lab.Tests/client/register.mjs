// Registers with a real Matrix client library, by an invite as its registration token.
// node register.mjs BASE_URL CONNECT_TO USER; the password and the code come on standard input, a line each. Prints one JSON document:
// the account, or what the server refused it with. CONNECT_TO is the address that every name leads to.
import { readFileSync } from "node:fs";
import sdk from "matrix-js-sdk";
import { leadTo, logger, run, say } from "./program.mjs";

const [baseUrl, address, username] = process.argv.slice(2);
leadTo(address);
const [password, token] = readFileSync(0, "utf8").split("\n").map((line) => line.trim());

const client = sdk.createClient({ baseUrl, logger });

// The library's own way through the stages, as Element goes.
const auth = new sdk.InteractiveAuth({
  matrixClient: client,
  doRequest: (stage) => client.registerRequest({ username, password, auth: stage ?? undefined }),
  requestEmailToken: () => {},
  // The library does the stages that need nothing by itself.
  stateUpdated: (stage, status) => {
    if (status?.error) refuse(status);
    else if (stage === "m.login.registration_token") auth.submitAuthDict({ type: stage, token });
  },
});

function refuse({ errcode, error }) {
  say(JSON.stringify({ refused: error, errcode }));
  process.exit();
}

await run("register", 60, async () => {
  try {
    const account = await auth.attemptAuth();
    say(JSON.stringify({ user_id: account.user_id, signed_in: Boolean(account.access_token) }));
  } catch (error) {
    say(JSON.stringify({ refused: error.data?.error ?? error.message, errcode: error.errcode }));
  }
});
