// A whole FAPI 2.0 sign-in by openid-client: discovery, pushed request with
// authorization details, private_key_jwt, DPoP with server nonces, code, ID token,
// userinfo, refresh, introspection and revocation. What it is told comes as JSON
// on standard input; what it found goes as JSON to standard output.
import * as client from 'openid-client'

let text = ''
for await (const chunk of process.stdin) text += chunk
const { issuer, clientID, key, redirect, persona, details } = JSON.parse(text)

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const privateKey = await crypto.subtle.importKey('jwk', key, algorithm, false, ['sign'])
const config = await client.discovery(
  new URL(issuer), clientID, undefined, client.PrivateKeyJwt({ key: privateKey, kid: key.kid }), { execute: [client.allowInsecureRequests] },
)
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'))

const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const nonce = client.randomNonce()
const to = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: redirect, scope: 'openid offline_access', state, nonce, authorization_details: JSON.stringify(details),
  code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
}, { DPoP })

// The person's browser: it keeps cookies and follows no redirect.
const cookies = new Map()
async function browse(url, form) {
  const headers = { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; ') }
  const res = await fetch(new URL(url, issuer), { method: form ? 'POST' : 'GET', headers, body: form && new URLSearchParams(form), redirect: 'manual' })
  for (const line of res.headers.getSetCookie()) {
    const [, name, value] = line.match(/^([^=]+)=([^;]*)/)
    cookies.set(name, value)
  }
  return { location: res.headers.get('location'), status: res.status }
}
await browse(`/demo/sign-in/${persona}`, {})
const question = await browse(to.href)
const answer = await browse(question.location, { answer: 'agree' })

const tokens = await client.authorizationCodeGrant(config, new URL(answer.location), {
  pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true,
}, undefined, { DPoP })
const claims = tokens.claims()
const info = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP })
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
const before = await client.tokenIntrospection(config, fresh.access_token)
await client.tokenRevocation(config, fresh.refresh_token)
const after = await client.tokenIntrospection(config, fresh.access_token)

console.log(JSON.stringify({
  sub: claims.sub, acr: claims.acr, type: tokens.token_type, details: tokens.authorization_details, info,
  active: before.active, bound: !!before.cnf?.jkt, revoked: !after.active,
}))
