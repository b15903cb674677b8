// An OpenID Connect provider that is not ours (npm's oidc-provider), for the tests of signing in:
// on a free loopback port, with one public client. It signs anybody in under any name, and keeps
// everything in memory.
//
//   node infra/provider.mjs http://127.0.0.1:PORT      the application's address
//
// It prints its own address, and ends when its standard input does.
import http from "node:http";
import { Provider } from "oidc-provider";

const app = process.argv[2];
const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "lianban", token_endpoint_auth_method: "none", grant_types: ["authorization_code"], response_types: ["code"],
      redirect_uris: [`${app}/sign-in/callback`], post_logout_redirect_uris: [`${app}/sign-in`],
      backchannel_logout_uri: `${app}/sign-in/backchannel`, backchannel_logout_session_required: true,
    }],
    cookies: { keys: ["only for tests"] },
    features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true } },
    // The default refuses to call loopback addresses, which is where the application is.
    fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
