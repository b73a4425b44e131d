/**
 * What a proof code carries of a presentation, member by member, and the way to the very bytes. Left out of
 * a code is whatever follows from the rest: digests of shown claims, `sd_hash`, root, `vct`, `iss`, `kid`
 * and `x5c` (docs/proof-code.md).
 */

import { Misfit, encode, fromStandard, sha256, standard } from "./bytes.js";
import { CODE_AUDIENCE } from "./credential.js";
import { dumps } from "./json.js";
import { decompressed } from "./keys.js";
import { length } from "./shape.js";
import { digest } from "./suites.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { Item } from "./cbor.js" */
/** @import { Alg, SdAlg } from "./suites.js" */

/** @typedef {{ kid: string, x5c: string[], alg: Alg }} Chain An issuer key's certificates, thumbprint and `alg`. */
/** @typedef {ReturnType<typeof coreOf>} CoreMembers */
/** @typedef {ReturnType<typeof read>} Code */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ARC = "1.2.156.3005.2";
const HASH_SIZE = 32;

/** The members that a CBOR item is. @param {Item} item @throws {Misfit} */
export function read(item) {
  const [
    signer, origin, chain, signature, iat, nbf, exp, integrity, list, idx, core, anchor, hidden, shown, binding,
  ] = items(item, 14, 15);
  const [seq, size, index, path] = items(anchor, 4);
  return {
    signer: text(signer),
    origin: natural(origin),
    chain: bytes(chain, 8, 8),
    signature: bytes(signature, 64, 64),
    iat: natural(iat),
    nbf: whole(nbf),
    exp: whole(exp),
    integrity: bytes(integrity, 32, 32),
    list: natural(list),
    idx: natural(idx),
    core: coreOf(core),
    anchor: { seq: natural(seq), size: natural(size), index: natural(index), path: encode(bytes(path, 0, 64 * HASH_SIZE)) },
    hidden: bytes(hidden, 0, 1000 * HASH_SIZE),
    shown: items(shown, 0, 200).map(disclosureOf),
    binding: binding === undefined ? null : bindingOf(binding),
  };
}

/** @param {Item} item */
function coreOf(item) {
  const [issuer, type, typeVersion, serial, version, validFrom, lasts, list, idx, sdAlg] = items(item, 9, 10);
  if (sdAlg !== undefined && sdAlg !== "sm3") throw new Misfit("no such digest");
  return {
    issuer: text(issuer),
    type: text(type),
    typeVersion: natural(typeVersion),
    serial: text(serial),
    version: natural(version),
    validFrom: natural(validFrom),
    lasts: natural(lasts),
    list: natural(list),
    idx: natural(idx),
    sdAlg: /** @type {SdAlg} */ (sdAlg ?? "sha-256"),
  };
}

/** The disclosure as it travels. @param {Item} item @returns {string} */
function disclosureOf(item) {
  const [salt, name, value] = items(item, 3);
  const named = text(name);
  if (length(named) < 1 || length(named) > 64) throw new Misfit("no name");
  return encode(dumps([encode(bytes(salt, 16, 16)), named, text(value)]));
}

/** @param {Item} item */
function bindingOf(item) {
  const [key, iat, nonce, signature] = items(item, 4);
  return { key: bytes(key, 33, 33), iat: natural(iat), nonce: bytes(nonce, 0, 64), signature: bytes(signature, 64, 64) };
}

/**
 * Whether these members, of all that restore the same presentation, are those that an encoder gives.
 * @param {Code} code @returns {Promise<boolean>}
 */
export async function isCanonical(code) {
  const hidden = hashes(code.hidden);
  const sorted = hidden.every((each, i) => i === 0 || hidden[i - 1] <= each);
  if (!sorted || code.hidden.length % HASH_SIZE !== 0 || code.core.issuer === code.signer) return false;
  const shown = new Set(await digests(code));
  if (hidden.some((each) => shown.has(each))) return false;
  return code.core.version > 0 || isWhole(code.core, code.core.issuer || code.signer);
}

/** Whether an identifier has to travel whole: it does not follow from its parts. @param {CoreMembers} core @param {string} issuer */
function isWhole(core, issuer) {
  const [, version, serial] = core.serial.split(".").reverse();
  if (serial === undefined || !/^[0-9]+$/.test(version)) {
    throw new Misfit("no identifier");
  }
  return Number(version) === 0 || identifier(core.type, issuer, serial, Number(version)) !== core.serial;
}

/** The very bytes of the presentation that has these members. @param {Code} code @param {string} origin @param {Chain} chain @returns {Promise<string>} @throws {Misfit} */
export async function restore(code, origin, chain) {
  const { core, binding } = code;
  /** @type {Record<string, unknown>} */
  const payload = {
    iss: `${origin}/issuers/${code.signer}`,
    iat: code.iat,
    nbf: sum(code.iat, code.nbf),
    exp: sum(code.iat, code.exp),
    vct: `${origin}/types/${core.type}/${core.typeVersion}`,
    "vct#integrity": `sha256-${standard(code.integrity)}`,
    status: { status_list: { uri: `${origin}/issuers/${code.signer}/status/${code.list}`, idx: code.idx } },
    core: restoredCore(core, core.issuer || code.signer),
    anchor: code.anchor,
    _sd: [...(await digests(code)), ...hashes(code.hidden)].sort(),
    _sd_alg: core.sdAlg,
  };
  if (binding !== null) {
    const [x, y] = decompressed(binding.key);
    payload.cnf = { jwk: { kty: "EC", crv: "P-256", x: encode(x), y: encode(y) } };
  }
  const header = { alg: chain.alg, kid: chain.kid, typ: "dc+sd-jwt", x5c: chain.x5c };
  const jwt = `${segment(header)}.${segment(payload)}.${encode(code.signature)}`;
  const signed = [jwt, ...code.shown, ""].join("~");
  if (binding === null) return signed;
  const presented = await digest(signed, core.sdAlg);
  const said = { aud: CODE_AUDIENCE, iat: binding.iat, nonce: encode(binding.nonce), sd_hash: presented };
  return `${signed}${segment({ alg: "ES256", typ: "kb+jwt" })}.${segment(said)}.${encode(binding.signature)}`;
}

/** @param {CoreMembers} core @param {string} issuer */
function restoredCore(core, issuer) {
  const whole = {
    v: 1,
    certificate_id: core.version === 0 ? core.serial : identifier(core.type, issuer, core.serial, core.version),
    issuer,
    type: core.type,
    type_version: core.typeVersion,
    valid_from: core.validFrom,
    status: { list: core.list, idx: core.idx },
  };
  return core.lasts === 0 ? whole : { ...whole, valid_until: sum(core.validFrom, core.lasts) };
}

/** @param {number} time @param {number} more @returns {number} @throws {Misfit} no longer exact */
function sum(time, more) {
  if (!Number.isSafeInteger(time + more)) throw new Misfit("beyond any time");
  return time + more;
}

/** SHA-256 of the DERs, first 8 bytes, by which a code names a chain. @param {string[]} x5c @returns {Promise<string>} base64url */
export async function shortOf(x5c) {
  return encode((await sha256(...x5c.map(fromStandard))).subarray(0, 8));
}

/** @param {string} type @param {string} issuer @param {string} serial @param {number} version */
function identifier(type, issuer, serial, version) {
  const number = String(version).padStart(3, "0");
  return `${ARC}.${type}.${issuer}.${serial}.${number}.${checkCharacter(`${type}${issuer}${serial}${number}`)}`;
}

/** ISO 7064 MOD 37,36. @param {string} text @returns {string} */
function checkCharacter(text) {
  let check = 18;
  for (const character of text) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new Misfit("only digits and upper-case letters");
    check = (((check || 36) * 2) % 37 + value) % 36;
  }
  return ALPHABET[(37 - (((check || 36) * 2) % 37)) % 36];
}

/** @param {unknown} value */
function segment(value) {
  return encode(dumps(value));
}

/** Of each shown disclosure. @param {Code} code @returns {Promise<string[]>} */
function digests({ shown, core }) {
  return Promise.all(shown.map((each) => digest(each, core.sdAlg)));
}

/** base64url of each hash. @param {Bytes} joined @returns {string[]} */
function hashes(joined) {
  return Array.from({ length: Math.ceil(joined.length / HASH_SIZE) }, (_, i) =>
    encode(joined.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE)),
  );
}

/** @param {Item} item @param {number} least @param {number} [most] @returns {Item[]} */
function items(item, least, most = least) {
  if (!Array.isArray(item) || item.length < least || item.length > most) throw new Misfit("not such an array");
  return item;
}

/** @param {Item} item @returns {string} */
function text(item) {
  if (typeof item !== "string") throw new Misfit("no text");
  return item;
}

/** @param {Item} item @returns {number} */
function whole(item) {
  if (typeof item !== "number" || Number.isNaN(item)) throw new Misfit("no such number");
  return item;
}

/** @param {Item} item @returns {number} */
function natural(item) {
  if (whole(item) < 0) throw new Misfit("below zero");
  return whole(item);
}

/** @param {Item} item @param {number} least @param {number} most @returns {Bytes} */
function bytes(item, least, most) {
  if (!(item instanceof Uint8Array) || item.length < least || item.length > most) throw new Misfit("no such bytes");
  return item;
}
