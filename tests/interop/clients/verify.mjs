// A verifier that nobody here wrote asks our wallet: the request by @openid4vc/openid4vp, served over https,
// the answer decrypted by jose, the presentation checked by @sd-jwt/sd-jwt-vc with the status list.
import { createHash, createPrivateKey, createPublicKey, randomBytes, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import { createInterface } from "node:readline"
import { Openid4vpVerifier, calculateX509HashClientIdPrefixValue } from "@openid4vc/openid4vp"
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc"
import * as jose from "jose"
import { callbacks, keyOfChain, newKey } from "./callbacks.mjs"

const roots = [new X509Certificate(readFileSync(process.env.NODE_EXTRA_CA_CERTS))]
const hasher = (data, alg) => createHash(alg.replace("-", "")).update(data).digest()

/** Whether a compact JWS is signed by the key of the certificate that it brings. */
async function signedByChain(data, signature) {
  const header = JSON.parse(Buffer.from(data.split(".")[0], "base64url"))
  const jwk = keyOfChain(header.x5c ?? [], roots)
  if (!jwk) return false
  const jws = `${data}.${signature}`
  return jose.compactVerify(jws, await jose.importJWK(jwk, "ES256")).then(() => true, () => false)
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const task = JSON.parse((await lines.next()).value)

const encryption = await newKey()
const verifying = callbacks({ roots })
const key = createPrivateKey(readFileSync(task.key))
const certificate = new X509Certificate(readFileSync(task.certificate))
const x5c = [certificate.raw.toString("base64")]
verifying.signJwt = async (_signer, { header, payload }) => ({
  jwt: await new jose.CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader(header).sign(key),
  signerJwk: createPublicKey(key).export({ format: "jwk" }),
})
const verifier = new Openid4vpVerifier({ callbacks: verifying })
const hash = await calculateX509HashClientIdPrefixValue({ x509Certificate: x5c[0], hash: verifying.hash })
const nonce = randomBytes(16).toString("base64url")
let requested
let answered

const server = createServer({ key: readFileSync(task.key), cert: readFileSync(task.certificate) }, async (req, res) => {
  let body = ""
  for await (const chunk of req) body += chunk
  if (req.url.startsWith("/request")) {
    res.writeHead(200, { "content-type": "application/oauth-authz-req+jwt" }).end(requested.jar.authorizationRequestJwt)
    return
  }
  try {
    const parsed = await verifier.parseOpenid4vpAuthorizationResponse({
      authorizationResponse: Object.fromEntries(new URLSearchParams(body)),
      authorizationRequestPayload: requested.authorizationRequestPayload,
      callbacks: verifying,
    })
    answered = { encrypted: Boolean(parsed.jarm), vp: parsed.dcql.presentations }
    res.writeHead(200, { "content-type": "application/json" }).end("{}")
  } catch (error) {
    answered = { error: `${error} ${error.cause ?? ""}` }
    res.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_request"}')
  }
  server.emit("answered")
})
server.listen(0, "localhost")
await new Promise((ready) => server.once("listening", ready))
const origin = `https://localhost:${server.address().port}`

requested = await verifier.createOpenId4vpAuthorizationRequest({
  authorizationRequestPayload: {
    response_type: "vp_token",
    client_id: `x509_hash:${hash}`,
    nonce,
    response_mode: task.mode ?? "direct_post.jwt",
    response_uri: `${origin}/answer`,
    dcql_query: task.query,
    aud: "https://self-issued.me/v2",
    client_metadata: {
      jwks: { keys: [{ ...encryption, kid: "1", alg: "ECDH-ES", use: "enc" }] },
      encrypted_response_enc_values_supported: ["A256GCM"],
      vp_formats_supported: { "dc+sd-jwt": { "sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"] } },
    },
  },
  jar: { requestUri: `${origin}/request`, expiresInSeconds: 300, jwtSigner: { method: "x5c", alg: "ES256", x5c } },
})
console.log(JSON.stringify({ link: requested.authorizationRequest }))

await new Promise((done) => server.once("answered", done))
if (answered.vp) {
  const sd = new SDJwtVcInstance({
    hasher,
    verifier: signedByChain,
    kbVerifier: async (data, signature, payload) => {
      const jwk = await jose.importJWK(payload.cnf.jwk, "ES256")
      return jose.compactVerify(`${data}.${signature}`, jwk).then(() => true, () => false)
    },
    statusListFetcher: async (uri) => (await fetch(uri)).text(),
    statusVerifier: signedByChain,
  })
  answered.claims = {}
  for (const [id, presentations] of Object.entries(answered.vp)) {
    const { payload } = await sd.verify([presentations].flat()[0], { keyBindingNonce: nonce })
    answered.claims[id] = payload
  }
}
console.log(JSON.stringify(answered))
server.close()
server.closeAllConnections()
process.stdin.destroy()
