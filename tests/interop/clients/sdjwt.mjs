// @sd-jwt/sd-jwt-vc and @sd-jwt/jwt-status-list as holder, verifier and issuer; one task a run.
import { createHash, randomBytes, X509Certificate } from "node:crypto"
import { readFileSync } from "node:fs"
import { StatusList, createHeaderAndPayload, getListFromStatusListJWT } from "@sd-jwt/jwt-status-list"
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc"
import * as jose from "jose"
import { answer, keyOfChain, newKey, privateKeyOf } from "./callbacks.mjs"
import { claim } from "./claiming.mjs"

const hasher = (data, alg) => createHash(alg.replace("-", "")).update(new Uint8Array(Buffer.from(data))).digest()
const saltGenerator = (length) => randomBytes(length).toString("base64url")
const part = (jwt, at) => JSON.parse(Buffer.from(jwt.split(".")[at], "base64url"))
const stands = async (jws, jwk) =>
  jose.compactVerify(jws, await jose.importJWK(jwk, "ES256")).then(() => true, () => false)

/** The key that a JWT names, found in its `x5c` under the pinned CA, or in the metadata of its `iss`. */
const keyFinders = {
  x5c(header) {
    return keyOfChain(header.x5c, [new X509Certificate(readFileSync(process.env.NODE_EXTRA_CA_CERTS))])
  },
  async metadata(header, iss) {
    const { origin, pathname } = new URL(iss)
    const found = await (await fetch(`${origin}/.well-known/jwt-vc-issuer${pathname}`)).json()
    if (found.issuer !== iss) throw new Error("the metadata are another issuer's")
    return found.jwks.keys.find((key) => key.kid === header.kid)
  },
}

/** What the library asks for: a function that signs. */
function signerOf(key) {
  return async (data) => {
    const signed = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, Buffer.from(data))
    return Buffer.from(signed).toString("base64url")
  }
}

/** A signer with a new key. */
async function newSigner() {
  const jwk = await newKey()
  const key = await privateKeyOf(jwk)
  return { jwk, sign: signerOf(key) }
}

/** Type metadata held to `vct#integrity` as W3C's Subresource Integrity has it: base64. Its own check wants hex. */
async function vctFetcher(uri, integrity) {
  const served = Buffer.from(await (await fetch(uri)).arrayBuffer())
  if (integrity !== `sha256-${createHash("sha256").update(served).digest("base64")}`) throw new Error("integrity")
  return JSON.parse(served)
}

const does = {
  /** Claim an offer and present the credential: `names` disclosed, bound to `audience` and `nonce`. */
  async hold({ link, pin, names, audience, nonce }) {
    const { response, keys } = await claim({ link, pin })
    const [{ credential }] = response.credentials
    const key = await privateKeyOf(keys[0])
    const holder = new SDJwtVcInstance({ hasher, kbSignAlg: "ES256", kbSigner: signerOf(key) })
    const payload = { iat: Math.floor(Date.now() / 1000), aud: audience, nonce }
    const frame = Object.fromEntries(names.map((name) => [name, true]))
    return { presentation: await holder.present(credential, frame, { kb: { payload } }) }
  },

  /** Verify a presentation with key binding, status and type metadata, all fetched where it says. */
  async verify({ presentation, nonce, keys }) {
    const { iss } = part(presentation, 1)
    const verifier = async (data, signature) => {
      const jwk = await keyFinders[keys](part(data, 0), iss) // of the credential and of its status list alike
      return jwk !== undefined && stands(`${data}.${signature}`, jwk)
    }
    const kbVerifier = (data, signature, { cnf }) => stands(`${data}.${signature}`, cnf.jwk)
    const instance = new SDJwtVcInstance({ hasher, verifier, kbVerifier, vctFetcher, loadTypeMetadataFormat: true })
    const { payload, kb, typeMetadata } = await instance.verify(presentation, { keyBindingNonce: nonce })
    return { payload, kb: kb.payload, type: typeMetadata.mergedTypeMetadata }
  },

  /** Issue a credential, bind a presentation of `names` of it, and sign the list of its status. */
  async issue({ claims, hidden, names, audience, nonce, uri, statuses, bits, idx, decoys }) {
    const [issuer, holder] = [await newSigner(), await newSigner()]
    const made = new SDJwtVcInstance({
      hasher, saltGenerator, hashAlg: "sha-256", signAlg: "ES256", signer: issuer.sign, kbSignAlg: "ES256", kbSigner: holder.sign,
    })
    const now = Math.floor(Date.now() / 1000)
    const payload = { iat: now, exp: now + 3600, ...claims, cnf: { jwk: holder.jwk }, status: { status_list: { uri, idx } } }
    const credential = await made.issue(payload, { ...hidden, ...(decoys ? { _sd_decoy: decoys } : {}) })
    const kb = { payload: { iat: now, aud: audience, nonce } }
    const times = { iat: now, exp: now + 3600, ttl: 300 }
    const list = createHeaderAndPayload(new StatusList(statuses, bits), { sub: uri, ...times }, { alg: "ES256" })
    return {
      presentation: await made.present(credential, names, { kb }),
      claims: await made.getClaims(await made.present(credential, names)),
      key: issuer.jwk,
      list: await new jose.SignJWT(list.payload).setProtectedHeader(list.header).sign(await privateKeyOf(issuer.jwk)),
    }
  },

  /** The entries of each list token. */
  async lists({ tokens }) {
    return tokens.map((token) => getListFromStatusListJWT(token).statusList)
  },

  /** The packed form of each list of statuses. */
  async pack({ lists, bits }) {
    return lists.map((statuses) => new StatusList(statuses, bits).compressStatusList())
  },
}

await answer(({ does: what, ...given }) => does[what](given))
