// A client that notes which of its methods came to a good end.
import { newClient } from "./asking.mjs";

export const called = new Set();

export const client = () => {
  const nhost = newClient();
  nhost.auth = new Proxy(nhost.auth, {
    get(auth, name) {
      const member = auth[name];
      if (typeof member !== "function") return member;
      return (...given) => {
        const result = member.apply(auth, given);
        if (typeof result?.then !== "function") called.add(name);
        return typeof result?.then === "function" ? result.then((answer) => (called.add(name), answer)) : result;
      };
    },
  });
  return nhost;
};

// The methods of signing in with other providers: providers.mjs calls them all.
export const PROVIDER_METHODS = [
  "signInProviderURL",
  "signUpProviderURL",
  "getProviderTokens",
  "refreshProviderToken",
  "signInIdToken",
  "signUpIdToken",
  "linkIdToken",
];
