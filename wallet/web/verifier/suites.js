/**
 * What an issuer signs and digests with: P-256 and SHA-256, or SM2 and SM3 where the law asks for them. Holders'
 * keys, leaves and paths are of the first suite always.
 */

import { encode, sha256, utf8 } from "./bytes.js";
import { sm3 } from "./sm.js";

/** Names of digests, as `_sd_alg` has them. */
export const SD_ALGS = /** @type {const} */ (["sha-256", "sm3"]);
/** Names of signatures, as a header's `alg` has them. */
export const ALGS = /** @type {const} */ (["ES256", "SM2"]);

/** @typedef {typeof SD_ALGS[number]} SdAlg */
/** @typedef {typeof ALGS[number]} Alg */

/**
 * base64url of the digest over the characters of an ASCII text.
 * @param {string} text @param {SdAlg} alg @returns {Promise<string>} @throws {NoSm}
 */
export async function digest(text, alg) {
  return encode(await (alg === "sm3" ? sm3(utf8(text)) : sha256(utf8(text))));
}
