// The life of one user, lived through the real client.
import assert from "node:assert/strict";

import { createAPIClient } from "@nhost/nhost-js/auth";

import { authUrl, clientUrl, live, mail, newClient, refusal } from "./asking.mjs";

const email = "Ann@Example.com";
const password = "correct horse battery";
const newPassword = "another staple entirely";
const wrongPassword = { error: "invalid-email-password", message: "Incorrect email or password", status: 401 };

await live({
  async "the server answers as a service"() {
    const { auth } = newClient();
    assert.equal((await auth.healthCheckGet()).body, "OK");
    assert.equal((await auth.healthCheckHead()).status, 200);
    assert.match((await auth.getVersion()).body.version, /^\d/);
    assert.deepEqual((await auth.getJWKs()).body, { keys: [] });
  },

  async "signing up sends a mail and starts no session"() {
    const nhost = newClient();
    const options = { metadata: { plan: "pro" }, displayName: "Ann O'Neil", redirectTo: `${clientUrl}/welcome?a=1#top` };
    const { body, status } = await nhost.auth.signUpEmailPassword({ email, password, options });
    assert.equal(status, 200);
    assert.deepEqual(body, {});
    assert.equal(nhost.getUserSession(), null);
    const unverified = { error: "unverified-user", message: "User is not verified.", status: 401 };
    await refusal(nhost.auth.signInEmailPassword({ email, password }), 401, unverified);
    await refusal(nhost.auth.signInEmailPassword({ email, password: "wrong one" }), 401, wrongPassword);
  },

  async "the mailed link verifies, and its refresh token becomes a session"() {
    const nhost = newClient();
    const { link, ticket } = await mail("email-verify");
    assert.equal(
      nhost.auth.verifyTicketURL({ redirectTo: `${clientUrl}/welcome?a=1#top`, ticket, type: "emailVerify" }),
      link.replaceAll("+", "%20"),
    );
    const followed = await fetch(link, { redirect: "manual" });
    assert.equal(followed.status, 302);
    const target = new URL(followed.headers.get("location"));
    assert.equal(`${target.origin}${target.pathname}${target.hash}`, `${clientUrl}/welcome#top`);
    assert.equal(target.searchParams.get("a"), "1");
    assert.equal(target.searchParams.get("type"), "verifyEmail");
    await nhost.auth.refreshToken({ refreshToken: target.searchParams.get("refreshToken") });
    const session = nhost.getUserSession();
    assert.equal(session.user.email, email);
    assert.equal(session.user.emailVerified, true);
    assert.deepEqual(session.user.metadata, { plan: "pro" });
    assert.deepEqual(session.decodedToken["https://hasura.io/jwt/claims"]["x-hasura-allowed-roles"], ["me", "user"]);
    assert.equal(session.decodedToken["https://hasura.io/jwt/claims"]["x-hasura-user-id"], session.user.id);
    const again = await fetch(link, { redirect: "manual" });
    assert.equal(new URL(again.headers.get("location")).searchParams.get("error"), "invalid-ticket");
  },

  async "the middleware refreshes before each request"() {
    const nhost = newClient();
    const { body } = await nhost.auth.signInEmailPassword({ email, password });
    const first = nhost.getUserSession();
    assert.equal(first.refreshToken, body.session.refreshToken);
    const user = await nhost.auth.getUser();
    assert.equal(user.body.id, first.user.id);
    assert.deepEqual(user.body, first.user);
    const second = nhost.getUserSession();
    assert.equal(second.refreshTokenId, first.refreshTokenId);
    assert.notEqual(second.refreshToken, first.refreshToken);
  },

  async "tabs that refresh at once stay signed in"() {
    const nhost = newClient();
    await nhost.auth.signInEmailPassword({ email, password });
    const before = nhost.getUserSession();
    const bare = createAPIClient(authUrl);
    const refreshed = await Promise.all(
      Array.from({ length: 8 }, () => bare.refreshToken({ refreshToken: before.refreshToken })),
    );
    assert.equal(new Set(refreshed.map(({ body }) => body.refreshToken)).size, 1);
    const users = await Promise.all(Array.from({ length: 8 }, () => nhost.auth.getUser()));
    assert.deepEqual(new Set(users.map(({ body }) => body.id)), new Set([before.user.id]));
    assert.ok(await nhost.refreshSession(0));
    assert.equal((await nhost.auth.verifyToken({})).body, "OK");
    assert.equal((await nhost.auth.verifyToken({ token: nhost.getUserSession().accessToken })).body, "OK");
  },

  async "refusals arrive as FetchError"() {
    const { auth } = newClient();
    await refusal(auth.signInEmailPassword({ email, password: "wrong one" }), 401, wrongPassword);
    await refusal(auth.signInEmailPassword({ email: "nobody@example.com", password }), 401, wrongPassword);
    await refusal(auth.signUpEmailPassword({ email: "ann@example.COM", password }), 409, {
      error: "email-already-in-use",
      message: "Email already in use",
      status: 409,
    });
    await refusal(auth.getUser(), 401, {
      error: "unauthorized",
      reason: "missing or malformed authorization header",
      securityScheme: "BearerAuth",
    });
    await refusal(auth.signInEmailPassword({ email }), 400, {
      error: "schema-validation-error",
      reason: 'Error at "/password": property "password" is missing',
    });
    await refusal(auth.signOut({}), 400, {
      error: "invalid-request",
      message: "The request payload is incorrect",
      status: 400,
    });
  },

  async "a mailed ticket changes the password"() {
    const elsewhere = newClient();
    await elsewhere.auth.signInEmailPassword({ email, password });
    const { auth } = newClient();
    assert.equal((await auth.sendPasswordResetEmail({ email, options: { redirectTo: clientUrl } })).body, "OK");
    assert.equal((await auth.sendPasswordResetEmail({ email: "nobody@example.com" })).body, "OK");
    const { ticket } = await mail("password-reset");
    assert.equal((await auth.changeUserPassword({ newPassword, ticket })).body, "OK");
    const spent = { error: "invalid-ticket", message: "Invalid ticket", status: 401 };
    await refusal(auth.changeUserPassword({ newPassword, ticket }), 401, spent);
    await refusal(auth.signInEmailPassword({ email, password }), 401, wrongPassword);
    const ended = { error: "invalid-refresh-token", message: "Invalid or expired refresh token", status: 401 };
    const { refreshToken } = elsewhere.getUserSession();
    await refusal(createAPIClient(authUrl).refreshToken({ refreshToken }), 401, ended);
    assert.equal((await newClient().auth.signInEmailPassword({ email, password: newPassword })).status, 200);
  },

  async "a signed-in user changes the password and stays"() {
    const nhost = newClient();
    await nhost.auth.signInEmailPassword({ email, password: newPassword });
    assert.equal((await nhost.auth.changeUserPassword({ newPassword: password })).body, "OK");
    assert.equal((await nhost.auth.getUser()).status, 200);
    assert.equal((await newClient().auth.signInEmailPassword({ email, password })).status, 200);
  },

  async "signing out ends the session, here and everywhere"() {
    const [here, there] = [newClient(), newClient()];
    await here.auth.signInEmailPassword({ email, password });
    await there.auth.signInEmailPassword({ email, password });
    const { refreshToken } = here.getUserSession();
    assert.equal((await here.auth.signOut({ refreshToken })).body, "OK");
    assert.equal(here.getUserSession(), null);
    const ended = { error: "invalid-refresh-token", message: "Invalid or expired refresh token", status: 401 };
    const bare = createAPIClient(authUrl);
    await refusal(bare.refreshToken({ refreshToken }), 401, ended);
    assert.equal((await there.auth.getUser()).status, 200);
    const last = there.getUserSession().refreshToken;
    assert.equal((await there.auth.signOut({ all: true })).body, "OK");
    assert.equal(there.getUserSession(), null);
    await refusal(bare.refreshToken({ refreshToken: last }), 401, ended);
  },
});
