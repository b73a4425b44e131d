/**
 * JSON as it was received, strictly: what is 1.0 or beyond 2^53 is no whole number; a name twice in an object,
 * halves of characters and deep nesting are refused; and canonical JSON (RFC 8785) for texts, whole numbers, booleans, lists, objects.
 */

import { Misfit, fromUtf8, utf8 } from "./bytes.js";

/** @import { Bytes } from "./bytes.js" */

export const DEEPEST = 16;

const WHITE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const CONTROL = /[\u0000-\u001f]/;
const WORDS = /** @type {const} */ ([["true", true], ["false", false], ["null", null]]);

/**
 * The value of JSON text in UTF-8; objects have no prototype.
 * @param {Uint8Array} bytes @param {number} [depth] most containers within each other
 * @returns {unknown} @throws {Misfit}
 */
export function loads(bytes, depth = DEEPEST) {
  return new Reader(fromUtf8(bytes)).whole(depth);
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {number} depth @returns {unknown} */
  whole(depth) {
    const value = this.value(depth);
    this.white();
    if (this.at !== this.text.length) throw new Misfit("something follows");
    return value;
  }

  /** @param {number} depth @returns {unknown} */
  value(depth) {
    this.white();
    const first = this.text[this.at];
    if (first === "{" || first === "[") {
      if (depth === 0) throw new Misfit("too deep");
      return first === "{" ? this.object(depth - 1) : this.array(depth - 1);
    }
    if (first === '"') return this.string();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  /** @param {number} depth */
  object(depth) {
    /** @type {Record<string, unknown>} */
    const members = Object.create(null);
    if (this.closes("}")) return members;
    do {
      this.white();
      if (this.text[this.at] !== '"') throw new Misfit("no name");
      const name = this.string();
      this.demand(":");
      if (name in members) throw new Misfit("a name twice");
      members[name] = this.value(depth);
    } while (this.another("}"));
    return members;
  }

  /** @param {number} depth */
  array(depth) {
    /** @type {unknown[]} */
    const items = [];
    if (this.closes("]")) return items;
    do items.push(this.value(depth)); while (this.another("]"));
    return items;
  }

  /** @returns {string} */
  string() {
    const start = this.at;
    let end = start;
    do end = this.text.indexOf('"', end + 1); while (end > 0 && this.escaped(end));
    if (end < 0) throw new Misfit("a string that does not end");
    this.at = end + 1;
    const inside = this.text.slice(start + 1, end);
    if (CONTROL.test(inside)) throw new Misfit("a control character");
    return inside.includes("\\") ? unescaped(inside) : inside;
  }

  /** Whether an odd number of backslashes stands before `at`. @param {number} at */
  escaped(at) {
    let before = at;
    while (this.text[before - 1] === "\\") before -= 1;
    return (at - before) % 2 === 1;
  }

  /** A whole number within ±(2^53 − 1); NaN for another one, which nothing here takes. */
  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) throw new Misfit("no value");
    this.at = NUMBER.lastIndex;
    const value = Number(found[0]);
    if (!Number.isFinite(value)) throw new Misfit("out of range");
    if (found[1] !== undefined || found[2] !== undefined || !Number.isSafeInteger(value)) return NaN;
    return value === 0 ? 0 : value;
  }

  white() {
    WHITE.lastIndex = this.at;
    WHITE.test(this.text);
    this.at = WHITE.lastIndex;
  }

  /** @param {string} sign @returns {boolean} */
  closes(sign) {
    this.at += 1;
    this.white();
    if (this.text[this.at] !== sign) return false;
    this.at += 1;
    return true;
  }

  /** @param {string} closing @returns {boolean} */
  another(closing) {
    this.white();
    const sign = this.text[this.at];
    this.at += 1;
    if (sign === closing) return false;
    if (sign !== ",") throw new Misfit("neither the next nor the end");
    return true;
  }

  /** @param {string} sign */
  demand(sign) {
    this.white();
    if (this.text[this.at] !== sign) throw new Misfit("a sign is missing");
    this.at += 1;
  }
}

/** @param {string} inside @returns {string} */
function unescaped(inside) {
  /** @type {string} */
  let value;
  try {
    value = JSON.parse(`"${inside}"`);
  } catch {
    throw new Misfit("a wrong escape");
  }
  if (!value.isWellFormed()) throw new Misfit("half a character");
  return value;
}

/** Canonical JSON. @param {unknown} value @returns {string} */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = /** @type {Record<string, unknown>} */ (value);
  return `{${Object.keys(members).sort().map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(",")}}`;
}

/** Canonical JSON in UTF-8. @param {unknown} value @returns {Bytes} */
export function dumps(value) {
  return utf8(canonical(value));
}
