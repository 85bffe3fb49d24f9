// Every method of the real client that this server answers, each called once and successfully; the client itself says
// which methods there are. Users come and go; what can go wrong is told by the other journeys.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";

import { createAPIClient, generatePKCEPair } from "@nhost/nhost-js/auth";

import { authUrl, clientUrl, live, mailTo, passkey, textTo } from "./asking.mjs";
import { called, client, PROVIDER_METHODS } from "./noting.mjs";

// Called by the journey to other providers, providers.mjs.
const THERE = new Set(PROVIDER_METHODS);

// They belong to being a provider.
const LATER = new Set([
  "getOpenIDConfiguration",
  "getOAuthAuthorizationServer",
  "oauth2AuthorizeURL",
  "oauth2AuthorizePostURL",
  "oauth2Token",
  "oauth2UserinfoGet",
  "oauth2UserinfoPost",
  "oauth2Jwks",
  "oauth2Revoke",
  "oauth2Introspect",
  "oauth2LoginGet",
  "oauth2LoginPost",
]);

const password = "correct horse battery";
const signedUp = async (email) => {
  const nhost = client();
  await nhost.auth.signUpEmailPassword({ email, password });
  assert.equal(nhost.getUserSession().user.email, email);
  return nhost;
};

// Opens a link as a browser does, and returns what the page that it leads to finds in its address.
const follow = async (link) => {
  const target = new URL((await fetch(link, { redirect: "manual" })).headers.get("location"));
  assert.equal(target.searchParams.get("error"), null, String(target));
  return target.searchParams;
};

// RFC 6238 with the usual parameters; `steps` away from now, since each step is good for one proof only.
const totp = (secret, steps) => {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  const key = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
};

await live({
  async "about the server"() {
    const { auth } = client();
    assert.equal((await auth.healthCheckGet()).body, "OK");
    assert.equal((await auth.healthCheckHead()).status, 200);
    assert.match((await auth.getVersion()).body.version, /^\d/);
    assert.ok(Array.isArray((await auth.getJWKs()).body.keys));
  },

  async "with a password"() {
    const email = "ann@example.com";
    const nhost = await signedUp(email);
    assert.equal((await nhost.auth.verifyToken({})).body, "OK");
    assert.equal((await nhost.auth.getUser()).body.email, email);
    const { refreshToken } = nhost.getUserSession();
    await nhost.auth.refreshToken({ refreshToken });
    assert.equal((await nhost.auth.signOut({ refreshToken: nhost.getUserSession().refreshToken })).body, "OK");
    assert.equal((await nhost.auth.sendPasswordResetEmail({ email })).body, "OK");
    const { ticket } = await mailTo(email, "password-reset");
    assert.equal((await nhost.auth.changeUserPassword({ newPassword: "another staple", ticket })).body, "OK");
    await nhost.auth.signInEmailPassword({ email, password: "another staple" });
    assert.equal(nhost.getUserSession().user.email, email);
  },

  async "with a proven address, and then another"() {
    const email = "bea@example.com";
    const nhost = await signedUp(email);
    const options = { redirectTo: clientUrl };
    assert.equal((await nhost.auth.sendVerificationEmail({ email, options })).body, "OK");
    const { link, ticket } = await mailTo(email, "email-verify");
    assert.equal(nhost.auth.verifyTicketURL({ redirectTo: clientUrl, ticket, type: "emailVerify" }), link);
    await nhost.auth.refreshToken({ refreshToken: (await follow(link)).get("refreshToken") });
    assert.equal(nhost.getUserSession().user.emailVerified, true);
    const newEmail = "beatrice@example.com";
    assert.equal((await nhost.auth.changeUserEmail({ newEmail, options })).body, "OK");
    const changed = await follow((await mailTo(newEmail, "email-confirm-change")).link);
    await nhost.auth.refreshToken({ refreshToken: changed.get("refreshToken") });
    assert.equal((await nhost.auth.getUser()).body.email, newEmail);
  },

  async "with links"() {
    const email = "cyd@example.com";
    const [there, here] = [client(), client()];
    const { verifier: codeVerifier, challenge: codeChallenge } = await generatePKCEPair();
    assert.equal((await there.auth.signUpPasswordlessEmail({ email, codeChallenge })).body, "OK");
    const code = (await follow((await mailTo(email, "signin-passwordless")).link)).get("code");
    await there.auth.tokenExchange({ code, codeVerifier });
    assert.equal(there.getUserSession().user.email, email);
    assert.equal((await here.auth.signInPasswordlessEmail({ email })).body, "OK");
    const refreshToken = (await follow((await mailTo(email, "signin-passwordless")).link)).get("refreshToken");
    await here.auth.refreshToken({ refreshToken });
    assert.equal(here.getUserSession().user.id, there.getUserSession().user.id);
  },

  async "with codes by mail"() {
    const email = "dan@example.com";
    const [there, here] = [client(), client()];
    assert.equal((await there.auth.signUpOTPEmail({ email })).body, "OK");
    await there.auth.verifySignInOTPEmail({ email, otp: (await mailTo(email, "signin-otp")).ticket });
    assert.equal(there.getUserSession().user.email, email);
    assert.equal((await here.auth.signInOTPEmail({ email })).body, "OK");
    await here.auth.verifySignInOTPEmail({ email, otp: (await mailTo(email, "signin-otp")).ticket });
    assert.equal(here.getUserSession().user.id, there.getUserSession().user.id);
  },

  async "with codes by text message"() {
    const phoneNumber = "+4915123456789";
    const [there, here] = [client(), client()];
    assert.equal((await there.auth.signUpPasswordlessSms({ phoneNumber })).body, "OK");
    await there.auth.verifySignInPasswordlessSms({ phoneNumber, otp: await textTo(phoneNumber) });
    assert.equal(there.getUserSession().user.phoneNumber, phoneNumber);
    assert.equal((await here.auth.signInPasswordlessSms({ phoneNumber })).body, "OK");
    await here.auth.verifySignInPasswordlessSms({ phoneNumber, otp: await textTo(phoneNumber) });
    assert.equal(here.getUserSession().user.id, there.getUserSession().user.id);
  },

  async "without a name, and then with one"() {
    const nhost = client();
    await nhost.auth.signInAnonymous({ displayName: "Nobody" });
    const { id, isAnonymous } = nhost.getUserSession().user;
    assert.equal(isAnonymous, true);
    const named = { signInMethod: "email-password", email: "eve@example.com", password };
    assert.equal((await nhost.auth.deanonymizeUser(named)).body, "OK");
    await nhost.auth.signInEmailPassword({ email: named.email, password });
    assert.equal(nhost.getUserSession().user.id, id);
  },

  async "with a personal access token"() {
    const nhost = await signedUp("fay@example.com");
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const { body } = await nhost.auth.createPAT({ expiresAt, metadata: { name: "a program" } });
    const program = client();
    await program.auth.signInPAT({ personalAccessToken: body.personalAccessToken });
    assert.equal(program.getUserSession().user.id, nhost.getUserSession().user.id);
  },

  async "with a second factor"() {
    const email = "gil@example.com";
    const nhost = await signedUp(email);
    const { totpSecret, imageUrl } = (await nhost.auth.changeUserMfa()).body;
    assert.match(imageUrl, /^data:image\//);
    const activation = { code: totp(totpSecret, -1), activeMfaType: "totp" };
    assert.equal((await nhost.auth.verifyChangeUserMfa(activation)).body, "OK");
    const elsewhere = client();
    const { body } = await elsewhere.auth.signInEmailPassword({ email, password });
    assert.equal(body.session, undefined);
    await elsewhere.auth.verifySignInMfaTotp({ ticket: body.mfa.ticket, otp: totp(totpSecret, 0) });
    assert.equal((await elsewhere.auth.getUser()).body.activeMfaType, "totp");
    const end = { code: totp(totpSecret, 1), activeMfaType: "" };
    assert.equal((await elsewhere.auth.verifyChangeUserMfa(end)).body, "OK");
  },

  async "with passkeys"() {
    const email = "hal@example.com";
    const [there, here] = [client(), client()];
    const { body: creation } = await there.auth.signUpWebauthn({ email });
    await there.auth.verifySignUpWebauthn({ credential: await passkey.create(creation), nickname: "a phone" });
    assert.equal(there.getUserSession().user.email, email);
    const { body: request } = await here.auth.signInWebauthn({ email });
    await here.auth.verifySignInWebauthn({ credential: await passkey.get(request) });
    assert.equal(here.getUserSession().user.id, there.getUserSession().user.id);
    const { body: again } = await here.auth.elevateWebauthn();
    const { body: elevated } = await here.auth.verifyElevateWebauthn({ credential: await passkey.get(again) });
    const headers = { Authorization: `Bearer ${elevated.session.accessToken}` };
    const { body: spare } = await here.auth.addSecurityKey({ headers });
    const credential = await passkey.create({ ...spare, excludeCredentials: [] });
    const { body: added } = await here.auth.verifyAddSecurityKey({ credential, nickname: "a spare" }, { headers });
    assert.equal(added.nickname, "a spare");
  },

  async "and no method was forgotten"() {
    const bare = createAPIClient(authUrl);
    const methods = Object.keys(bare).filter((name) => typeof bare[name] === "function" && name !== "pushChainFunction");
    assert.ok(methods.length >= 55, String(methods));
    const elsewhere = new Set([...LATER, ...THERE]);
    assert.deepEqual([...elsewhere].filter((name) => !methods.includes(name)), [], "these are no methods any more");
    assert.deepEqual([...called].filter((name) => elsewhere.has(name)), [], "these are served now");
    assert.deepEqual(methods.filter((name) => !elsewhere.has(name) && !called.has(name)), [], "nobody called these");
  },
});
