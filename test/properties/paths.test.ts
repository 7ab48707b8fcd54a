import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { build, modes, type Answer } from '../helper.ts'
import { exchange } from '../support/wire.ts'
import { check } from './check.ts'
import { elsewhere } from './operations.ts'

const RUNS = 80
const LOGIN = '/Auth/Login'
/** Failed logins of one account from one network that are let through are fewer. */
const MOST = 200

/** Each letter as it is or percent-encoded, where the bits say so. */
const encoded = (path: string, mask: number): string => Array.from(path, (letter, i) => letter !== '/' && (mask >> i) & 1 ? `%${letter.charCodeAt(0).toString(16)[mask % 2 === 0 ? 'toUpperCase' : 'toLowerCase']()}` : letter).join('')

const mostly = (usual: string, ...others: string[]): fc.Arbitrary<string> => fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) })

/** Request targets (RFC 9112, section 3.2) that somebody on the way might take for the login. */
const target = fc.record({
  before: mostly('', 'http://localhost', 'http://evil.example', 'https://user@localhost:8888', 'HTTP://LOCALHOST', '//evil.example', '.', '/.', '/x/..', '/%2e', '\\', '/Auth/..'),
  slash: mostly('/', '//', '///', '/./', '/x/../', '/%2e/', '\\', '%2f', '%2F', '/;/', '%5c', '/%00/'),
  mask: fc.oneof(fc.constant(0), fc.nat(2047)),
  path: mostly(LOGIN, '/auth/login', '/AUTH/LOGIN', '/Auth/login', '/%2541uth/Login', '/Auth/Log\u00efn', '/%c1%81uth/Login', '/Auth/Login/Login', '/Auth/Verify/../Login'),
  after: fc.array(fc.constantFrom('/', '//', '/.', '/..', '%20', '%00', '%0d%0a', ';jsessionid=1', ';', '.json', '#', '#x', '?', '?x=1', '?/Auth/Verify', '%3f', '%23x', '&x=1', '*', '~'), { maxLength: 2 })
}).map(({ before, slash, mask, path, after }) => before + encoded(path, mask).replaceAll(/(?<=\w)\//g, () => slash) + after.join(''))

for (const mode of modes) {
  t.test(`${mode}: L8: however the path is written, it is no way to log in, or one that is counted as the plain one is`, async t => {
    const world = await build(t, mode, { TRUST_PROXY: '127.0.0.1' })
    const port = Number(new URL(await world.app.listen({ port: 0, host: '127.0.0.1' })).port)
    let serial = 0
    let others = 0

    /** Fails to log in. No account has the address, which is counted as if one had. */
    async function fail (target: string, Email: string, from: string): Promise<Answer> {
      const body = JSON.stringify({ Email, Password: 'a wrong password' })
      const [answer, ...more] = await exchange(port, `POST ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx-forwarded-for: ${from}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
      assert.ok(answer !== undefined && more.length === 0)
      return answer
    }

    /** How many failures go through before no more do, the targets taken in turn. */
    async function failures (from: string, ...targets: string[]): Promise<number> {
      const Email = `nobody${++serial}@example.com`
      for (let n = 0; n < MOST; n++) {
        const { body: { Code }, text } = await fail(targets[n % targets.length] ?? LOGIN, Email, from)
        if (Code === 429) return n
        assert.equal(Code, 501, text)
      }
      return MOST
    }

    const most = await failures(elsewhere(), LOGIN)
    t.ok(most < MOST, 'the plain path is counted')

    await check(t, RUNS, fc.asyncProperty(target, async target => {
      const from = elsewhere()
      const { status, body: { Code } } = await fail(target, `nobody${++serial}@example.com`, from)
      if ([400, 404].includes(status)) return
      assert.equal(Code, 501)
      if (target !== LOGIN) others++
      assert.ok(await failures(from, target, LOGIN) <= most, 'it is counted apart, or not at all')
    }))
    t.ok(others > 0, 'some of the targets are the login')
  })
}
