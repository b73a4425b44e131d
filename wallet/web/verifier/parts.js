/**
 * Whether the parts of a combined certificate (一业一证) stand: check 6 of what names other certificates. One that
 * is revoked or suspended fails the whole; of one with a newer version it is not known whether that stands; what
 * cannot be seen is unknown, never taken for valid.
 */

import { labels } from "./definition.js";
import { STATUS, readEntry } from "./status.js";
import { place } from "./trust.js";
import { statusPlaces } from "./values.js";
import { FINDINGS, PART_LINES, REASONS } from "./words.js";

/** @import { Finding, Lines } from "./checks.js" */
/** @import { TypeDefinition } from "./definition.js" */
/** @import { StatusChange, Trust } from "./trust.js" */

/** @typedef {{ issuer: string, type: string, list: number, idx: number }} Entry A status entry on the chain. */

const NONE = new Uint8Array();

/**
 * What the parts add to a certificate that stands itself: every part of the strictest outcome is named.
 * @param {TypeDefinition} type with parts @param {Map<string, string>} claims those shown @param {Trust} trust
 * @param {number} moment @param {number | null} at a past time to judge by, then `moment` too
 * @returns {Finding}
 */
export function status(type, claims, trust, moment, at) {
  const entries = statusPlaces(claims.get(type.parts?.status ?? "") ?? "");
  if (entries === null) return FINDINGS.PARTS_NOT_SHOWN;
  const found = entries.map((entry, position) => {
    const changes = trust.history?.certificates.get(place(entry.issuer, entry.type, entry.list, entry.idx)) ?? [];
    const finding = at === null ? now(entry, changes, trust, moment) : then(entry, changes, trust, at);
    const { zh, en } = nameOf(type, position, entry.type, trust);
    return { ...finding, zh: finding.zh.replaceAll("{part}", () => zh), en: finding.en.replaceAll("{part}", () => en) };
  });
  for (const outcome of ["fail", "unknown"]) {
    const worst = found.filter((each) => each.outcome === outcome);
    if (worst.length > 0) {
      return { ...worst[0], zh: worst.map(({ zh }) => zh).join("；"), en: worst.map(({ en }) => en).join("; ") };
    }
  }
  return at === null ? FINDINGS.PARTS_STAND : FINDINGS.PARTS_STOOD;
}

/** With the department's term for a reason code, where there is one. @param {Finding} finding @param {string} code @returns {Finding} */
export function reasoned(finding, code) {
  if (!Object.hasOwn(REASONS, code)) return finding;
  const reason = REASONS[/** @type {keyof typeof REASONS} */ (code)];
  return { ...finding, zh: `${finding.zh}：${reason.zh}`, en: `${finding.en}: ${reason.en}` };
}

/** By the words of the chain. @param {Entry} entry @param {StatusChange[]} changes @param {Trust} trust @param {number} moment @returns {Finding} */
function now(entry, changes, trust, moment) {
  const issuer = trust.issuers.get(entry.issuer);
  // An entry that nobody could ever have set says nothing: its issuer must have had a right to the type.
  if (issuer === undefined || !issuer.rights.get(entry.type)?.length) return FINDINGS.PART_UNKNOWN;
  const word = readEntry(issuer.words.get(place(entry.type, entry.list)) ?? NONE, entry.idx);
  const fresh = moment < trust.wordsFreshUntil;
  if (word === STATUS.valid || (word === STATUS.suspended && !fresh)) {
    return fresh ? FINDINGS.PARTS_STAND : FINDINGS.PART_STALE;
  }
  const line = /** @type {Lines} */ (PART_LINES)[word];
  const last = changes.at(-1);
  return word !== STATUS.superseded && last?.status === word ? reasoned(line, last.reason) : line;
}

/** By what had been recorded by then, and what became known later but takes effect before then. @param {Entry} entry @param {StatusChange[]} changes @param {Trust} trust @param {number} at @returns {Finding} */
function then(entry, changes, trust, at) {
  const { history } = trust;
  const issuer = trust.issuers.get(entry.issuer);
  if (history === null || at < history.since || at > history.until) return FINDINGS.PART_UNKNOWN;
  if (issuer === undefined || !issuer.rights.get(entry.type)?.length) return FINDINGS.PART_UNKNOWN;
  const lines = /** @type {Lines} */ (PART_LINES);
  const known = changes.filter((each) => each.recorded <= at).at(-1);
  if (known !== undefined && known.status !== STATUS.valid) return lines[known.status];
  const later = changes.filter((each) => each.recorded > at && each.effective <= at).map((each) => each.status);
  if (later.includes(STATUS.revoked) || later.includes(STATUS.suspended)) return FINDINGS.PART_VOID_BY_LATER;
  return later.includes(STATUS.superseded) ? lines[STATUS.superseded] : FINDINGS.PARTS_STOOD;
}

/** What a part is called: as the catalogue calls its type, or by its number; never a claim's value. @param {TypeDefinition} type @param {number} position @param {string} code @param {Trust} trust @returns {{ zh: string, en: string }} */
function nameOf(type, position, code, trust) {
  const versions = [...trust.types.values()].map((each) => each.definition).filter((each) => each.type === code);
  const newest = versions.sort((one, other) => other.version - one.version).at(0);
  const each = type.parts?.each[position];
  return newest?.name ?? (each && labels(type).get(each.name)) ?? type.name;
}
