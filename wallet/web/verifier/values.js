/** Values of claims by their data type, and identifiers of people and organisations: what is wrong with one. */

import { fromStandard, utf8 } from "./bytes.js";
import { DIGIT } from "./digits.js";
import { PLACES } from "./places.js";
import { length } from "./shape.js";

const LARGEST_FILE = 32 * 1024;
const FORBIDDEN = /[\p{Co}\p{Cs}\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/u;
const STATUS_PLACE = /^([0-9A-Z]{1,32})\.([0-9A-Z]{21})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$/;
const LIST_SIZE = 131_072;
const OTHER_DOTS = /[•・‧．.∙⋅●᛫]/u;
const ASCII = /^[\u0000-\u007f]*$/;
const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const AMOUNT = /^(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?$/;
const CREDIT_CODE = /^[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}$/;
const CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const CREDIT_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const CITIZEN_NUMBER = /^([0-9]{6})([0-9]{4})([0-9]{2})([0-9]{2})[0-9]{3}[0-9X]$/;
const PICTURES = ["\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "RIFF"];
const FILES = [...PICTURES, "%PDF-", "PK\x03\x04"];

/** @param {string} value @param {number} longest @returns {boolean} */
export function isText(value, longest) {
  if (value === "" || "=+-@".includes(value[0]) || FORBIDDEN.test(value)) return false;
  return length(value) <= longest && (ASCII.test(value) || utf8(value).length <= 3 * longest);
}

/** @param {string} value @param {number} longest @returns {boolean} */
export function isName(value, longest) {
  return isText(value, longest) && !(OTHER_DOTS.test(value) && !ASCII.test(value)) && !DIGIT.test(value);
}

/** A day that exists, YYYY-MM-DD, 1850 to 2199. @param {string} value @returns {boolean} */
export function isDate(value) {
  const found = DATE.exec(value);
  return found !== null && isDay(Number(found[1]), Number(found[2]), Number(found[3]));
}

/** @param {string} value @returns {boolean} */
export function isAmount(value) {
  return AMOUNT.test(value);
}

/**
 * Places of status entries on the chain, each once, a space between two; null where the text is none.
 * @param {string} value @returns {{ issuer: string, type: string, list: number, idx: number }[] | null}
 */
export function statusPlaces(value) {
  const texts = value.split(" ");
  const found = texts.map((each) => STATUS_PLACE.exec(each));
  if (new Set(texts).size < texts.length) return null;
  const places = found.flatMap((each) => (each ? [{ issuer: each[1], type: each[2], list: Number(each[3]), idx: Number(each[4]) }] : []));
  return places.length === texts.length && places.every(({ idx }) => idx < LIST_SIZE) ? places : null;
}

/** base64 of a picture, at most 32 kB. @param {string} value @returns {boolean} */
export function isPicture(value) {
  return beginsWith(value, PICTURES);
}

/** base64 of a picture, PDF or OFD, at most 32 kB. @param {string} value @returns {boolean} */
export function isFile(value) {
  return beginsWith(value, FILES);
}

/** An identifier of a person or organisation, by its type. @param {string} idType @param {string} value @returns {boolean} */
export function isIdentifier(idType, value) {
  return Object.hasOwn(IDENTIFIERS, idType) && IDENTIFIERS[idType](value);
}

/** @type {Record<string, (value: string) => boolean>} */
const IDENTIFIERS = {
  citizen_number: isCitizenNumber,
  credit_code: isCreditCode,
  mainland_travel_permit: (value) => /^(?:[HM][0-9]{8,10}|[0-9]{8})$/.test(value),
  passport: (value) => /^[A-Z0-9]{5,20}$/.test(value),
  permanent_residence: (value) => /^(?:9[0-9]{17}|[A-Z]{3}[0-9]{12})$/.test(value),
};

/** GB 11643: place, birth date and check are right. @param {string} value @returns {boolean} */
export function isCitizenNumber(value) {
  const found = CITIZEN_NUMBER.exec(value);
  if (found === null || !isDay(Number(found[2]), Number(found[3]), Number(found[4]))) return false;
  // ISO 7064 MOD 11-2, as a number in base 13: 13 is 2 modulo 11.
  const sum = [...value.slice(0, 17)].reduce((sum, digit) => (sum * 13 + Number(digit)) % 11, 0);
  const check = (((1 - 2 * sum) % 11) + 11) % 11;
  return value[17] === (check === 10 ? "X" : String(check)) && places().has(found[1]);
}

/** GB 32100: 18 characters, upper case, check right. @param {string} value @returns {boolean} */
export function isCreditCode(value) {
  if (!CREDIT_CODE.test(value)) return false;
  const sum = CREDIT_WEIGHTS.reduce((sum, weight, i) => sum + weight * CREDIT_ALPHABET.indexOf(value[i]), 0);
  return value[17] === CREDIT_ALPHABET[(31 - (sum % 31)) % 31];
}

/** @param {number} year @param {number} month @param {number} day */
function isDay(year, month, day) {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1850 && year <= 2199 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** @param {string} value @param {string[]} beginnings */
function beginsWith(value, beginnings) {
  if (value.length > Math.floor((LARGEST_FILE * 4) / 3) + 4) return false;
  try {
    const content = fromStandard(value);
    const first = String.fromCharCode(...content.subarray(0, 8));
    return content.length <= LARGEST_FILE && beginnings.some((each) => first.startsWith(each));
  } catch {
    return false;
  }
}

/** @type {Set<string> | undefined} */
let known;

/** Area codes that were ever in use. @returns {Set<string>} */
function places() {
  if (known === undefined) {
    known = new Set();
    for (const row of PLACES.trim().split("\n")) {
      const [city, ...spans] = row.split(" ");
      for (const span of spans) {
        const [first, last = first] = span.split("-");
        for (let code = Number(first); code <= Number(last); code += 1) {
          known.add(city + String(code).padStart(2, "0"));
        }
      }
    }
  }
  return known;
}
