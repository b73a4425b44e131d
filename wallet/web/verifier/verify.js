/**
 * Is this certificate genuine, and shown by whom it should be? Ten checks and a report, the same as those of
 * registry/verification.py on the same input. No server, no clock, no store: everything comes in by arguments.
 *
 * A check passes, fails, is unknown or does not apply. A contradiction fails; absent data are unknown; "could
 * not check" is never said as "not genuine", and never as valid.
 */

import { Misfit } from "./bytes.js";
import * as checks from "./checks.js";
import { parse } from "./credential.js";
import { NoSm } from "./sm.js";
import { FINDINGS } from "./words.js";

/** @import { Case, Expected, Finding } from "./checks.js" */
/** @import { Core, Kind, Presentation } from "./credential.js" */
/** @import { StatusChange, Trust } from "./trust.js" */

/** @typedef {{ zh: string, en: string }} Words */
/**
 * @typedef {object} Report
 * @property {"valid" | "copy" | "invalid" | "pending" | "unknown"} verdict
 * @property {Kind | null} kind @property {Core | null} core
 * @property {Record<string, string>} claims those shown
 * @property {{ n: number, id: string, outcome: string, zh: string, en: string }[]} checks
 * @property {Words | null} next what mends it
 * @property {{ epoch: number, version: number, created: number }} trust the trust state that was used
 * @property {number} at Unix seconds that was checked as of
 * @property {StatusChange[]} later status changes that became known after that
 */
/**
 * @typedef {object} Guard What the caller uses up, atomically, before it accepts a `valid` one; worthless
 *   after `expires`.
 * @property {string} audience @property {string} nonce @property {number} expires
 */

/** @type {readonly [n: number, id: string, (each: Case) => Finding | Promise<Finding>][]} */
const CHECKS = [
  [1, "disclosures", checks.disclosures],
  [2, "path", checks.path],
  [3, "anchor", checks.anchor],
  [4, "right", checks.right],
  [5, "issuer_key", checks.issuerKey],
  [6, "status", checks.status],
  [7, "time", checks.time],
  [8, "holder", checks.holder],
  [9, "type", checks.certificateType],
];

/**
 * Check a presentation against a trust state.
 * @param {string} presentation @param {Trust} trust @param {Expected} expected @param {number} now Unix seconds
 * @param {{ at?: number | null, dated?: boolean }} [past] at: a past time to check as of; dated: whether a
 *   record or a log proof of that time covers the presentation's digest
 * @returns {Promise<Report>}
 */
export async function verify(presentation, trust, expected, now, past) {
  return (await verifyOnce(presentation, trust, expected, now, past)).report;
}

/**
 * As `verify`, with what a caller that takes `valid` uses up, so that the same is not taken twice; null for
 * what is not bound to a moment.
 * @param {string} presentation @param {Trust} trust @param {Expected} expected @param {number} now
 * @param {{ at?: number | null, dated?: boolean }} [past]
 * @returns {Promise<{ report: Report, guard: Guard | null }>}
 */
export async function verifyOnce(presentation, trust, expected, now, { at = null, dated = false } = {}) {
  const shown = await read(presentation);
  if (shown === null || "lacking" in shown) {
    return { report: unreadable(trust, at ?? now, shown && shown.lacking), guard: null };
  }
  const each = await checks.caseOf(shown, trust, expected, now, at, dated);
  const found = await Promise.all(CHECKS.map(([, , check]) => check(each)));
  const report = {
    verdict: verdictOf(each.kind, found),
    kind: each.kind,
    core: each.core,
    claims: Object.fromEntries(each.claims),
    checks: [line(0, "parse", FINDINGS.PARSED), ...CHECKS.map(([n, id], i) => line(n, id, found[i]))],
    next: next(found),
    trust: used(trust),
    at: each.moment,
    later: each.later,
  };
  return { report, guard: guardOf(shown) };
}

/**
 * The report where check 0 fails and the rest is unknown.
 * @param {Trust} trust @param {number} moment @param {Words | null} [lacking] what this reader has not, where
 *   that is why: check 0 is unknown then
 * @returns {Report}
 */
export function unreadable(trust, moment, lacking = null) {
  const parsed = lacking === null
    ? FINDINGS.NOT_PARSED
    : { outcome: "unknown", zh: lacking.zh, en: lacking.en, advice: FINDINGS.UNKNOWN_BATCH.advice };
  return {
    verdict: lacking === null ? "invalid" : "unknown",
    kind: null,
    core: null,
    claims: {},
    checks: [line(0, "parse", parsed), ...CHECKS.map(([n, id]) => line(n, id, FINDINGS.NOT_EXAMINED))],
    next: parsed.advice,
    trust: used(trust),
    at: moment,
    later: [],
  };
}

/** @param {string} presentation @returns {Promise<Presentation | { lacking: Words } | null>} */
async function read(presentation) {
  try {
    return await parse(presentation);
  } catch (wrong) {
    if (wrong instanceof NoSm) return { lacking: FINDINGS.NO_SM };
    if (wrong instanceof Misfit) return null;
    throw wrong;
  }
}

/** @param {Kind} kind @param {Finding[]} found @returns {Report["verdict"]} */
function verdictOf(kind, found) {
  if (found.some((each) => each.outcome === "fail")) return "invalid";
  const missing = found.filter((each) => each.outcome === "unknown");
  if (missing.length === 0) return kind === "copy" ? "copy" : "valid";
  return missing.every((each) => each === FINDINGS.YOUNG) ? "pending" : "unknown";
}

/** What mends the first failure, or else the first gap. @param {Finding[]} found @returns {Words | null} */
function next(found) {
  const advised = found.filter((each) => each.advice !== null);
  return (advised.find((each) => each.outcome === "fail") ?? advised[0])?.advice ?? null;
}

/** @param {Presentation} shown @returns {Guard | null} */
function guardOf({ binding, kind }) {
  if (binding === null) return null;
  const { aud, nonce, iat } = binding.payload;
  const life = kind === "code" ? checks.CODE_AFTER : checks.REQUEST_LEEWAY;
  return { audience: aud, nonce, expires: iat + life + 1 };
}

/** @param {number} n @param {string} id @param {Finding} finding */
function line(n, id, { outcome, zh, en }) {
  return { n, id, outcome, zh, en };
}

/** @param {Trust} trust */
function used({ epoch, version, created }) {
  return { epoch, version, created };
}
