// What libraries that know no SM2 make of an issuer that signs with it: jose, @sd-jwt/sd-jwt-vc, @openid4vc, Node.
import { createHash, X509Certificate } from "node:crypto"
import { Openid4vciClient, setGlobalConfig } from "@openid4vc/openid4vci"
import { SDJwtVcInstance } from "@sd-jwt/sd-jwt-vc"
import * as jose from "jose"
import { answer, callbacks } from "../interop/clients/callbacks.mjs"

const tried = async (work) => {
  try {
    return { ok: await work() }
  } catch (error) {
    return { error: `${error.name}: ${error.message}` }
  }
}

const does = {
  /** A presentation checked with an issuer's key set by jose, and whole by @sd-jwt/sd-jwt-vc. */
  async verify({ presentation, jwks, list, now }) {
    const [jwt] = presentation.split("~")
    const header = jose.decodeProtectedHeader(jwt)
    const key = (kid) => jose.importJWK(jwks.keys.find((each) => each.kid === kid))
    const hasher = (data, alg) => createHash(alg.replace("-", "")).update(new Uint8Array(Buffer.from(data))).digest()
    const verifier = async (data, signature) => {
      const jws = `${data}.${signature}`
      return jose.compactVerify(jws, await key(jose.decodeProtectedHeader(jws).kid)).then(() => true)
    }
    const instance = new SDJwtVcInstance({ hasher, verifier, statusListFetcher: () => list })
    return {
      jose: await tried(async () => (await jose.compactVerify(jwt, await key(header.kid))).protectedHeader.alg),
      sdjwt: await tried(async () => (await instance.verify(presentation, { currentDate: now })).payload.iss),
      certificate: await tried(() => new X509Certificate(Buffer.from(header.x5c[0], "base64")).publicKey.export({ format: "jwk" })),
    }
  },

  /** What a wallet reads of the metadata. */
  async metadata({ origin, documents }) {
    setGlobalConfig({ allowInsecureUrls: true })
    const fetch = async (url) => {
      const found = documents[new URL(url).pathname]
      return new Response(JSON.stringify(found ?? {}), { status: found ? 200 : 404, headers: { "Content-Type": "application/json" } })
    }
    const client = new Openid4vciClient({ callbacks: { ...callbacks(), fetch } })
    const { credentialIssuer } = await client.resolveIssuerMetadata(origin)
    const supported = Object.entries(credentialIssuer.credential_configurations_supported)
    return Object.fromEntries(supported.map(([name, each]) => [name, each.credential_signing_alg_values_supported]))
  },
}

await answer(({ does: what, ...given }) => does[what](given))
