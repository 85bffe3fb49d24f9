// What a page with social sign-in does: it sends the browser off, and takes what the address brings back.
import { createClient } from "@nhost/nhost-js";

const brought = new URLSearchParams(location.search);
const here = location.origin + location.pathname;
if (brought.has("auth")) localStorage.setItem("auth", brought.get("auth"));
const authUrl = localStorage.getItem("auth");
const nhost = createClient({ authUrl });
const { auth } = nhost;
const token = () => nhost.getUserSession().accessToken;

window.app = {
  signIn: (provider, more = {}) => location.assign(auth.signInProviderURL(provider, { redirectTo: here, ...more })),
  link: (provider) => window.app.signIn(provider, { connect: token() }),
  signOut: () => auth.signOut({ refreshToken: nhost.getUserSession().refreshToken }),
  user: () => nhost.getUserSession()?.user,
  token,
  // The newest server's way to link: no token stands in any address. The client has no method for it yet.
  async linkSafely(provider) {
    const answer = await fetch(`${authUrl}/link/provider/${provider}`, {
      method: "POST",
      credentials: "include",
      headers: { Authorization: `Bearer ${token()}`, "Content-Type": "application/json" },
      body: JSON.stringify({ redirectTo: here }),
    });
    return (await answer.json()).url;
  },
};

async function arrive() {
  if (location.search) history.replaceState(null, "", here);
  if (brought.has("refreshToken")) await auth.refreshToken({ refreshToken: brought.get("refreshToken") });
  const said = ["error", "errorDescription", "provider_error_description"].map((name) => brought.get(name));
  document.getElementById("error").textContent = said.filter(Boolean).join(" | ");
  document.getElementById("who").textContent = window.app.user()?.displayName ?? "nobody";
}
await arrive();
