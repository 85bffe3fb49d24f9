// What every journey needs: a client, and the questions that it asks the test over stdout and stdin. A line
// {"mail": <template>} is answered by {"ticket": ..., "link": ...} of the newest one, with {"to": <address>} of the next
// one to somebody; {"text": <number>} by the code of the next text; {"idToken": <subject>, "email": ..., "nonce": ...} by
// a token that a provider signed; {"visitor": <name>} by nothing, and that name comes from the provider; {"passkey": {"create" or "get": <options>}} by the
// credential that an authenticator makes of it.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";

import { createClient } from "@nhost/nhost-js";
import { FetchError } from "@nhost/nhost-js/fetch";
import { MemoryStorage } from "@nhost/nhost-js/session";

export const authUrl = process.env.JOURNEY_AUTH_URL;
export const clientUrl = process.env.JOURNEY_CLIENT_URL;

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (question) => {
  process.stdout.write(`${JSON.stringify(question)}\n`);
  return JSON.parse((await answers.next()).value);
};

export const mail = (template) => ask({ mail: template });
export const mailTo = (to, template) => ask({ mail: template, to });
export const textTo = (number) => ask({ text: number });
export const idToken = (subject, email, nonce = "") => ask({ idToken: subject, email, nonce });
export const visitor = (name) => ask({ visitor: name });

// What a page does with navigator.credentials: `create` and `get` take the options as the client answers them.
export const passkey = {
  create: (options) => ask({ passkey: { create: options } }),
  get: (options) => ask({ passkey: { get: options } }),
};

// The client with its own middleware: it refreshes before each request, since access tokens here live for less than
// its margin of 60 seconds; it stores what sign-in and refresh answer, and attaches the access token.
export const newClient = () => createClient({ authUrl, storage: new MemoryStorage() });

export const refusal = async (request, status, body) => {
  const error = await request.then(
    () => assert.fail("should have been refused"),
    (caught) => caught,
  );
  assert.ok(error instanceof FetchError, String(error));
  assert.equal(error.status, status);
  assert.deepEqual(error.body, body);
  assert.equal(error.message, body.message ?? body.error);
};

// Takes the steps in order and tells of each promise that was kept; the first one that was not ends the journey.
export const live = async (steps) => {
  for (const [promise, keep] of Object.entries(steps)) {
    try {
      await keep();
    } catch (error) {
      console.error(`not kept: ${promise}`);
      console.error(error);
      process.exit(1);
    }
    process.stdout.write(`${JSON.stringify({ kept: promise })}\n`);
  }
  process.exit(0);
};
