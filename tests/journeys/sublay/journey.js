// Drives the hooks of the real @replyke/core as an app does: mounted in its provider, with a browser's cookie jar.
// Arguments: the server's URL and the project's id. Prints one line per step; any surprise ends it with status 1.
import assert from "node:assert/strict";
import axios from "axios";
import { createElement } from "react";
import { act, create } from "react-test-renderer";
import { ReplykeProvider, useAuth, useProject, useUser } from "@replyke/core";
import publicApi, { axiosPrivate } from "@replyke/core/dist/esm/config/axios.js";

const [server, projectId] = process.argv.slice(2);
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

// What a browser and a host name would do: point the client here, and keep the cookies of credentialed calls.
const jar = new Map();
for (const instance of [axios, publicApi, axiosPrivate]) {
  if (instance !== axios) instance.defaults.baseURL = `${server}/api/v6`;
  instance.interceptors.request.use((config) => {
    config.url = config.url.replace("https://api.replyke.com", server);
    if (config.withCredentials && jar.size)
      config.headers.set("Cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    return config;
  });
  const keep = (answer) => {
    for (const line of answer?.config?.withCredentials ? (answer.headers["set-cookie"] ?? []) : []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return answer;
  };
  instance.interceptors.response.use(keep, (error) => {
    keep(error.response);
    throw error;
  });
}

const seen = {};
function App() {
  seen.auth = useAuth();
  seen.user = useUser().user;
  seen.project = useProject().project;
  return null;
}
const patience = async (ready, what) => {
  for (let tries = 0; tries < 3000; tries += 1) {
    if (ready()) return;
    await act(() => new Promise((resolve) => setTimeout(resolve, 20)));
  }
  assert.fail(`waited in vain: ${what}`);
};
const step = async (name, run) => {
  await act(run);
  console.log(name);
};

let tree;
await step("mounted", async () => {
  tree = create(createElement(ReplykeProvider, { projectId }, createElement(App)));
});
await patience(() => !seen.auth.loadingInitial && seen.project, "the first refresh, which finds nobody");
assert.equal(seen.project.id, projectId);
assert.equal(seen.auth.accessToken, null);

const email = `replyke-${process.pid}@example.com`;
const password = "s3cur3P@ss";
const names = { name: " Ann ", username: `Ann${process.pid}` };
await step("signed up", () => seen.auth.signUpWithEmailAndPassword({ email, password, ...names }));
await patience(() => seen.auth.accessToken && seen.user, "a signed-in user");
assert.equal(seen.user.email, email);
assert.equal(seen.user.name, "Ann");
assert.ok(jar.has("replyke-refresh-jwt"));

await step("a reload signs in by the cookie alone", async () => {
  await seen.auth.setRefreshToken(null);
  assert.ok(await seen.auth.requestNewAccessToken());
});
assert.equal(seen.user.email, email);

await step("signed out", () => seen.auth.signOut());
await patience(() => !seen.auth.accessToken, "nobody");
assert.ok(!jar.has("replyke-refresh-jwt"));

await assert.rejects(async () => {
  await act(() => seen.auth.signInWithEmailAndPassword({ email, password: "wrong" }));
}, /status code 401/);
console.log("a wrong password is refused");
await step("signed in", () => seen.auth.signInWithEmailAndPassword({ email, password }));
await patience(() => seen.auth.accessToken, "a signed-in user");

// This client sends no access token with this call, so no faithful server can know whose password it is.
await assert.rejects(async () => {
  await act(() => seen.auth.changePassword({ password, newPassword: "n3w-P@ss" }));
}, /status code 401/);
console.log("a password change without a token is refused");
await act(async () => tree.unmount());
process.exit(0); // React's scheduler holds a channel open
