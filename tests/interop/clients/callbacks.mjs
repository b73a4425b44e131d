// What the @openid4vc packages leave to their user: hashes, randomness, JOSE. By jose and node:crypto.
import { createHash, randomBytes, X509Certificate } from "node:crypto"
import * as jose from "jose"
import { clientAuthenticationNone } from "@openid4vc/oauth2"

const privateKeys = new Map()

/** A new P-256 key; its private half stays here. Returns the public JWK. */
export async function newKey() {
  const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true })
  const jwk = await jose.exportJWK(publicKey)
  privateKeys.set(await jose.calculateJwkThumbprint(jwk), privateKey)
  return jwk
}

/** The private half of a key of ours. */
export async function privateKeyOf(jwk) {
  return privateKeys.get(await jose.calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }))
}

/** The public JWK of the first certificate of an `x5c`, of which every certificate must lead to a root. */
export function keyOfChain(x5c, roots) {
  const chain = x5c.map((der) => new X509Certificate(Buffer.from(der, "base64")))
  const signers = [...chain.slice(1), ...roots]
  for (const [at, certificate] of chain.entries()) {
    const above = at + 1 < chain.length ? [chain[at + 1]] : signers
    if (!above.some((one) => certificate.verify(one.publicKey))) return undefined
  }
  return chain[0].publicKey.export({ format: "jwk" })
}

export function callbacks({ clientId = "https://wallet.example", roots = [] } = {}) {
  return {
    fetch,
    hash: (data, alg) => createHash(alg.replace("-", "").toLowerCase()).update(data).digest(),
    generateRandom: (count) => randomBytes(count),
    clientAuthentication: clientAuthenticationNone({ clientId }),
    signJwt: async (signer, { header, payload }) => {
      const key = await privateKeyOf(signer.publicJwk)
      const jwt = await new jose.CompactSign(Buffer.from(JSON.stringify(payload))).setProtectedHeader(header).sign(key)
      return { jwt, signerJwk: signer.publicJwk }
    },
    verifyJwt: async (signer, { compact }) => {
      const jwk = signer.method === "x5c" ? keyOfChain(signer.x5c, roots) : signer.publicJwk
      if (!jwk) return { verified: false }
      try {
        await jose.compactVerify(compact, await jose.importJWK(jwk, signer.alg))
        return { verified: true, signerJwk: jwk }
      } catch {
        return { verified: false }
      }
    },
    encryptJwe: async (encryptor, data) => {
      const jwk = encryptor.publicJwk
      const header = { alg: encryptor.alg, enc: encryptor.enc, kid: jwk.kid, apu: encryptor.apu, apv: encryptor.apv }
      const jwe = new jose.CompactEncrypt(Buffer.from(data)).setProtectedHeader(JSON.parse(JSON.stringify(header)))
      return { jwe: await jwe.encrypt(await jose.importJWK(jwk, encryptor.alg)), encryptionJwk: jwk }
    },
    decryptJwe: async (jwe, options) => {
      const key = await privateKeyOf(options?.jwk ?? {})
      if (!key) return { decrypted: false }
      const opening = await jose.importJWK(await jose.exportJWK(key), "ECDH-ES")
      const { plaintext } = await jose.compactDecrypt(jwe, opening)
      return { decrypted: true, payload: new TextDecoder().decode(plaintext), decryptionJwk: options.jwk }
    },
    getX509CertificateMetadata: (certificate) => {
      const names = (new X509Certificate(Buffer.from(certificate, "base64")).subjectAltName ?? "").split(", ")
      const of = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length))
      return { sanDnsNames: of("DNS:"), sanUriNames: of("URI:") }
    },
  }
}

/** Read one JSON task from standard input, answer with one JSON line. */
export async function answer(work) {
  let text = ""
  for await (const chunk of process.stdin) text += chunk
  try {
    console.log(JSON.stringify({ ok: await work(JSON.parse(text)) }))
  } catch (error) {
    const body = error.response ?? error.cause ?? error.zodError ?? null
    console.log(JSON.stringify({ error: `${error.name}: ${error.message}`, said: error.errorResponse ?? null, body: String(body) }))
  }
}
