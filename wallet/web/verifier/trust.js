/** What a verifier knows: issuers with keys, rights and roots, types, status. Everything is asked as of a time. */

import { Misfit, decode } from "./bytes.js";
import { isGenuine, parse as parseDefinition } from "./definition.js";
import { P256, PublicKey, SM2, USE } from "./keys.js";
import { byName, list, nullable, struct, text, whole } from "./shape.js";
import { parseList, unpacked, verifyList } from "./status.js";

/** @import { Bytes } from "./bytes.js" */
/** @import { TypeDefinition } from "./definition.js" */
/** @import { RootDocument } from "./root.js" */
/** @import { StatusList } from "./status.js" */

const MAX_SUCCESSIONS = 8;
const HASH_SIZE = 32;
const any = text();
const number = whole();
const natural = whole(0);

/** @typedef {[start: number, end: number | null]} Window [start, end) in Unix seconds; null: not ended */
/**
 * @typedef {object} TrustedKey
 * @property {PublicKey} public @property {number} uses @property {Window[]} windows
 * @property {number | null} compromised @property {string[][]} x5c
 */
/**
 * @typedef {object} TrustedRoot An anchored batch; `time` is its block's.
 * @property {Bytes} root @property {number} size @property {number} time
 * @property {boolean} final @property {boolean} voided @property {boolean} replaced
 */
/**
 * @typedef {object} TrustedIssuer
 * @property {string} code @property {string} zh @property {string} en @property {string[]} origins
 * @property {Map<string, TrustedKey>} keys by thumbprint @property {Map<string, Window[]>} rights by type
 * @property {Map<string, { code: string, since: number }>} successors by type
 * @property {Map<number, TrustedRoot>} roots by sequence number @property {Map<string, Bytes>} words by place()
 */
/** @typedef {{ definition: TypeDefinition, genuine: boolean, windows: Window[] }} TrustedType */
/** @typedef {{ list: StatusList, signer: string, freshUntil: number }} TrustedList */
/** @typedef {{ status: number, reason: string, recorded: number, effective: number }} StatusChange */
/**
 * @typedef {object} History Every status change recorded within [since, until].
 * @property {number} since @property {number} until
 * @property {Map<string, StatusChange[]>} certificates by place() @property {Map<string, StatusChange[]>} credentials by place()
 */
/**
 * @typedef {object} Trust
 * @property {number} epoch @property {number} version @property {number} created @property {number} expires
 * @property {Map<string, TrustedIssuer>} issuers by code @property {Map<string, TrustedType>} types by place()
 * @property {Map<string, TrustedList>} lists by uri @property {number} wordsFreshUntil
 * @property {History | null} history
 * @property {RootDocument | null} root that named the bundle's key; null for a state that was not read from one
 */

/** One text for what several parts name. @param {(string | number)[]} parts @returns {string} */
export function place(...parts) {
  return JSON.stringify(parts);
}

/** @param {unknown} value @returns {Window} */
function window(value) {
  if (!Array.isArray(value) || value.length < 1 || value.length > 2) throw new Misfit("not a window");
  return [number(value[0]), nullable(number)(value[1] ?? null)];
}

const windows = list(window);
const roots = struct({
  first: whole(1),
  hashes: any,
  sizes: list(whole(1, 2 ** 32 - 1)),
  times: list(number),
  voided: list(number),
  replaced: list(number),
});
const issuer = struct({
  code: any,
  zh: any,
  en: any,
  origins: list(any),
  keys: list(
    struct({ jwk: byName(any), uses: number, windows, compromised: nullable(number), x5c: list(list(any)) }),
  ),
  rights: byName(windows),
  successors: byName(struct({ code: any, since: number })),
  roots,
  words: list(struct({ type: any, list: natural, packed: any })),
});
const changes = list(struct({ status: whole(0, 3), reason: any, recorded: number, effective: number }));
const bundle = struct(
  {
    chain_id: number,
    contracts: byName(any),
    epoch: natural,
    version: natural,
    created: number,
    expires: number,
    issuers: list(issuer),
    types: list(struct({ definition: parseDefinition, hash: any, windows })),
    lists: list(any),
    words_block: number,
    history: nullable(
      struct({
        since: number,
        until: number,
        certificates: list(struct({ issuer: any, type: any, list: natural, idx: natural, changes })),
        credentials: list(struct({ uri: any, idx: natural, changes })),
      }),
    ),
  },
  // Whose word on wallets counts: nothing that a certificate is checked by.
  { wallet_providers: list(struct({ id: any, zh: any, en: any, certificate: any, windows })) },
);
const rootsFile = struct({ issuer: any, version: natural, created: number, roots });

/** The trust state of a bundle's payload. @param {unknown} payload @param {RootDocument | null} root @returns {Promise<Trust>} @throws {Misfit} */
export async function unpack(payload, root) {
  const said = bundle(payload);
  const issuers = new Map();
  for (const each of said.issuers) issuers.set(each.code, await unpackIssuer(each));
  const types = new Map();
  for (const { definition, hash, windows } of said.types) {
    const genuine = await isGenuine(definition, decode(hash));
    types.set(place(definition.type, definition.version), { definition, genuine, windows });
  }
  return {
    epoch: said.epoch,
    version: said.version,
    created: said.created,
    expires: said.expires,
    issuers,
    types,
    lists: await unpackLists(said.lists, issuers, said.expires),
    wordsFreshUntil: said.expires,
    history: said.history && {
      since: said.history.since,
      until: said.history.until,
      certificates: new Map(
        said.history.certificates.map((each) => [place(each.issuer, each.type, each.list, each.idx), each.changes]),
      ),
      credentials: new Map(said.history.credentials.map((each) => [place(each.uri, each.idx), each.changes])),
    },
    root,
  };
}

/** @param {ReturnType<typeof issuer>} said @returns {Promise<TrustedIssuer>} */
async function unpackIssuer(said) {
  const keys = new Map();
  for (const { jwk, uses, windows, compromised, x5c } of said.keys) {
    const key = await PublicKey.fromJwk(Object.fromEntries(jwk), [P256, SM2]);
    keys.set(key.thumbprint, { public: key, uses, windows, compromised, x5c });
  }
  const words = new Map();
  for (const each of said.words) words.set(place(each.type, each.list), await unpacked(each.packed));
  return { ...said, keys, words, roots: unpackRoots(said.roots) };
}

/** @param {ReturnType<typeof roots>} said @returns {Map<number, TrustedRoot>} */
function unpackRoots({ first, hashes, sizes, times, voided, replaced }) {
  const joined = decode(hashes);
  if (joined.length !== sizes.length * HASH_SIZE || times.length !== sizes.length) throw new Misfit("numbers differ");
  return new Map(
    sizes.map((size, i) => [
      first + i,
      {
        root: joined.slice(i * HASH_SIZE, (i + 1) * HASH_SIZE),
        size,
        time: times[i],
        final: true,
        voided: voided.includes(first + i),
        replaced: replaced.includes(first + i),
      },
    ]),
  );
}

/** A trust state with an issuer's roots that it did not know; a known one is never changed but to be voided.
 * @param {Trust} trust @param {unknown} payload of a file of roots @returns {Trust} @throws {Misfit}
 */
export function withRoots(trust, payload) {
  const said = rootsFile(payload);
  const known = trust.issuers.get(said.issuer);
  if (known === undefined) throw new Misfit("another issuer's file");
  const roots = unpackRoots(said.roots);
  for (const [seq, root] of known.roots) roots.set(seq, { ...root, voided: root.voided || roots.get(seq)?.voided === true });
  return { ...trust, issuers: new Map(trust.issuers).set(said.issuer, { ...known, roots }) };
}

/**
 * @param {string[]} tokens @param {Map<string, TrustedIssuer>} issuers @param {number} expires
 * @returns {Promise<Map<string, TrustedList>>}
 */
async function unpackLists(tokens, issuers, expires) {
  const lists = new Map();
  for (const token of tokens) {
    try {
      const trusted = await trustList(token, issuers, expires);
      lists.set(trusted.list.uri, trusted);
    } catch (wrong) {
      // One bad list leaves its own credentials unknown, not everybody's.
      if (!(wrong instanceof Misfit)) throw wrong;
    }
  }
  return lists;
}

/**
 * Read a status list token and check who signed it: a key of the issuer or of a successor of it.
 * @param {string} token @param {Map<string, TrustedIssuer>} issuers @param {number} [freshUntil] else until its ttl is over
 * @returns {Promise<TrustedList>} @throws {Misfit}
 */
export async function trustList(token, issuers, freshUntil) {
  const list = await parseList(token);
  const owner = issuerAt(issuers, before(list.uri, "/status/"));
  for (const code of line(issuers, owner)) {
    const key = issuers.get(code)?.keys.get(list.kid);
    if (key !== undefined && may(key, USE.statusLists, list.iat)) {
      await verifyList(list, key.public);
      return { list, signer: code, freshUntil: Math.min(freshUntil ?? list.iat + list.ttl, list.exp) };
    }
  }
  throw new Misfit("not signed by its issuer");
}

/** Whether the key that signed a list still counts for what it signed then. @param {Trust} trust @param {TrustedList} trusted */
export function listStands(trust, trusted) {
  const key = trust.issuers.get(trusted.signer)?.keys.get(trusted.list.kid);
  return key !== undefined && may(key, USE.statusLists, trusted.list.iat);
}

/** The issuer whose address `<origin>/issuers/<code>` this is. @param {Map<string, TrustedIssuer>} issuers @param {string} uri */
export function issuerAt(issuers, uri) {
  const origin = before(uri, "/issuers/");
  const issuer = issuers.get(origin === "" ? uri : uri.slice(origin.length + "/issuers/".length));
  return issuer !== undefined && issuer.origins.includes(origin) ? issuer : undefined;
}

/**
 * Who, by `at`, had taken over the issuer's certificates of a type: at most 8 deep.
 * @param {Trust} trust @param {string} code @param {string} type @param {number} at @returns {string[]}
 */
export function successors(trust, code, type, at) {
  const found = [];
  for (let here = code; found.length < MAX_SUCCESSIONS; ) {
    const successor = trust.issuers.get(here)?.successors.get(type);
    if (successor === undefined || successor.since > at) break;
    here = successor.code;
    found.push(here);
  }
  return found;
}

/** @param {Window} window @param {number} time @returns {boolean} */
export function covers([start, end], time) {
  return start <= time && (end === null || time < end);
}

/** What stands before the last `mark`; empty where there is none. @param {string} text @param {string} mark @returns {string} */
export function before(text, mark) {
  return text.slice(0, Math.max(text.lastIndexOf(mark), 0));
}

/** @param {TrustedKey} key @param {number} use @param {number} at @returns {boolean} */
function may(key, use, at) {
  return key.compromised === null && (key.uses & use) !== 0 && key.windows.some((each) => covers(each, at));
}

/** An issuer and all its successors, for whatever type. @param {Map<string, TrustedIssuer>} issuers @param {TrustedIssuer | undefined} owner */
function line(issuers, owner) {
  /** @type {Set<string>} */
  const line = new Set();
  let step = owner === undefined ? [] : [owner.code];
  for (let depth = 0; depth <= MAX_SUCCESSIONS; depth += 1) {
    for (const code of step) line.add(code);
    step = step.flatMap((code) =>
      [...(issuers.get(code)?.successors.values() ?? [])]
        .map((successor) => successor.code)
        .filter((next) => issuers.has(next) && !line.has(next)),
    );
  }
  return line;
}
