/** The trust bundle: a trust state signed for offline use, and the one way to take it in. */

import { Misfit } from "./bytes.js";
import { loads } from "./json.js";
import { checkJws, parseJws } from "./keys.js";
import { Refused } from "./refused.js";
import { follow, signed } from "./root.js";
import { list, struct, text } from "./shape.js";
import { unpack, withRoots } from "./trust.js";

/** @import { RootDocument } from "./root.js" */
/** @import { Trust } from "./trust.js" */

const TYPE = "zt-trust+jwt";
const ROOTS_TYPE = "zt-roots+jwt";
const MAX_BUNDLE = 64 * 1024 * 1024;
const LEEWAY = 60;
/** Roots of a static file of one issuer; file n holds the sequence numbers from n · 4096 + 1 on. */
export const ROOTS_PER_FILE = 4096;

const outer = struct({ roots: list(signed), trust: text() });

/**
 * Take a bundle in; there is no other way.
 * @param {Trust | null} previous what this verifier had
 * @param {Uint8Array} data @param {number} now Unix seconds
 * @param {Uint8Array} rootDocument the one that this verifier pins
 * @param {{ limit?: number }} [caps] limit: most bytes
 * @returns {Promise<Trust>}
 * @throws {Refused} `root-refused`: the line of root documents does not begin at the pinned one, or does not
 *   stand; `bundle-refused`: not signed by the bundle's key, expired, from the future, or older than `previous`
 */
export async function load(previous, data, now, rootDocument, { limit = MAX_BUNDLE } = {}) {
  if (data.length > limit) throw refused("可信状态文件过大。", "The trust bundle is too large.");
  const trust = await orRefused("可信状态文件格式不符或签名不成立。", "Not a trust bundle, or not signed.", async () => {
    const { roots, trust: token } = outer(loads(data));
    const root = await follow(rootDocument, roots, now, previous?.root ?? null);
    return unpack(await opened(token, root, TYPE), root);
  });
  demandNewer(trust, previous, now);
  return trust;
}

/**
 * The trust state with an issuer's roots that it did not know, from a static file of them.
 * @param {Trust} trust @param {string} token @returns {Promise<Trust>} @throws {Refused}
 */
export function loadRoots(trust, token) {
  return orRefused("批次根文件格式不符或签名不成立。", "Not a file of roots, or not signed.", async () => {
    if (trust.root === null) throw new Misfit("no bundle behind this state");
    return withRoots(trust, await opened(token, trust.root, ROOTS_TYPE));
  });
}

/** @param {string} token @param {RootDocument} root @param {string} typ */
async function opened(token, root, typ) {
  const jws = parseJws(token, MAX_BUNDLE);
  const key = root.bundleKeys.find(({ thumbprint }) => thumbprint === jws.header.kid);
  if (key === undefined) throw new Misfit("another key's");
  return checkJws(jws, key, typ);
}

/** @param {Trust} trust @param {Trust | null} previous @param {number} now */
function demandNewer(trust, previous, now) {
  if (now < trust.created - LEEWAY || now >= trust.expires) {
    throw refused("可信状态文件已过期，请更新。", "The trust bundle has expired; get the new one.");
  }
  if (previous === null) return;
  let older = trust.epoch < previous.epoch || (trust.epoch === previous.epoch && trust.version < previous.version);
  if (trust.root && previous.root) {
    // A stolen bundle key can run the numbers far ahead: they end with it (TUF 1.0, section 5.3.11).
    older = (older && !isReplaced(previous.root, trust.root)) || trust.root.version < previous.root.version;
  }
  if (older) {
    throw refused("可信状态文件比已有的旧。", "The trust bundle is older than the one at hand.");
  }
}

/** Whether the new document names none of the old one's bundle keys. @param {RootDocument} old @param {RootDocument} next */
function isReplaced(old, next) {
  const names = new Set(next.bundleKeys.map(({ thumbprint }) => thumbprint));
  return next.version > old.version && !old.bundleKeys.some(({ thumbprint }) => names.has(thumbprint));
}

/** @template T @param {string} zh @param {string} en @param {() => Promise<T>} reading @returns {Promise<T>} */
async function orRefused(zh, en, reading) {
  try {
    return await reading();
  } catch (wrong) {
    if (wrong instanceof Misfit) throw refused(zh, en);
    throw wrong;
  }
}

/** @param {string} zh @param {string} en */
function refused(zh, en) {
  return new Refused("bundle-refused", zh, en);
}
