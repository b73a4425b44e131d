// A wallet that nobody here wrote claims some offers and answers one request with what it got.
import { answer } from "./callbacks.mjs"
import { answerWith, taken } from "./presenting.mjs"

await answer(async ({ offers, request, post }) => {
  const held = []
  for (const offer of offers) held.push(await taken(offer))
  return answerWith(held, request, post)
})
