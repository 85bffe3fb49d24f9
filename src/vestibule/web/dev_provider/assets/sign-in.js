"use strict";

// The authorization code flow with PKCE (RFC 7636): what comes back in the address is of no use to anybody else.

const door = document.getElementById("door");
const api = door.dataset.api;
const here = door.dataset.page;
const VERIFIER = "vestibule.dev.verifier";
const REFRESH = "vestibule.dev.refresh";

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function depart(provider) {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  sessionStorage.setItem(VERIFIER, verifier);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const query = new URLSearchParams({ redirectTo: here, state: "back", codeChallenge: base64url(digest) });
  location.assign(`${api}/signin/provider/${provider}?${query}`);
}

async function ask(path, body) {
  const answer = await fetch(api + path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(told.message ?? told.error ?? String(answer.status));
  return told;
}

function say(heading, words, isBad = false) {
  document.getElementById("heading").textContent = heading;
  document.getElementById("words").textContent = words;
  door.classList.toggle("bad", isBad);
}

function show(session) {
  sessionStorage.setItem(REFRESH, session.refreshToken);
  const user = session.user;
  const rows = {
    Name: user.displayName,
    Email: user.email ? `${user.email} (${user.emailVerified ? "verified" : "unverified"})` : "none",
    Id: user.id,
    Roles: (user.roles ?? []).join(", "),
  };
  const list = document.getElementById("person");
  list.replaceChildren(
    ...Object.entries(rows).map(([name, value]) => {
      const row = document.createElement("div");
      const term = Object.assign(document.createElement("dt"), { textContent: name });
      const said = Object.assign(document.createElement("dd"), { textContent: value });
      row.append(term, said);
      return row;
    }),
  );
  say("Signed in", "This is what your application gets.");
  list.hidden = document.getElementById("within").hidden = false;
  document.getElementById("ways").hidden = true;
}

async function leave() {
  const refreshToken = sessionStorage.getItem(REFRESH);
  sessionStorage.removeItem(REFRESH);
  await ask("/signout", { refreshToken });
  location.assign(here);
}

async function arrive() {
  // A provider sends browsers back to one address of ours, and cookies know no other: localhost is not 127.0.0.1.
  if (location.origin !== new URL(here).origin) return location.replace(here);
  const brought = new URLSearchParams(location.search);
  const verifier = sessionStorage.getItem(VERIFIER);
  const refreshToken = brought.get("refreshToken") ?? sessionStorage.getItem(REFRESH); // a mailed link brings one
  if (location.search) history.replaceState(null, "", here);
  if (brought.has("code") && verifier) {
    sessionStorage.removeItem(VERIFIER);
    const told = await ask("/token/exchange", { code: brought.get("code"), codeVerifier: verifier });
    show(told.session ?? told);
  } else if (brought.has("error")) {
    const words = [brought.get("error"), brought.get("errorDescription"), brought.get("provider_error_description")];
    say("That did not work", words.filter(Boolean).join(": "), true);
  } else if (brought.has("state")) {
    say("Almost", "Nobody is signed in yet: the address has to be verified first. The mail is in the mailbox.");
  } else if (refreshToken) {
    sessionStorage.removeItem(REFRESH);
    show(await ask("/token", { refreshToken }));
  }
}

const told = (promise) => promise.catch((error) => say("That did not work", error.message, true));

for (const button of document.querySelectorAll("[data-provider]")) {
  button.addEventListener("click", () => told(depart(button.dataset.provider)));
}
document.getElementById("leave").addEventListener("click", () => told(leave()));
told(arrive());
