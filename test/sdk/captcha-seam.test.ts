import t from 'tap'
import { createDreamAuth } from '../../sdk/src/index.ts'
import { pretend } from './service.ts'

const Challenge = { parameters: { algorithm: 'PBKDF2/SHA-256', cost: 1, expiresAt: 4_000_000_000, keyLength: 32, keyPrefix: '0', keySignature: '', nonce: '00', salt: '00' }, signature: '00' }
const somebody = { Email: 'alice@example.com', Password: 'correct horse battery staple' }

t.test('a challenge is answered and the call repeated as it was, twice at most; what cannot be solved is the caller\'s to see', async t => {
  let accepted = 1
  const asked: Array<{ solution: unknown, body: string }> = []
  const baseUrl = await pretend(t, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    asked.push({ solution: request.headers['x-captcha'], body: Buffer.concat(chunks).toString() })
    const solved = asked.length > accepted
    response.writeHead(solved ? 200 : 428, { 'content-type': 'application/json' }).end(JSON.stringify(solved ? { Code: 501, Msg: '' } : { Code: 428, Msg: 'Proof of work required', Challenge }))
  })

  const seen: unknown[] = []
  const auth = createDreamAuth({ baseUrl, solve: async challenge => `solution ${seen.push(challenge)}` })
  t.match(await auth.login(somebody), { error: 'LoginFailed' })
  t.same(seen, [Challenge])
  t.same(asked.map(({ solution }) => solution), [undefined, 'solution 1'])
  t.equal(asked[1]?.body, asked[0]?.body)

  accepted = 9
  asked.length = 0
  t.match(await auth.login(somebody), { ok: false, Code: 428 })
  t.equal(asked.length, 3)

  asked.length = 0
  t.match(await createDreamAuth({ baseUrl, solve: false }).login(somebody), { ok: false, Code: 428 })
  t.match(await createDreamAuth({ baseUrl, solve: async () => { throw new Error('no Web Crypto') } }).login(somebody), { ok: false, Code: 428 })
  t.equal(asked.length, 2)

  accepted = 1
  asked.length = 0
  t.match(await createDreamAuth({ baseUrl }).login(somebody), { error: 'LoginFailed' }, 'solved by itself')
  t.match(JSON.parse(atob(String(asked[1]?.solution))), { challenge: Challenge, solution: { counter: Number, derivedKey: /^0/ } })
})
