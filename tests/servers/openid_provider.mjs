// An OpenID provider of npm's oidc-provider. Whoever follows a login to /interaction/UID?login=NAME is logged in as NAME.
// Arguments: folder of the package, port. PUT /settings {clients, accounts, keys} starts it afresh under the same address.
import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const { Provider } = await import(pathToFileURL(`${folder}/lib/index.js`).href);

const keys = new Map();
let accounts = {};
let handle = null;

function key(name) {
  if (!keys.has(name)) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    keys.set(name, { ...privateKey.export({ format: 'jwk' }), kid: name, use: 'sig', alg: 'RS256' });
  }
  return keys.get(name);
}

function apply(settings) {
  accounts = settings.accounts ?? {};
  const provider = new Provider(issuer, {
    clients: settings.clients ?? [],
    jwks: { keys: (settings.keys ?? ['first']).map(key) },
    cookies: { keys: ['only for tests'] },
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    conformIdTokenClaims: false,
    findAccount: (_ctx, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    // its own guard would keep it from this machine, where the registry under test is
    fetch: (url, { dispatcher: _guard, ...options }) => fetch(url, options),
    ttl: { AuthorizationCode: 60, AccessToken: 60, IdToken: 300, Interaction: 300, Session: 300, Grant: 300 },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile email groups');
      await grant.save();
      return grant;
    },
  });
  provider.on('backchannel.error', (_ctx, error) => console.error(error));
  provider.on('server_error', (_ctx, error) => console.error(error));
  const callback = provider.callback();
  handle = async (request, response) => {
    const url = new URL(request.url, issuer);
    if (url.pathname.startsWith('/interaction/')) {
      const login = { accountId: url.searchParams.get('login') };
      return provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
    }
    return callback(request, response);
  };
}

apply({});
http
  .createServer(async (request, response) => {
    if (request.url !== '/settings') return handle(request, response);
    let body = '';
    for await (const chunk of request) body += chunk;
    apply(JSON.parse(body));
    return response.writeHead(204).end();
  })
  .listen(Number(port), '127.0.0.1');
