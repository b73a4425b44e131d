/** Bytes and texts: strict base64url (RFC 7515, section 2), UTF-8, SHA-256, inflating within a limit. */

/** What cannot be read: never shown to anybody, the caller says what it means. */
export class Misfit extends Error {}

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const URL_ALPHABET = /^[A-Za-z0-9_-]*$/;
const STANDARD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
// Of the last character some bits belong to no byte. A decoder forgives them; here they must be 0.
const LAST = ["", "", "AQgw", "AEIMQUYcgkosw048"];

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** UTF-8 of a text. @param {string} text @returns {Bytes} */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes. @param {Uint8Array} bytes @returns {string} @throws {Misfit} no UTF-8 */
export function fromUtf8(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Misfit("not UTF-8");
  }
}

/** base64url without padding. @param {Uint8Array} bytes @returns {string} */
export function encode(bytes) {
  return standard(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** base64 with padding (RFC 4648, section 4). @param {Uint8Array} bytes @returns {string} */
export function standard(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}

/**
 * The bytes of base64url; foreign characters, padding and loose trailing bits are refused.
 * @param {string} text @returns {Bytes} @throws {Misfit}
 */
export function decode(text) {
  const extra = text.length & 3;
  if (extra === 1 || !URL_ALPHABET.test(text) || (extra && !LAST[extra].includes(text[text.length - 1]))) {
    throw new Misfit("not canonical base64url");
  }
  return fromBinary(atob(text.replace(/-/g, "+").replace(/_/g, "/")));
}

/** The bytes of padded base64. @param {string} text @returns {Bytes} @throws {Misfit} */
export function fromStandard(text) {
  if (!STANDARD.test(text)) throw new Misfit("not base64");
  return fromBinary(atob(text));
}

/** @param {string} binary @returns {Bytes} */
function fromBinary(binary) {
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Hexadecimal, lower case. @param {Uint8Array} bytes @returns {string} */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes of hexadecimal digits, an even number of them. @param {string} digits @returns {Bytes} */
export function fromHex(digits) {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {Uint8Array[]} parts @returns {Bytes} */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {Uint8Array | null} left @param {Uint8Array | null} right @returns {boolean} */
export function same(left, right) {
  return left !== null && right !== null && left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** SHA-256 of the joined parts. @param {Uint8Array[]} parts @returns {Promise<Bytes>} */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
}

/**
 * The bytes of one whole stream, never more than `limit` of them in memory.
 * @param {Uint8Array} stream @param {"deflate" | "deflate-raw"} format @param {number} limit
 * @returns {Promise<Bytes>} @throws {Misfit} cut, followed by something, or longer than `limit`
 */
export async function inflate(stream, format, limit) {
  const reader = new Blob([join(stream)]).stream().pipeThrough(new DecompressionStream(format)).getReader();
  const parts = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return join(...parts);
      length += value.length;
      if (length > limit) break;
      parts.push(value);
    }
  } catch {
    throw new Misfit("not one whole stream");
  }
  await reader.cancel();
  throw new Misfit("too long");
}
