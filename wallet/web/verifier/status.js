/** Status lists: two bits an entry, packed and signed as IETF Token Status List says. */

import { Misfit, decode, inflate } from "./bytes.js";
import { checkJws, parseJws } from "./keys.js";
import { struct, text, whole } from "./shape.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { Jws, PublicKey } from "./keys.js" */

/** Status as the chain and status lists have it. */
export const STATUS = Object.freeze({ valid: 0, revoked: 1, suspended: 2, superseded: 3 });
export const MAX_INFLATED = 512 * 1024;
const TYPE = "statuslist+jwt";

const payload = struct(
  {
    exp: whole(),
    iat: whole(),
    status_list: struct({ bits: whole(2, 2), lst: text() }, {}, { open: true }),
    sub: text(),
    ttl: whole(1),
    version: whole(1),
  },
  {},
  { open: true },
);

/**
 * @typedef {object} StatusList
 * @property {string} uri @property {Bytes} packed @property {number} iat @property {number} exp
 * @property {number} ttl @property {number} version @property {string} kid @property {Jws} jws
 */

/** Status of entry `idx` of packed entries; valid beyond their end. @param {Uint8Array} packed @param {number} idx */
export function readEntry(packed, idx) {
  const place = Math.floor(idx / 4);
  return place < packed.length ? (packed[place] >> (2 * (idx % 4))) & 3 : STATUS.valid;
}

/** Packed entries of a zlib stream in base64url. @param {string} lst @returns {Promise<Bytes>} @throws {Misfit} */
export function unpacked(lst) {
  return inflate(decode(lst), "deflate", MAX_INFLATED);
}

/** Read a status list token; its signature is for `verifyList`. @param {string} token @returns {Promise<StatusList>} @throws {Misfit} */
export async function parseList(token) {
  const jws = parseJws(token, MAX_INFLATED);
  const said = payload(jws.payload);
  const { kid, typ } = jws.header;
  if (typeof kid !== "string" || typ !== TYPE) throw new Misfit("not a status list");
  const packed = await unpacked(said.status_list.lst);
  return { uri: said.sub, packed, iat: said.iat, exp: said.exp, ttl: said.ttl, version: said.version, kid, jws };
}

/** @param {StatusList} list @param {PublicKey} key @throws {Misfit} unless `key` signed it */
export async function verifyList(list, key) {
  await checkJws(list.jws, key, TYPE);
}
