// What a page with passkeys does: options from the client, to the browser, and its answer back to the client.
import { createClient } from "@nhost/nhost-js";

const nhost = createClient({ authUrl: new URLSearchParams(location.search).get("auth") });
const { auth } = nhost;

const create = async (options) => {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  return (await navigator.credentials.create({ publicKey })).toJSON();
};
const get = async (options) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return (await navigator.credentials.get({ publicKey })).toJSON();
};
const withToken = (token) => ({ headers: { Authorization: `Bearer ${token}` } });

window.ceremonies = {
  async signUp(email) {
    const credential = await create((await auth.signUpWebauthn({ email })).body);
    const { body } = await auth.verifySignUpWebauthn({ credential, nickname: "of this browser" });
    return { credential, session: body.session };
  },
  async signIn(email) {
    const credential = await get((await auth.signInWebauthn(email ? { email } : undefined)).body);
    const { body } = await auth.verifySignInWebauthn({ credential });
    return { credential, session: body.session };
  },
  async elevate() {
    const credential = await get((await auth.elevateWebauthn()).body);
    return { session: (await auth.verifyElevateWebauthn({ credential })).body.session };
  },
  async add(token, nickname) {
    const credential = await create((await auth.addSecurityKey(withToken(token))).body);
    return { added: (await auth.verifyAddSecurityKey({ credential, nickname }, withToken(token))).body };
  },
  signOut: () => auth.signOut({ refreshToken: nhost.getUserSession().refreshToken }),
  stored: () => nhost.getUserSession(),
};

// A refusal crosses into the test as data; what the browser itself refuses has a name.
window.attempt = (name, ...given) =>
  window.ceremonies[name](...given).catch((error) => ({ refused: error.body ?? error.name }));
window.ready = true;
