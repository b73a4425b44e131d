/**
 * SM2 signatures (GB/T 32918.2-2016, the signer's identity the default of GM/T 0009-2012) and SM3 digests
 * (GB/T 32905-2016): the one module that knows a library, which is loaded when something first asks for it.
 */

import { Misfit, fromHex, hex } from "./bytes.js";

/** @import { Bytes } from "./bytes.js" */
/**
 * @typedef {object} Library sm-crypto-v2, as wallet/web/generate.py makes one file of it; texts are hexadecimal
 * @property {(input: Uint8Array) => string} sm3
 * @property {(data: Uint8Array, signature: string, key: string, options: { hash: true, der: false }) => boolean} verify
 */

const ORDER = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;

/** The library could not be loaded: nothing that needs it is known to be wrong. */
export class NoSm extends Misfit {}

/** @returns {Promise<Library>} @throws {NoSm} */
async function library() {
  try {
    return await import("./vendor/sm-crypto.js");
  } catch {
    throw new NoSm("no SM2 and SM3");
  }
}

/** SM3 digest, 32 bytes. @param {Uint8Array} data @returns {Promise<Bytes>} @throws {NoSm} */
export async function sm3(data) {
  return fromHex((await library()).sm3(data));
}

/**
 * Whether `signature` (r ‖ s, 64 bytes) is that of the key of these coordinates, a point of the curve, over `data`.
 * @param {Uint8Array} x @param {Uint8Array} y @param {Uint8Array} signature @param {Uint8Array} data
 * @returns {Promise<boolean>} @throws {NoSm}
 */
export async function verify(x, y, signature, data) {
  const { verify } = await library();
  const text = hex(signature);
  if (text.length !== 128 || !isScalar(text.slice(0, 64)) || !isScalar(text.slice(64))) return false;
  return verify(data, text, `04${hex(x)}${hex(y)}`, { hash: true, der: false });
}

/** From 1 to the order less one. @param {string} text */
function isScalar(text) {
  const scalar = BigInt(`0x${text}`);
  return 0n < scalar && scalar < ORDER;
}
