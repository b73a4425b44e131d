/**
 * A reader of the little CBOR (RFC 8949) that proof codes are made of, for bytes that an enemy wrote: whole
 * numbers, byte strings, text and arrays, of definite length and in their shortest form (section 4.2.1).
 */

import { Misfit, fromUtf8, join } from "./bytes.js";

/** @import { Bytes } from "./bytes.js" */
/** @typedef {number | Bytes | string | Item[]} Item */

const DEEPEST = 4;
const SHORTEST = [24n, 1n << 8n, 1n << 16n, 1n << 32n];

/** The one item that the bytes hold; numbers beyond 2^53 are NaN. @param {Uint8Array} data @returns {Item} @throws {Misfit} */
export function loads(data) {
  const reader = new Reader(data);
  const item = reader.item(DEEPEST);
  if (reader.at !== data.length) throw new Misfit("bytes left over");
  return item;
}

class Reader {
  /** @param {Uint8Array} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  /** @param {number} depth @returns {Item} */
  item(depth) {
    const [initial] = this.take(1);
    const major = initial >> 5;
    const argument = this.argument(initial & 31);
    if (major === 0) return exact(argument);
    if (major === 1) return exact(-1n - argument);
    if (argument > BigInt(this.data.length - this.at)) throw new Misfit("ends early");
    if (major === 2) return join(this.take(Number(argument)));
    if (major === 3) return fromUtf8(this.take(Number(argument)));
    if (major !== 4 || depth === 0) throw new Misfit("another kind of item, or too deep");
    return Array.from({ length: Number(argument) }, () => this.item(depth - 1));
  }

  /** @param {number} low @returns {bigint} */
  argument(low) {
    if (low < 24) return BigInt(low);
    const least = SHORTEST[low - 24];
    if (least === undefined) throw new Misfit("of indefinite length");
    const value = this.take(1 << (low - 24)).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
    if (value < least) throw new Misfit("not the shortest form");
    return value;
  }

  /** @param {number} length @returns {Uint8Array} */
  take(length) {
    const taken = this.data.subarray(this.at, this.at + length);
    if (taken.length < length) throw new Misfit("ends early");
    this.at += length;
    return taken;
  }
}

/** @param {bigint} value */
function exact(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : NaN;
}
