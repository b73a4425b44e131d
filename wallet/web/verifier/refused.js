/** Refusals that a caller can act on: a stable kind, and one line in both languages. */

export class Refused extends Error {
  /** @param {string} kind @param {string} zh @param {string} en */
  constructor(kind, zh, en) {
    super(en);
    this.name = "Refused";
    this.kind = kind;
    this.zh = zh;
    this.en = en;
  }
}
