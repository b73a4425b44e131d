/** base45 (RFC 9285), one text for each sequence of bytes. */

import { Misfit } from "./bytes.js";

/** @import { Bytes } from "./bytes.js" */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** @param {string} text @returns {Bytes} @throws {Misfit} a foreign character, or a group beyond two bytes */
export function decode(text) {
  if (text.length % 3 === 1) throw new Misfit("not base45");
  const bytes = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 ? 1 : 0));
  let at = 0;
  for (let start = 0; start < text.length; start += 3) {
    const digits = [...text.slice(start, start + 3)].map((sign) => ALPHABET.indexOf(sign));
    const value = digits.reduceRight((sum, digit) => sum * 45 + digit, 0);
    if (digits.includes(-1) || value > (digits.length === 3 ? 0xffff : 0xff)) throw new Misfit("not base45");
    if (digits.length === 3) bytes[at++] = value >> 8;
    bytes[at++] = value & 0xff;
  }
  return bytes;
}
