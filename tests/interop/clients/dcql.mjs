// Reads {query, held} a line and answers a line: what the npm package `dcql` finds.
import { createInterface } from "node:readline";
import { DcqlPresentationResult, DcqlQuery } from "dcql";

const credential = ({ vct, claims, bound, authority }) => ({
  credential_format: "dc+sd-jwt",
  vct,
  claims,
  cryptographic_holder_binding: bound,
  ...(authority && { authority: { type: "aki", values: [authority] } }),
});

// Of each fitting credential its index and the claims of the first claim set that it meets.
const fitting = (query, matches) =>
  Object.fromEntries(
    query.credentials.map((each) => [
      each.id,
      (matches[each.id]?.valid_credentials ?? []).map((found) => [
        found.input_credential_index,
        (found.claims.valid_claim_sets[0].valid_claim_indexes ?? []).map((index) => each.claims[index].path),
      ]),
    ]),
  );

function find({ query, held, shown }) {
  let parsed;
  try {
    parsed = DcqlQuery.parse(query);
    DcqlQuery.validate(parsed);
  } catch {
    return { refused: true };
  }
  if (shown) {
    const presented = Object.fromEntries(Object.entries(shown).map(([id, all]) => [id, all.map(credential)]));
    const result = DcqlPresentationResult.fromDcqlPresentation(presented, { dcqlQuery: parsed });
    return { satisfied: result.can_be_satisfied, found: fitting(parsed, result.credential_matches) };
  }
  const result = DcqlQuery.query(parsed, held.map(credential));
  return { satisfied: result.can_be_satisfied, found: fitting(parsed, result.credential_matches) };
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(find(JSON.parse(line)))}\n`);
}
