// An authorisation request by @openid4vc/openid4vci: what the scripts that log in have in common.
import { randomBytes } from "node:crypto"
import { Openid4vciClient } from "@openid4vc/openid4vci"
import { callbacks, newKey } from "./callbacks.mjs"
import { receive } from "./claiming.mjs"

const clientId = "https://wallet.example"
const redirectUri = "https://wallet.example/cb"

/** What the client's calls need for some configurations of an issuer that no offer came from. */
export async function prepared(origin, configurations) {
  const client = new Openid4vciClient({ callbacks: callbacks({ clientId }) })
  const issuerMetadata = await client.resolveIssuerMetadata(origin)
  const supported = issuerMetadata.credentialIssuer.credential_configurations_supported
  const credentialOffer = {
    credential_issuer: origin,
    credential_configuration_ids: configurations,
    grants: { authorization_code: {} },
  }
  const asking = {
    credentialOffer,
    issuerMetadata,
    clientId,
    redirectUri,
    scope: configurations.map((each) => supported[each].scope).join(" "),
    dpop: { signer: { method: "jwk", alg: "ES256", publicJwk: await newKey() } },
    pkceCodeVerifier: randomBytes(32).toString("base64url"),
  }
  return { client, asking, configurations }
}

/** The credentials of every configuration, for an authorisation code. */
export async function claimed({ client, asking, configurations }, authorizationCode) {
  const { issuerMetadata } = asking
  const token = await client.retrieveAuthorizationCodeAccessTokenFromOffer({ ...asking, authorizationCode })
  const access = { accessToken: token.accessTokenResponse.access_token, dpop: token.dpop }
  const credentials = {}
  for (const each of configurations) {
    const { response } = await receive(client, issuerMetadata, access, each)
    credentials[each] = response.credentials[0].credential
  }
  return credentials
}
