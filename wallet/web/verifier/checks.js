/**
 * The checks of a presentation, one function each, in the order of the table in docs/verification.md. Each
 * looks at one `Case` and gives a finding; what several need the case works out, so that no check depends on
 * another having run.
 */

import { Misfit, decode, same } from "./bytes.js";
import { RESERVED, rootOf } from "./credential.js";
import { fits, holders } from "./definition.js";
import { PublicKey, USE, certifiedKey } from "./keys.js";
import { NoSm } from "./sm.js";
import { STATUS, readEntry } from "./status.js";
import { before, covers, issuerAt, listStands, place, successors } from "./trust.js";
import { reasoned, status as partsStatus } from "./parts.js";
import { ENTRY_LINES, FINDINGS, STATUS_LINES } from "./words.js";

/** @import { Binding, Kind, Presentation } from "./credential.js" */
/** @import { StatusChange, Trust, TrustedKey, TrustedType } from "./trust.js" */

/** Seconds that two clocks may differ. */
const LEEWAY = 60;
/** Seconds after the end of a key's window for which what it signed still counts. */
const RETIRED = 30 * 86_400;
const CODE_BEFORE = 30;
export const CODE_AFTER = 60;
export const REQUEST_LEEWAY = 300;

/**
 * @typedef {object} Finding
 * @property {string} outcome pass, fail, unknown or n/a
 * @property {string} zh @property {string} en @property {{ zh: string, en: string } | null} advice what mends it
 */
/** @typedef {Readonly<Record<number, Finding>>} Lines by status */
/**
 * @typedef {object} Expected What the caller asked for.
 * @property {readonly string[]} kinds those it takes
 * @property {string | null} [audience] its own name, for requests and answers
 * @property {string | null} [nonce] that of its request
 * @property {readonly [id_type: string, identifier: string] | null} [holder] what a query asked by
 * @property {string | null} [certificate_id] or this
 */

/** @typedef {Awaited<ReturnType<typeof caseOf>>} Case One presentation under examination. */

/**
 * @param {Presentation} shown @param {Trust} trust @param {Expected} expected @param {number} now
 * @param {number | null} at the past time to examine it as of
 * @param {boolean} dated whether a record or a log proof of that time covers the presentation's digest
 */
export async function caseOf(shown, trust, expected, now, at, dated) {
  const { payload, core } = shown;
  const moment = at ?? now;
  const issuer = trust.issuers.get(core.issuer);
  const root = await rootOf(shown);
  // A batch that was not anchored at that time was not known then.
  const last = issuer?.roots.get(payload.anchor.seq);
  const batch = last !== undefined && (at === null || last.time <= at) ? last : undefined;
  const inside = batch !== undefined && !batch.voided && same(batch.root, root) && batch.size === payload.anchor.size;
  const entry = payload.status?.status_list;
  const certificateChanges =
    trust.history?.certificates.get(place(core.issuer, core.type, core.status.list, core.status.idx)) ?? [];
  const credentialChanges = (entry && trust.history?.credentials.get(place(entry.uri, entry.idx))) ?? [];
  return {
    shown, payload, core, trust, expected, at, moment, issuer, root, batch, entry,
    certificateChanges, credentialChanges,
    kind: shown.kind,
    claims: shown.claims,
    latest: dated ? moment : now,
    type: trust.types.get(place(core.type, core.type_version)),
    /** Block time of the batch that this certificate is in; null where that is not established. */
    anchored: inside && batch !== undefined ? batch.time : null,
    later: at === null ? [] : laterThan(at, [...certificateChanges, ...credentialChanges]),
  };
}

/** What became known after a past time: most of it stands in both sources. @param {number} at @param {StatusChange[]} changes */
function laterThan(at, changes) {
  const once = new Map(changes.map((each) => [place(each.status, each.reason, each.recorded, each.effective), each]));
  return [...once.values()].filter((each) => each.recorded > at).sort((one, other) => one.recorded - other.recorded);
}

/** Check 1: each digest occurs once in `_sd`; no name twice. @param {Case} each @returns {Finding} */
export function disclosures({ shown, payload, claims }) {
  // The same disclosure twice is the same name twice.
  if (claims.size !== shown.digests.length) return FINDINGS.DISCLOSED_TWICE;
  const once = shown.digests.every((digest) => payload._sd.filter((each) => each === digest).length === 1);
  return once && ![...claims.keys()].some((name) => RESERVED.has(name)) ? FINDINGS.DISCLOSED : FINDINGS.FOREIGN_CLAIM;
}

/** Check 2: leaf and path lead to a root, lengths exact. @param {Case} each @returns {Finding} */
export function path({ root }) {
  return root === null ? FINDINGS.LEADS_NOWHERE : FINDINGS.LEADS;
}

/** Check 3: that root and size for (issuer, seq), final, not voided. @param {Case} each @returns {Finding} */
export function anchor({ batch, root, anchored }) {
  if (batch === undefined || root === null) return FINDINGS.UNKNOWN_BATCH;
  if (batch.voided) return FINDINGS.VOIDED;
  if (anchored === null) return batch.replaced ? FINDINGS.REPLACED : FINDINGS.OTHER_ROOT;
  return batch.final ? FINDINGS.ANCHORED : FINDINGS.YOUNG;
}

/** Check 4: the core's issuer had the right to that type at the block time. @param {Case} each @returns {Finding} */
export function right({ issuer, core, anchored }) {
  if (issuer === undefined || anchored === null) return FINDINGS.RIGHT_UNKNOWN;
  const windows = issuer.rights.get(core.type) ?? [];
  return windows.some((each) => covers(each, anchored)) ? FINDINGS.HAD_RIGHT : FINDINGS.NO_RIGHT;
}

/** Check 5: signed by a key, with use 1, of `iss`: the core's issuer or its successor then. @param {Case} each @returns {Promise<Finding>} */
export async function issuerKey(each) {
  const { trust, core, payload, issuer, shown } = each;
  const signer = issuerAt(trust.issuers, payload.iss);
  if (issuer === undefined || signer === undefined) return FINDINGS.ISSUER_UNKNOWN;
  if (signer !== issuer && !successors(trust, core.issuer, core.type, payload.iat).includes(signer.code)) {
    return FINDINGS.NOT_THE_ISSUER;
  }
  const key = signer.keys.get(shown.header.kid);
  if (key === undefined) return payload.iat > trust.created ? FINDINGS.KEY_UNKNOWN : FINDINGS.FOREIGN_KEY;
  const wrong = wrongKey(each, key);
  if (wrong !== null) return wrong;
  return signature(shown, key);
}

/** @param {Presentation} shown @param {TrustedKey} key @returns {Promise<Finding>} */
async function signature({ header, signature, signingInput }, key) {
  try {
    const named = header.alg === key.public.alg;
    if (!named || !(await key.public.verify(signature, signingInput))) return FINDINGS.BAD_SIGNATURE;
  } catch (wrong) {
    if (wrong instanceof NoSm) return FINDINGS.NO_SM;
    throw wrong;
  }
  return certifies(header.x5c, key) ? FINDINGS.SIGNED : FINDINGS.OTHER_X5C;
}

/** @param {Case} each @param {TrustedKey} key @returns {Finding | null} */
function wrongKey({ payload, kind, latest }, key) {
  if (key.compromised !== null) return FINDINGS.COMPROMISED;
  if ((key.uses & USE.credentials) === 0) return FINDINGS.WRONG_USE;
  const window = key.windows.find((each) => covers(each, payload.iat));
  if (window === undefined) return FINDINGS.OUTSIDE_WINDOW;
  if (kind !== "copy" && window[1] !== null && latest > window[1] + RETIRED) return FINDINGS.RETIRED;
  return null;
}

/** Whether the certificates brought along are the key's; no trust comes from them. @param {string[]} x5c @param {TrustedKey} key */
function certifies(x5c, key) {
  if (key.x5c.some((chain) => chain.length === x5c.length && chain.every((der, i) => der === x5c[i]))) return true;
  return certifiedKey(x5c[0]) === key.public.spki;
}

/** Check 6: 00 in every source at hand, each one needed fresh, and for every part; the strictest wins. @param {Case} each @returns {Finding} */
export function status(each) {
  const own = ownStatus(each);
  const { type, claims, trust, moment, at } = each;
  if (type?.definition.parts === undefined || own.outcome === "fail") return own;
  const found = partsStatus(type.definition, claims, trust, moment, at);
  return own.outcome === "unknown" && found.outcome !== "fail" ? own : found;
}

/** @param {Case} each @returns {Finding} */
function ownStatus(each) {
  const { entry, payload, at } = each;
  if (entry !== undefined && before(entry.uri, "/status/") !== payload.iss) return FINDINGS.FOREIGN_LIST;
  if (at !== null) return statusThen(each, at);
  const certificate = certificateStatus(each);
  if (entry === undefined || certificate.outcome === "fail") return certificate;
  const own = credentialStatus(each, entry);
  return own.outcome === "pass" ? certificate : own;
}

/** By the words of the chain. @param {Case} each @returns {Finding} */
function certificateStatus({ issuer, core, moment, trust, certificateChanges }) {
  if (issuer === undefined) return FINDINGS.STATUS_UNKNOWN;
  const words = issuer.words.get(place(core.type, core.status.list)) ?? new Uint8Array();
  const found = judged(readEntry(words, core.status.idx), STATUS_LINES, moment < trust.wordsFreshUntil);
  return withReason(found, certificateChanges.at(-1));
}

/** With the department's term for it, where the history has it. @param {Finding} finding @param {StatusChange | undefined} last @returns {Finding} */
function withReason(finding, last) {
  if (finding.outcome !== "fail" || last === undefined) return finding;
  return /** @type {Lines} */ (STATUS_LINES)[last.status] === finding ? reasoned(finding, last.reason) : finding;
}

/** By the credential's own list. @param {Case} each @param {{ uri: string, idx: number }} entry @returns {Finding} */
function credentialStatus({ trust, moment }, { uri, idx }) {
  const trusted = trust.lists.get(uri);
  if (trusted === undefined || !listStands(trust, trusted)) return FINDINGS.STATUS_UNKNOWN;
  if (idx >= trusted.list.packed.length * 4) return FINDINGS.FOREIGN_LIST;
  return judged(readEntry(trusted.list.packed, idx), ENTRY_LINES, moment < trusted.freshUntil);
}

/** @param {number} found @param {Lines} lines @param {boolean} fresh @returns {Finding} */
function judged(found, lines, fresh) {
  // Old data still prove what cannot be taken back.
  if (found === STATUS.revoked || found === STATUS.superseded || (fresh && found !== STATUS.valid)) return lines[found];
  return fresh ? FINDINGS.STANDS : FINDINGS.STATUS_STALE;
}

/** By what had been recorded by then, and what became known later but takes effect before then. @param {Case} each @param {number} at @returns {Finding} */
function statusThen({ trust, certificateChanges, credentialChanges, later }, at) {
  const { history } = trust;
  if (history === null || at < history.since || at > history.until) return FINDINGS.NO_HISTORY;
  /** @type {[StatusChange[], Lines][]} */
  const sources = [[certificateChanges, STATUS_LINES], [credentialChanges, ENTRY_LINES]];
  for (const [changes, lines] of sources) {
    const known = changes.filter((change) => change.recorded <= at).at(-1);
    if (known !== undefined && known.status !== STATUS.valid) return lines[known.status];
  }
  const void_then = later.some((change) => change.effective <= at && change.status !== STATUS.valid);
  return void_then ? FINDINGS.VOID_BY_LATER : FINDINGS.STANDS_THEN;
}

/** Check 7: `valid_from` ≤ now < `valid_until` and `nbf` ≤ now < `exp`, ± 60 s. @param {Case} each @returns {Finding} */
export function time({ core, payload, moment }) {
  const earliest = moment - LEEWAY;
  const latest = moment + LEEWAY;
  if (core.valid_until !== undefined && earliest >= core.valid_until) return FINDINGS.EXPIRED;
  if (latest < core.valid_from) return FINDINGS.NOT_BEGUN;
  if (earliest >= payload.exp) return FINDINGS.CREDENTIAL_EXPIRED;
  return payload.nbf <= latest ? FINDINGS.IN_TIME : FINDINGS.CREDENTIAL_NOT_BEGUN;
}

/** Check 8, by kind: bound to its holder, this verifier and this moment; or to this question. @param {Case} each @returns {Promise<Finding>} */
export async function holder(each) {
  const { payload, shown, kind, expected } = each;
  if (payload.cnf !== undefined && shown.binding === null) return FINDINGS.NO_BINDING;
  if (!expected.kinds.includes(kind)) return FINDINGS.OTHER_KIND;
  if (kind === "copy") return FINDINGS.NOT_BOUND;
  return kind === "answer" ? answered(each) : bound(each);
}

/** @param {Case} each @returns {Promise<Finding>} */
async function bound(each) {
  const { shown, payload, kind, expected, moment } = each;
  const { binding } = shown;
  if (binding === null || payload.cnf === undefined || payload.aud !== undefined) return FINDINGS.NO_BINDING;
  const said = binding.payload;
  const age = moment - said.iat;
  if (kind === "request") {
    if ((expected.audience ?? null) === null || (expected.nonce ?? null) === null) return FINDINGS.NOT_ASKED;
    if (said.aud !== expected.audience) return FINDINGS.OTHER_AUDIENCE;
    if (said.nonce !== expected.nonce) return FINDINGS.OTHER_NONCE;
  }
  const fresh = kind === "code" ? -CODE_BEFORE <= age && age <= CODE_AFTER : Math.abs(age) <= REQUEST_LEEWAY;
  if (!fresh) return FINDINGS.TOO_OLD;
  return (await signedByHolder(payload.cnf.jwk, binding)) ? FINDINGS.BOUND : FINDINGS.WRONG_BINDING;
}

/** @param {{ x: string, y: string }} jwk @param {Binding} binding @returns {Promise<boolean>} */
async function signedByHolder(jwk, binding) {
  try {
    const key = await PublicKey.fromPoint(decode(jwk.x), decode(jwk.y));
    return binding.payload.sd_hash === binding.presented && (await key.verify(binding.signature, binding.signingInput));
  } catch (wrong) {
    if (wrong instanceof Misfit) return false;
    throw wrong;
  }
}

/** @param {Case} each @returns {Finding} */
function answered({ expected, payload, core, type, claims }) {
  const audience = expected.audience ?? null;
  const asked = expected.holder ?? null;
  const identifier = expected.certificate_id ?? null;
  if (audience === null || (asked === null && identifier === null)) return FINDINGS.NOT_ASKED;
  if (payload.aud !== audience) return FINDINGS.OTHER_AUDIENCE;
  if (identifier !== null && core.certificate_id !== identifier) return FINDINGS.OTHER_HOLDER;
  if (asked === null) return FINDINGS.ANSWERS;
  if (type === undefined) return FINDINGS.TYPE_UNKNOWN;
  const named = holders(type.definition, claims).some(([kind, number]) => kind === asked[0] && number === asked[1]);
  return named ? FINDINGS.ANSWERS : FINDINGS.OTHER_HOLDER;
}

/** Check 9: the definition is the chain's, was in force at the anchor, and claims fit it. @param {Case} each @returns {Finding} */
export function certificateType({ core, payload, type, anchored, claims, kind }) {
  const origin = before(payload.iss, "/issuers/");
  if (payload.vct !== `${origin}/types/${core.type}/${core.type_version}`) return FINDINGS.OTHER_TYPE;
  if (type === undefined) return FINDINGS.TYPE_UNKNOWN;
  const wrong = misfit(type, claims, kind);
  if (wrong !== null) return wrong;
  if (anchored === null) return FINDINGS.ANCHOR_UNKNOWN;
  return type.windows.some((each) => covers(each, anchored)) ? FINDINGS.FITS : FINDINGS.NOT_IN_FORCE;
}

/** @param {TrustedType} type @param {Map<string, string>} claims @param {Kind} kind @returns {Finding | null} */
function misfit(type, claims, kind) {
  if (!type.genuine) return FINDINGS.OTHER_DEFINITION;
  if (!fits(type.definition, claims)) return FINDINGS.MISFIT;
  const paper = type.definition.paper;
  return kind === "copy" && ![...claims.keys()].every((name) => paper.includes(name)) ? FINDINGS.NOT_ON_PAPER : null;
}
