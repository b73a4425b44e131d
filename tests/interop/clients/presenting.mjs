// Answering a request by @openid4vc/openid4vp, the query by dcql, the presentation by @sd-jwt/sd-jwt-vc: what
// the scripts beside this one have in common.
import { readFileSync } from "node:fs"
import { X509Certificate, createHash, randomBytes } from "node:crypto"
import { Openid4vpClient } from "@openid4vc/openid4vp"
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc"
import { DcqlQuery } from "dcql"
import * as jose from "jose"
import { callbacks, privateKeyOf } from "./callbacks.mjs"
import { claim } from "./claiming.mjs"

const roots = [new X509Certificate(readFileSync(process.env.NODE_EXTRA_CA_CERTS))]
const hasher = (data, alg) => createHash(alg.replace("-", "")).update(data).digest()

const reader = new SDJwtVcInstance({ hasher, hashAlg: "sha-256", saltGenerator: () => randomBytes(16).toString("base64url") })

async function presented(held, claims, request) {
  const sd = new SDJwtVcInstance({
    hasher,
    hashAlg: "sha-256",
    saltGenerator: () => randomBytes(16).toString("base64url"),
    kbSignAlg: "ES256",
    kbSigner: async (data) => {
      const { signature } = await new jose.FlattenedSign(Buffer.from(data.split(".")[1], "base64url"))
        .setProtectedHeader(JSON.parse(Buffer.from(data.split(".")[0], "base64url")))
        .sign(await privateKeyOf(held.key))
      return signature
    },
  })
  const frame = Object.fromEntries(claims.map((name) => [name, true]))
  const payload = { iat: Math.floor(Date.now() / 1000), aud: request.client_id, nonce: request.nonce }
  return sd.present(held.credential, frame, { kb: { payload } })
}

/** What an offer gives, as something to present. */
export async function taken(offer) {
  const { response, keys } = await claim(offer)
  const [{ credential }] = response.credentials
  return { credential, key: keys[0], claims: await reader.getClaims(credential) }
}

/** Answer one request with what is held. */
export async function answerWith(held, request, post = false) {
  const client = new Openid4vpClient({ callbacks: callbacks({ roots }) })
  const parsed = client.parseOpenid4vpAuthorizationRequest({ authorizationRequest: request })
  const resolved = await client.resolveOpenId4vpAuthorizationRequest({
    authorizationRequestPayload: parsed.params,
    wallet: post ? { nonce: randomBytes(16).toString("base64url"), metadata: { vp_formats_supported: {} } } : undefined,
  })
  const payload = resolved.authorizationRequestPayload
  const query = DcqlQuery.parse(resolved.dcql.query)
  DcqlQuery.validate(query)
  const candidates = held.map((one) => ({
    credential_format: "dc+sd-jwt",
    vct: one.claims.vct,
    claims: one.claims,
    cryptographic_holder_binding: true,
  }))
  const result = DcqlQuery.query(query, candidates)
  if (!result.can_be_satisfied) throw new Error("nothing held answers the query")
  const vp_token = {}
  for (const [id, match] of Object.entries(result.credential_matches)) {
    if (!match.success) continue
    const wanted = query.credentials.find((one) => one.id === id).claims ?? []
    const names = wanted.map((one) => one.path[0])
    const found = held[match.valid_credentials[0].input_credential_index]
    vp_token[id] = [await presented(found, names, payload)]
  }
  const made = await client.createOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: payload,
    authorizationResponsePayload: { vp_token },
    jarm: {
      encryption: { nonce: randomBytes(16).toString("base64url") },
      serverMetadata: {
        authorization_signing_alg_values_supported: [],
        authorization_encryption_alg_values_supported: ["ECDH-ES"],
        authorization_encryption_enc_values_supported: ["A128GCM", "A256GCM"],
      },
    },
  })
  const { response } = await client.submitOpenid4vpAuthorizationResponse({
    authorizationRequestPayload: payload,
    authorizationResponsePayload: made.authorizationResponsePayload,
    jarm: made.jarm,
  })
  return {
    client: resolved.client,
    encrypted: Boolean(made.jarm),
    status: response.status,
    body: await response.json(),
    presented: Object.keys(vp_token),
  }
}
