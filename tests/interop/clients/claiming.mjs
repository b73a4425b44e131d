// Claiming by @openid4vc/openid4vci: what the scripts beside this one have in common.
import { Openid4vciClient } from "@openid4vc/openid4vci"
import { callbacks, newKey } from "./callbacks.mjs"

/** Claim one offer by its code and PIN, for one or several keys. */
export async function claim({ link, pin, keys = 1 }) {
  const client = new Openid4vciClient({ callbacks: callbacks() })
  const credentialOffer = await client.resolveCredentialOffer(link)
  const issuerMetadata = await client.resolveIssuerMetadata(credentialOffer.credential_issuer)
  const token = await client.retrievePreAuthorizedCodeAccessTokenFromOffer({
    credentialOffer,
    issuerMetadata,
    txCode: pin,
    dpop: { signer: { method: "jwk", alg: "ES256", publicJwk: await newKey() } },
  })
  const [credentialConfigurationId] = credentialOffer.credential_configuration_ids
  const access = { accessToken: token.accessTokenResponse.access_token, dpop: token.dpop }
  const received = await receive(client, issuerMetadata, access, credentialConfigurationId, keys)
  return {
    token: token.accessTokenResponse.token_type,
    configuration: issuerMetadata.credentialIssuer.credential_configurations_supported[credentialConfigurationId],
    ...received,
  }
}

/** The credentials of one configuration, waiting for what is deferred. `keys`: the public JWKs they are bound to. */
export async function receive(client, issuerMetadata, access, credentialConfigurationId, count = 1) {
  const { c_nonce: nonce } = await client.requestNonce({ issuerMetadata })
  const keys = await Promise.all(Array.from({ length: count }, newKey))
  const proofs = keys.map((publicJwk) => {
    const signer = { method: "jwk", alg: "ES256", publicJwk }
    return client.createCredentialRequestJwtProof({ issuerMetadata, credentialConfigurationId, nonce, signer })
  })
  const jwt = (await Promise.all(proofs)).map((proof) => proof.jwt)
  const asked = { issuerMetadata, credentialConfigurationId, proofs: { jwt }, ...access }
  let { credentialResponse: response } = await client.retrieveCredentials(asked)
  let waited = 0
  while (response.transaction_id) {
    waited += 1
    await new Promise((later) => setTimeout(later, response.interval * 1000))
    const again = { issuerMetadata, transactionId: response.transaction_id, ...access }
    response = (await client.retrieveDeferredCredentials(again)).deferredCredentialResponse
  }
  if (response.notification_id) {
    const notification = { notificationId: response.notification_id, event: "credential_accepted" }
    await client.sendNotification({ issuerMetadata, notification, ...access })
  }
  return { response, waited, keys }
}
