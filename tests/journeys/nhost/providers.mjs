// Every method of the real client that signs in with another provider: a GitHub to go to and come back from, and ID tokens
// of a Google. Both are stand-ins; the test makes the tokens and says who is at GitHub.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { clientUrl, idToken, live, visitor } from "./asking.mjs";
import { called, client, PROVIDER_METHODS } from "./noting.mjs";

// What a browser does: it keeps the cookie, goes to the provider's page, and comes back with what that page says.
const thereAndBack = async (url) => {
  const departed = await fetch(url, { redirect: "manual" });
  const cookie = departed.headers.get("set-cookie").split(";", 1)[0];
  const page = new URL(departed.headers.get("location"));
  const callback = new URL(page.searchParams.get("redirect_uri"));
  callback.search = new URLSearchParams({ code: "a-code", state: page.searchParams.get("state") });
  const returned = await fetch(callback, { redirect: "manual", headers: { cookie } });
  const target = new URL(returned.headers.get("location"));
  assert.equal(target.searchParams.get("error"), null, String(target));
  return target.searchParams;
};

const hashed = (nonce) => createHash("sha256").update(nonce).digest("hex");

await live({
  async "to a provider and back"() {
    const nhost = client();
    await visitor("ada");
    const brought = await thereAndBack(nhost.auth.signInProviderURL("github", { redirectTo: clientUrl, state: "mine" }));
    assert.equal(brought.get("state"), "mine");
    await nhost.auth.refreshToken({ refreshToken: brought.get("refreshToken") });
    assert.equal(nhost.getUserSession().user.email, "ada@acme.example");
    const { body: first } = await nhost.auth.getProviderTokens("github");
    assert.deepEqual([first.accessToken, first.refreshToken], ["gho_0123456789", "ghr_0123456789"]);
    const { body: renewed } = await nhost.auth.refreshProviderToken("github", { refreshToken: first.refreshToken });
    assert.equal(renewed.accessToken, "gho_0123456789");
  },

  async "to a provider to sign up"() {
    const nhost = client();
    await visitor("bob");
    const brought = await thereAndBack(nhost.auth.signUpProviderURL("github", { redirectTo: clientUrl }));
    await nhost.auth.refreshToken({ refreshToken: brought.get("refreshToken") });
    assert.equal(nhost.getUserSession().user.email, "bob@acme.example");
  },

  async "with an ID token"() {
    const [there, here] = [client(), client()];
    const [first, second] = ["a nonce", "another nonce"];
    await there.auth.signUpIdToken({ provider: "google", idToken: await idToken("g-1", "cyd@acme.example") });
    assert.equal(there.getUserSession().user.email, "cyd@acme.example");
    const token = await idToken("g-1", "cyd@acme.example", hashed(first));
    await here.auth.signInIdToken({ provider: "google", idToken: token, nonce: first });
    assert.equal(here.getUserSession().user.id, there.getUserSession().user.id);
    const other = await idToken("g-2", "elsewhere@acme.example", hashed(second));
    assert.equal((await here.auth.linkIdToken({ provider: "google", idToken: other, nonce: second })).body, "OK");
  },

  async "and no method was forgotten"() {
    assert.deepEqual(PROVIDER_METHODS.filter((name) => !called.has(name)), [], "nobody called these");
  },
});
