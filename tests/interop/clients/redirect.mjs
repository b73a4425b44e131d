// A wallet that nobody here wrote logs in by a browser: it pushes its request, answers what the page asks for,
// and takes the code from where the browser was sent. One JSON line for each step, both ways.
import { createInterface } from "node:readline"
import { claimed, prepared } from "./authorising.mjs"
import { answerWith, taken } from "./presenting.mjs"

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const told = async () => JSON.parse((await lines.next()).value)
const say = (said) => console.log(JSON.stringify(said))

const { identity, origin, configurations } = await told()
const held = [await taken(identity)]
const wallet = await prepared(origin, configurations)
const begun = await wallet.client.createAuthorizationRequestUrlFromOffer(wallet.asking)
say({ url: begun.authorizationRequestUrl })

const { link } = await told()
say((await answerWith(held, link)).body)

const { left } = await told()
const [authorizationServerMetadata] = wallet.asking.issuerMetadata.authorizationServers
const response = wallet.client.parseAndVerifyAuthorizationResponseRedirectUrl({ url: left, authorizationServerMetadata })
say({ iss: response.iss, credentials: await claimed(wallet, response.code) })
process.stdin.destroy()
