// A wallet that nobody here wrote claims an offer: pre-authorised code with PIN, DPoP, nonce, jwt proofs.
import { answer } from "./callbacks.mjs"
import { claim } from "./claiming.mjs"

await answer(claim)
