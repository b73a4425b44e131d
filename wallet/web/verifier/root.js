/**
 * The document a verifier pins: three offline root keys, two of which sign, naming the bundle's key. A new
 * document is signed by two keys of the old one and two of its own; the line travels with every bundle.
 */

import { Misfit, decode, utf8 } from "./bytes.js";
import { loads } from "./json.js";
import { PublicKey } from "./keys.js";
import { Refused } from "./refused.js";
import { list, struct, text, whole } from "./shape.js";

const TYPE = "zt-root+jwt";
const KEYS = 3;
const THRESHOLD = 2;

const any = text();
const jwk = struct({ crv: any, kty: any, x: any, y: any });
const payload = struct({
  version: whole(1),
  keys: list(jwk, { min: KEYS, max: KEYS }),
  bundle_keys: list(jwk, { min: 1, max: 4 }),
  created: whole(),
  expires: whole(),
});
const header = struct({ alg: any, kid: any, typ: any });

/** A signed root document as it travels: a JWS in general JSON form (RFC 7515, section 7.2.1). */
export const signed = struct({
  payload: any,
  signatures: list(struct({ protected: any, signature: any }), { max: 2 * KEYS }),
});

/** @typedef {ReturnType<typeof signed>} Signed */
/**
 * @typedef {object} RootDocument
 * @property {number} version @property {PublicKey[]} keys @property {PublicKey[]} bundleKeys
 * @property {number} created @property {number} expires
 */

/**
 * The newest document of the line that begins at the pinned one.
 * @param {Uint8Array} pinned @param {Signed[]} later those not newer than the pinned one are passed over
 * @param {number} now Unix seconds
 * @param {RootDocument | null} known the one followed to before: a line that forks off below it is none
 * @returns {Promise<RootDocument>}
 * @throws {Refused} a version is left out, a signature is missing, it is another line, or the last has expired
 */
export async function follow(pinned, later, now, known = null) {
  let current = await read(pinned);
  demandSame(current, known);
  for (const each of later) {
    const document = await parse(each);
    if (document.version <= current.version) continue;
    if (document.version !== current.version + 1) {
      throw refused("根文件的版本不连续。", "A version of the root document is missing.");
    }
    await demand(each, current.keys);
    await demand(each, document.keys);
    demandSame(document, known);
    current = document;
  }
  if (now >= current.expires) throw refused("根文件已过期，请更新。", "The root document has expired; get the new one.");
  return current;
}

/** @param {RootDocument} document @param {RootDocument | null} known */
function demandSame(document, known) {
  if (known === null || document.version !== known.version || said(document) === said(known)) return;
  throw refused("根文件与此前跟随的不一致。", "This is another line of root documents than the one followed before.");
}

/** @param {RootDocument} document */
function said({ version, keys, bundleKeys, created, expires }) {
  const [roots, bundles] = [keys, bundleKeys].map((each) => each.map(({ thumbprint }) => thumbprint));
  return JSON.stringify([version, roots, bundles, created, expires]);
}

/** What a document says, once two of its own keys signed it. @param {Uint8Array} data @returns {Promise<RootDocument>} @throws {Refused} */
export async function read(data) {
  const each = await orRefused(async () => signed(loads(data)));
  const document = await parse(each);
  await demand(each, document.keys);
  return document;
}

/** @param {Signed} each @returns {Promise<RootDocument>} */
function parse(each) {
  return orRefused(async () => {
    const said = payload(loads(decode(each.payload)));
    const [keys, bundleKeys] = await Promise.all(
      [said.keys, said.bundle_keys].map((jwks) => Promise.all(jwks.map((jwk) => PublicKey.fromJwk(jwk)))),
    );
    return { version: said.version, keys, bundleKeys, created: said.created, expires: said.expires };
  });
}

/** Two different ones of `keys` must have signed. @param {Signed} each @param {PublicKey[]} keys */
async function demand(each, keys) {
  const stood = new Set();
  for (const { protected: head, signature } of each.signatures) {
    try {
      const { alg, kid, typ } = header(loads(decode(head)));
      const key = alg === "ES256" && typ === TYPE ? keys.find(({ thumbprint }) => thumbprint === kid) : undefined;
      if (key && (await key.verify(decode(signature), utf8(`${head}.${each.payload}`)))) stood.add(kid);
    } catch (wrong) {
      if (!(wrong instanceof Misfit)) throw wrong;
    }
  }
  if (stood.size < THRESHOLD) {
    throw refused("根文件缺少两把根密钥的签名。", "The root document lacks the signatures of two root keys.");
  }
}

/** @template T @param {() => Promise<T>} reading @returns {Promise<T>} */
async function orRefused(reading) {
  try {
    return await reading();
  } catch (wrong) {
    if (wrong instanceof Misfit) throw refused("不是根文件。", "Not a root document.");
    throw wrong;
  }
}

/** @param {string} zh @param {string} en */
function refused(zh, en) {
  return new Refused("root-refused", zh, en);
}
