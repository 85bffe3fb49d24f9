// The life of a user without a password, lived through the real client with an authenticator in software.
import assert from "node:assert/strict";

import { clientUrl, live, mail, newClient, passkey, refusal } from "./asking.mjs";

const email = "Ann@Example.com";
const invalidRequest = { error: "invalid-request", message: "The request payload is incorrect", status: 400 };
const elevated = (session) => ({ headers: { Authorization: `Bearer ${session.accessToken}` } });
const claims = (session) =>
  JSON.parse(Buffer.from(session.accessToken.split(".")[1], "base64url"))["https://hasura.io/jwt/claims"];

const signedIn = async () => {
  const nhost = newClient();
  const { body: options } = await nhost.auth.signInWebauthn();
  await nhost.auth.verifySignInWebauthn({ credential: await passkey.get(options) });
  return nhost;
};

await live({
  async "signing up with a passkey sends a mail and starts no session"() {
    const nhost = newClient();
    const { body: options } = await nhost.auth.signUpWebauthn({ email, options: { displayName: "Ann O'Neil" } });
    assert.equal(options.rp.id, "localhost");
    assert.equal(options.user.displayName, "Ann O'Neil");
    const credential = await passkey.create(options);
    const redirectTo = `${clientUrl}/welcome`;
    const { body } = await nhost.auth.verifySignUpWebauthn({
      credential,
      nickname: "my phone",
      options: { redirectTo, metadata: { plan: "pro" } },
    });
    assert.deepEqual(body, {});
    assert.equal(nhost.getUserSession(), null);
    const unverified = { error: "unverified-user", message: "User is not verified.", status: 401 };
    const { body: request } = await nhost.auth.signInWebauthn();
    await refusal(nhost.auth.verifySignInWebauthn({ credential: await passkey.get(request) }), 401, unverified);
    await refusal(nhost.auth.verifySignUpWebauthn({ credential }), 400, invalidRequest);
  },

  async "the mailed link verifies, and its refresh token becomes a session"() {
    const nhost = newClient();
    const { link } = await mail("email-verify");
    const target = new URL((await fetch(link, { redirect: "manual" })).headers.get("location"));
    assert.equal(`${target.origin}${target.pathname}`, `${clientUrl}/welcome`);
    await nhost.auth.refreshToken({ refreshToken: target.searchParams.get("refreshToken") });
    const { user } = nhost.getUserSession();
    assert.equal(user.email, email);
    assert.equal(user.displayName, "Ann O'Neil");
    assert.deepEqual(user.metadata, { plan: "pro" });
  },

  async "signing in works with an address and without"() {
    const nhost = newClient();
    const { body: options } = await nhost.auth.signInWebauthn({ email });
    assert.equal(options.allowCredentials.length, 1);
    const credential = await passkey.get(options);
    const { body } = await nhost.auth.verifySignInWebauthn({ credential });
    assert.equal(nhost.getUserSession().refreshToken, body.session.refreshToken);
    assert.equal((await (await signedIn()).auth.getUser()).body.email, email);
    await refusal(nhost.auth.verifySignInWebauthn({ credential }), 400, invalidRequest);
  },

  async "an address of nobody is answered like any other"() {
    const { auth } = newClient();
    const nobody = { email: "nobody@example.com" };
    const [{ body: first }, { body: second }] = [await auth.signInWebauthn(nobody), await auth.signInWebauthn(nobody)];
    assert.ok(first.allowCredentials.length > 0);
    assert.deepEqual(first.allowCredentials, second.allowCredentials);
    assert.notEqual(first.challenge, second.challenge);
  },

  async "a further key needs an elevated session"() {
    const nhost = await signedIn();
    const refused = {
      error: "unauthorized",
      reason: "elevated claim required",
      securityScheme: "BearerAuthElevated",
    };
    await refusal(nhost.auth.addSecurityKey(), 401, refused);
    const { body: request } = await nhost.auth.elevateWebauthn();
    const { body: proof } = await nhost.auth.verifyElevateWebauthn({ credential: await passkey.get(request) });
    const { user } = nhost.getUserSession();
    assert.equal(claims(proof.session)["x-hasura-auth-elevated"], user.id);
    assert.notEqual(nhost.getUserSession().accessToken, proof.session.accessToken);
    const { body: options } = await nhost.auth.addSecurityKey(elevated(proof.session));
    assert.equal(options.excludeCredentials.length, 1);
    assert.equal(options.user.id, user.id);
    // The authenticator at hand has a key already; another one would not be asked to leave it out.
    const credential = await passkey.create({ ...options, excludeCredentials: [] });
    const added = await nhost.auth.verifyAddSecurityKey({ credential, nickname: "a spare" }, elevated(proof.session));
    assert.equal(added.body.nickname, "a spare");
    assert.match(added.body.id, /^[0-9a-f-]{36}$/);
    assert.equal((await nhost.auth.signInWebauthn({ email })).body.allowCredentials.length, 2);
  },

  async "the user is told of the new key"() {
    assert.ok(await mail("security-changed"));
    assert.equal((await (await signedIn()).auth.getUser()).status, 200);
  },
});
