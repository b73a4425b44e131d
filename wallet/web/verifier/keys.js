/**
 * Keys and JWS (RFC 7515): one algorithm a key, its suite's; keys come from whom the caller trusts. P-256 for
 * everybody; an issuer's key may be on SM2.
 */

import { Misfit, decode, encode, fromHex, fromStandard, hex, join, sha256, utf8 } from "./bytes.js";
import { dumps, loads } from "./json.js";
import { object } from "./shape.js";
import { verify } from "./sm.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { Alg } from "./suites.js" */

export const MAX_JWS = 256 * 1024;
/** What a key may sign: the bit set that `IssuerRegistry` keeps. */
export const USE = Object.freeze({ credentials: 1, statusLists: 2, answers: 4, requests: 8, messages: 16 });

const ECDSA = { name: "ECDSA", hash: "SHA-256" };
const IMPORTED = { name: "ECDSA", namedCurve: "P-256" };

/**
 * @typedef {object} Curve y² = x³ − 3x + b over the integers modulo `field`, a prime of 256 bits
 * @property {Alg} alg of its signatures @property {string} crv as JWKs name it @property {bigint} field @property {bigint} b
 * @property {string} spki what stands before the point in a SubjectPublicKeyInfo (RFC 5480), hexadecimal
 */

/** @type {Curve} */
export const P256 = {
  alg: "ES256",
  crv: "P-256",
  field: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  spki: "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
};
/** @type {Curve} The recommended one (GB/T 32918.5-2017; its name in certificates: GM/T 0006-2012). */
export const SM2 = {
  alg: "SM2",
  crv: "SM2",
  field: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  spki: "3059301306072a8648ce3d020106082a811ccf5501822d03420004",
};

/** A public key, imported once. */
export class PublicKey {
  /** @type {CryptoKey | null} */
  #key;

  /** @param {Curve} curve @param {CryptoKey | null} key null on SM2 @param {Bytes} x @param {Bytes} y @param {string} thumbprint RFC 7638 */
  constructor(curve, key, x, y, thumbprint) {
    this.#key = key;
    this.alg = curve.alg;
    this.spki = `${curve.spki}${hex(x)}${hex(y)}`;
    this.x = x;
    this.y = y;
    this.thumbprint = thumbprint;
  }

  /**
   * The key of affine coordinates, 32 bytes each.
   * @param {Uint8Array} x @param {Uint8Array} y @param {Curve} [curve] @returns {Promise<PublicKey>} @throws {Misfit} no point
   */
  static async fromPoint(x, y, curve = P256) {
    if (x.length !== 32 || y.length !== 32 || !onCurve(number(x), number(y), curve)) {
      throw new Misfit("no point of the curve");
    }
    const point = join(Uint8Array.of(4), x, y);
    const key = curve === P256 ? await crypto.subtle.importKey("raw", point, IMPORTED, false, ["verify"]) : null;
    const jwk = { crv: curve.crv, kty: "EC", x: encode(x), y: encode(y) };
    return new PublicKey(curve, key, join(x), join(y), encode(await sha256(dumps(jwk))));
  }

  /**
   * The key of a JWK; other members are not looked at.
   * @param {unknown} jwk @param {Curve[]} [curves] those that are taken; both only for a key of an issuer
   * @returns {Promise<PublicKey>} @throws {Misfit}
   */
  static async fromJwk(jwk, curves = [P256]) {
    const { kty, crv, x, y } = object(jwk);
    const curve = curves.find((each) => each.crv === crv);
    if (kty !== "EC" || curve === undefined || typeof x !== "string" || typeof y !== "string") {
      throw new Misfit("not an EC key on a curve that is taken");
    }
    return PublicKey.fromPoint(decode(x), decode(y), curve);
  }

  /**
   * Whether `signature` (r ‖ s, 64 bytes; both values of s in ECDSA) is this key's.
   * @param {Bytes} signature @param {Bytes} data @returns {Promise<boolean>} @throws {NoSm}
   */
  async verify(signature, data) {
    if (this.#key === null) return verify(this.x, this.y, signature, data);
    return signature.length === 64 && crypto.subtle.verify(ECDSA, this.#key, signature, data);
  }
}

/** The point of P-256 of 33 compressed bytes (SEC 1, section 2.3.4). @param {Uint8Array} compressed @returns {[Bytes, Bytes]} */
export function decompressed(compressed) {
  const x = number(compressed.subarray(1));
  const { field } = P256;
  if (compressed.length !== 33 || (compressed[0] !== 2 && compressed[0] !== 3) || x >= field) {
    throw new Misfit("no compressed point");
  }
  let y = power(rightSide(x, P256), (field + 1n) / 4n, field);
  if (Number(y & 1n) !== (compressed[0] & 1)) y = field - y;
  if (!onCurve(x, y, P256)) throw new Misfit("no point of the curve");
  return [join(compressed.subarray(1)), bytes(y)];
}

/** @param {bigint} x @param {bigint} y @param {Curve} curve */
function onCurve(x, y, curve) {
  return x < curve.field && y < curve.field && (y * y) % curve.field === rightSide(x, curve);
}

/** x³ − 3x + b. @param {bigint} x @param {Curve} curve */
function rightSide(x, { field, b }) {
  return (((x * x - 3n) * x + b) % field + field) % field;
}

/** @param {bigint} base @param {bigint} exponent @param {bigint} field */
function power(base, exponent, field) {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n, square = (square * square) % field) {
    if (left & 1n) result = (result * square) % field;
  }
  return result;
}

/** @param {Uint8Array} bigEndian @returns {bigint} */
function number(bigEndian) {
  return bigEndian.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** @param {bigint} value @returns {Bytes} */
function bytes(value) {
  return fromHex(value.toString(16).padStart(64, "0"));
}

/**
 * @typedef {object} Jws A compact JWS taken apart; nothing about it is verified yet.
 * @property {Record<string, unknown>} header
 * @property {Record<string, unknown>} payload
 * @property {Bytes} signingInput
 * @property {Bytes} signature
 */

/** @param {string} text @param {number} [limit] most characters @returns {Jws} @throws {Misfit} */
export function parseJws(text, limit = MAX_JWS) {
  const parts = text.length <= limit ? text.split(".") : [];
  if (parts.length !== 3) throw new Misfit("not three parts");
  return {
    header: object(loads(decode(parts[0]))),
    payload: object(loads(decode(parts[1]))),
    signingInput: utf8(text.slice(0, text.lastIndexOf("."))),
    signature: decode(parts[2]),
  };
}

/**
 * The payload of a JWS that `key` signed as `typ`. The header may name a `kid`, which must be the key's, and
 * bring an `x5c`, from which no trust is taken.
 * @param {Jws} jws @param {PublicKey} key @param {string} typ @throws {Misfit}
 */
export async function checkJws(jws, key, typ) {
  const { header } = jws;
  const known = Object.keys(header).every((name) => ["alg", "typ", "kid", "x5c"].includes(name));
  const named = "kid" in header ? header.kid : key.thumbprint;
  if (header.alg !== key.alg || header.typ !== typ || named !== key.thumbprint || !known) throw new Misfit("another JWS");
  if (!(await key.verify(jws.signature, jws.signingInput))) throw new Misfit("the signature does not stand");
  return jws.payload;
}

/**
 * The SubjectPublicKeyInfo of a certificate (RFC 5280), hexadecimal; null for what is no certificate. No trust
 * comes from it. @param {string} der base64 @returns {string | null}
 */
export function certifiedKey(der) {
  try {
    const [outer, ...more] = children(fromStandard(der));
    const [signed, algorithm, signature, ...others] = children(outer.content);
    if (more.length || others.length || signature.tag !== 3) return null;
    if ([outer, signed, algorithm].some(({ tag }) => tag !== 0x30)) return null;
    const fields = children(signed.content).filter((field) => field.tag !== 0xa0);
    return hex(fields[5].whole);
  } catch {
    return null;
  }
}

/** The DER elements that these bytes are. @param {Uint8Array} data */
function children(data) {
  const found = [];
  for (let at = 0; at < data.length; ) {
    let size = data[at + 1];
    let start = at + 2;
    if (size === 0x80) throw new Misfit("of indefinite length");
    if (size > 0x80) {
      start += size - 0x80;
      size = data.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    }
    const end = start + size;
    if (!(end <= data.length)) throw new Misfit("DER that ends early");
    found.push({ tag: data[at], whole: data.subarray(at, end), content: data.subarray(start, end) });
    at = end;
  }
  return found;
}
