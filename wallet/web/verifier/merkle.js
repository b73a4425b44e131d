/** Inclusion proofs exactly as RFC 9162, section 2.1.3, over SHA-256. */

import { Misfit, sha256 } from "./bytes.js";

/** @import { Bytes } from "./bytes.js" */

const HASH_SIZE = 32;
const MAX_SIZE = 2 ** 32 - 1;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} data @returns {Promise<Bytes>} */
export function leafHash(data) {
  return sha256(LEAF, data);
}

/**
 * How many hashes the path of leaf `index` has in a tree of `size` leaves.
 * @param {number} index @param {number} size @returns {number} @throws {Misfit} there is no such leaf
 */
export function pathLength(index, size) {
  if (!(index >= 0 && index < size && size <= MAX_SIZE)) throw new Misfit("no such leaf");
  let length = 0;
  for (let here = index, last = size - 1; last > 0; here = half(here), last = half(last)) {
    // A last leaf without a neighbour is taken up as it is.
    if (here !== last || here % 2 === 1) length += 1;
  }
  return length;
}

/**
 * The root that a path of joined hashes leads to.
 * @param {Bytes} leaf @param {number} index @param {number} size @param {Uint8Array} path
 * @returns {Promise<Bytes>} @throws {Misfit} a path that is not exactly as long as index and size demand
 */
export async function rootAlong(leaf, index, size, path) {
  if (path.length !== pathLength(index, size) * HASH_SIZE) throw new Misfit("a path of another length");
  let current = leaf;
  let at = 0;
  for (let here = index, last = size - 1; last > 0; here = half(here), last = half(last)) {
    if (here === last && here % 2 === 0) continue;
    const sibling = path.subarray(at, at + HASH_SIZE);
    current = here % 2 === 1 ? await sha256(NODE, sibling, current) : await sha256(NODE, current, sibling);
    at += HASH_SIZE;
  }
  return current;
}

/** @param {number} number */
function half(number) {
  return Math.floor(number / 2);
}
