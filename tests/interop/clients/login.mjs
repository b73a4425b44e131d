// A wallet that nobody here wrote claims its identity by offer and PIN, logs in with it at the challenge endpoint,
// and claims what it asked for.
import { claimed, prepared } from "./authorising.mjs"
import { answer } from "./callbacks.mjs"
import { answerWith, taken } from "./presenting.mjs"

await answer(async ({ identity, origin, configurations }) => {
  const held = [await taken(identity)]
  const wallet = await prepared(origin, configurations)
  const begun = await wallet.client.initiateAuthorization(wallet.asking)
  const shown = await answerWith(held, begun.openid4vpRequestUrl)
  const { authorizationChallengeResponse } = await wallet.client.retrieveAuthorizationCodeUsingPresentation({
    ...wallet.asking,
    authSession: begun.authSession,
    presentationDuringIssuanceSession: shown.body.presentation_during_issuance_session,
  })
  const code = authorizationChallengeResponse.authorization_code
  return { flow: begun.authorizationFlow, credentials: await claimed(wallet, code) }
})
