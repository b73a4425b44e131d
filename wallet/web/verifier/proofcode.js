/**
 * Presentations as QR text, read (docs/proof-code.md): `ZT1:` and base45 of CBOR from a phone, or the decimal
 * digits behind a printed copy's `/c#`. No address from a QR is ever opened.
 */

import { decode as fromBase45 } from "./base45.js";
import { Misfit, encode, fromHex, inflate, same, sha256 } from "./bytes.js";
import { loads } from "./cbor.js";
import { isCanonical, read, restore, shortOf } from "./packing.js";
import { Refused } from "./refused.js";
import { NoSm } from "./sm.js";
import { unreadable, verifyOnce } from "./verify.js";
import { FINDINGS, REFUSALS } from "./words.js";

/** @import { Expected } from "./checks.js" */
/** @import { Chain } from "./packing.js" */
/** @import { Trust, TrustedIssuer } from "./trust.js" */

const PREFIX = "ZT1:";
const LONGEST_CODE = 2_520;
const LONGEST_COPY = 7_089 + 220;
const LARGEST = 32_768;
const LONGEST_PRESENTATION = 256 * 1024;
const ADDRESS = /^[A-Za-z][A-Za-z0-9+.-]{1,30}:/;
const COPY = /^https?:\/\/[^ \t\n\r\f\v#]{1,200}\/c#([1-9][0-9]{0,7088})$/u;

/** Whether the text claims to be a proof code or a copy's address. @param {string} text @returns {boolean} */
export function isCode(text) {
  return text.startsWith(PREFIX) || (text.length <= LONGEST_COPY && COPY.test(text));
}

/**
 * Code of the issuer whose bundle it takes to check what a proof code or a copy's address holds; its
 * successors are in that bundle. @param {string} text @returns {Promise<string>} @throws {Refused} `bad-code`
 */
export async function issuerOf(text) {
  const { code } = await orRefused(() => opened(text));
  return code.core.issuer || code.signer;
}

/**
 * The presentation that a proof code or a copy's address holds.
 * @param {string} text @param {Trust} trust @returns {Promise<string>}
 * @throws {Refused} `bad-code`: it holds none; `unknown-origin`: the trust state lacks its issuer, origin or
 *   certificate chain; `no-sm`: it is of SM2 and SM3, whose library could not be loaded
 */
export function decode(text, trust) {
  return orRefused(async () => {
    const { code, bound } = await opened(text);
    if ((code.binding !== null) !== bound) throw new Misfit("bound otherwise");
    const issuer = trust.issuers.get(code.signer);
    const chain = issuer && (await chainOf(issuer, encode(code.chain)));
    const origin = issuer?.origins[code.origin];
    if (issuer === undefined || chain === undefined || origin === undefined) throw refused("unknown-origin");
    if (!(await isCanonical(code)) || issuer.origins.indexOf(origin) !== code.origin) throw new Misfit("not canonical");
    return restore(code, origin, chain);
  });
}

/**
 * The presentation in whatever a scanner read: a proof code, a copy's address, or itself.
 * @param {string} text @param {Trust} trust @returns {Promise<string>}
 * @throws {Refused} `only-a-link`: an address with no proof in it; and as `decode`
 */
export async function find(text, trust) {
  if (isCode(text)) return decode(text, trust);
  if (text.startsWith("ey") && text.slice(0, LONGEST_PRESENTATION).includes("~")) return text;
  throw refused(ADDRESS.test(text) ? "only-a-link" : "bad-code");
}

/**
 * What `verifyOnce` says of whatever a scanner read; a report too where nothing could be read.
 * @param {string} text @param {Trust} trust @param {Expected} expected @param {number} now
 */
export async function check(text, trust, expected, now) {
  try {
    return await verifyOnce(await find(text, trust), trust, expected, now);
  } catch (wrong) {
    if (!(wrong instanceof Refused)) throw wrong;
    return { report: unreadable(trust, now, wrong.kind === "bad-code" ? null : wrong), guard: null };
  }
}

/** The members in a text, and whether a holder's key must bind them. @param {string} text */
async function opened(text) {
  const [data, bound] = await bytesOf(text);
  return { code: read(loads(data)), bound };
}

/** @template T @param {() => Promise<T>} reading @returns {Promise<T>} */
async function orRefused(reading) {
  try {
    return await reading();
  } catch (wrong) {
    if (wrong instanceof NoSm) throw new Refused("no-sm", FINDINGS.NO_SM.zh, FINDINGS.NO_SM.en);
    if (wrong instanceof Misfit) throw refused("bad-code");
    throw wrong;
  }
}

/** The CBOR in a text, and whether a holder's key must bind it (a code) or must not (a copy). @param {string} text @returns {Promise<[Uint8Array, boolean]>} */
async function bytesOf(text) {
  if (text.startsWith(PREFIX)) {
    if (text.length > LONGEST_CODE) throw new Misfit("too long");
    return [await inflated(fromBase45(text.slice(PREFIX.length))), true];
  }
  const copy = text.length <= LONGEST_COPY ? COPY.exec(text) : null;
  if (copy === null) throw new Misfit("no copy");
  const hex = BigInt(copy[1]).toString(16);
  const marked = fromHex(hex.padStart(hex.length + (hex.length % 2), "0"));
  if (marked[0] !== 1) throw new Misfit("no copy");
  return [marked.subarray(1), false];
}

/** @param {Uint8Array} data @returns {Promise<Uint8Array>} */
async function inflated(data) {
  if (data[0] !== 0) return data;
  // Many streams inflate to the same bytes: these four make a changed one a refused one.
  const stream = data.subarray(5);
  if (!same(data.subarray(1, 5), (await sha256(stream)).subarray(0, 4))) throw new Misfit("changed");
  return inflate(stream, "deflate-raw", LARGEST);
}

/** @param {TrustedIssuer} issuer @param {string} short @returns {Promise<Chain | undefined>} */
async function chainOf(issuer, short) {
  for (const [kid, { x5c: chains, public: key }] of issuer.keys) {
    for (const x5c of chains) if ((await shortOf(x5c)) === short) return { kid, x5c, alg: key.alg };
  }
  return undefined;
}

/** @param {keyof typeof REFUSALS} kind */
function refused(kind) {
  return new Refused(kind, REFUSALS[kind].zh, REFUSALS[kind].en);
}
