import assert from 'node:assert/strict'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { catalogue } from '../../src/catalogue.ts'
import { build, modes, type Answer, type Mode } from '../helper.ts'
import { standardReply } from '../support/standard-replies.ts'
import { exchange } from '../support/wire.ts'
import { check } from './check.ts'
import { elsewhere, goodMembers, operations, type Operation } from './operations.ts'
import { objectText } from './text.ts'

// Over sockets, as `inject` makes requests that no client could send, and tidies those that some do.

const RUNS = 100

/** What a header field or a request target may hold on the wire: a character a byte. */
const wireText = (except: string): fc.Arbitrary<string> => fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map(byte => String.fromCharCode(byte)).filter(character => character !== '\x7f' && !except.includes(character)), maxLength: 40 })
/** What a parser of HTTP lets through in a target. */
const visible = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map(byte => String.fromCharCode(byte)), maxLength: 40 })
const value = fc.oneof(wireText(''), fc.tuple(wireText(''), fc.nat(80)).map(([piece, times]) => piece.repeat(times).slice(0, 1_000)))

/** Values that come near to what each of the fields is for. */
const near: Record<string, string[]> = {
  authorization: ['Bearer', 'Bearer ', 'Bearer a.b.c', 'bearer ..', 'Basic YTpi', 'Bearer eyJhbGciOiJub25lIn0.e30.', 'Bearer eyJhbGciOiJIUzI1NiJ9.bnVsbA.x', 'Bearer bnVsbA.bnVsbA.bnVsbA', 'Bearer W10.W10.W10'],
  'accept-language': ['en', 'zh;q=0.1', 'en;q=', 'en;q=x', '*;q=0', ',;=', 'en-'.repeat(200), 'en,'.repeat(300), 'en; q=1e999', '__proto__', 'constructor'],
  'content-type': ['application/json', 'APPLICATION/JSON ; charset="utf-8"', 'application/json; charset=utf-16', 'application/json;;', 'text/plain', '/', 'application/json; charset', 'application/json, text/plain', 'application/json; a="'],
  'x-forwarded-for': ['10.1.2.3', '::1', '::ffff:10.0.0.1', '10.0.0.1:80', '[::1]:80', 'unknown', '_hidden', ',', '10.1.2.3, x', '1.2.3.4.5', '10.0.0.1%eth0', '999.1.1.1', 'fe80::1%lo'],
  'x-forwarded-host': ['evil.example', ',', ':80', '[', 'a:b:c'],
  'x-forwarded-proto': ['https', ',', 'javascript'],
  origin: ['null', 'http://evil.example', '*'],
  expect: ['100-continue', 'miracles'],
  accept: ['text/html', '*/*;q=0', 'application/xml'],
  'accept-encoding': ['gzip', 'identity;q=0', '*;q=0'],
  cookie: ['a=b', '__proto__=x'],
  'x-request-id': ['1'],
  'request-id': ['x'.repeat(500)],
  traceparent: ['00-0-0-0'],
  'if-none-match': ['*'],
  range: ['bytes=0-', 'bytes=-1', 'bytes=5-1'],
  'x-http-method-override': ['DELETE', 'GET'],
  'access-control-request-method': ['POST'],
  upgrade: ['h2c', 'websocket'],
  'content-encoding': ['gzip', 'identity']
}
const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_!#$%&\'*+.^`|~'), minLength: 1, maxLength: 12 }).map(name => `x${name}`)
const headers = fc.array(fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...Object.entries(near)).chain(([name, values]) => fc.tuple(fc.constant(name), fc.oneof(fc.constantFrom(...values), value))) },
  { weight: 1, arbitrary: fc.tuple(token, value) }
), { maxLength: 6 })

/** A request as it is written; the connection ends with its answer. */
function written (method: string, target: string, headers: Array<[string, string]>, body?: string): string {
  const names = new Set(headers.map(([name]) => name))
  const lines = [
    ...body === undefined ? [] : [`content-length: ${Buffer.byteLength(body)}`, ...names.has('content-type') ? [] : ['content-type: application/json']],
    ...headers.map(([name, value]) => `${name}: ${value}`)
  ]
  return [`${method} ${target} HTTP/1.1`, 'host: localhost', 'connection: close', ...lines, '', body ?? ''].join('\r\n')
}

/** An envelope of the catalogue, in one of its languages: what every error is, wherever it arises. */
function assertEnvelope ({ status, headers, body, text }: Answer): void {
  assert.equal(headers['content-type'], 'application/json; charset=utf-8')
  const entry = Object.values(catalogue).find(({ code }) => code === body.Code)
  assert.ok(entry !== undefined && [entry.zh, entry.en].includes(String(body.Msg) as never), text)
  assert.ok(status < 500 && (status === entry.status || [408, 431].includes(status)), `${status} ${text}`)
  assert.doesNotMatch(text, /HPE_|FST_|ERR_|node_modules|at .*:\d+:\d+/)
}

async function arena (t: Test, mode: Mode): Promise<{ port: number, all: Operation[], harmed: () => Promise<string> }> {
  const world = await build(t, mode, { TRUST_PROXY: '127.0.0.1,::1,10.0.0.0/8' })
  const port = Number(new URL(await world.app.listen({ port: 0, host: '127.0.0.1' })).port)
  const harmed = async (): Promise<string> => {
    const [alive] = await exchange(port, written('GET', '/health', []))
    return alive?.status !== 200 ? 'it does not answer' : /^.*"level":(?:50|60).*$/m.exec(world.log())?.[0] ?? ''
  }
  return { port, all: await operations(t, world), harmed }
}

for (const mode of modes) {
  t.test(`${mode}: requests`, async t => {
    const { port, all, harmed } = await arena(t, mode)
    const operation = fc.constantFrom(...all)
    const enveloped = fc.constantFrom(...all.filter(({ at }) => standardReply(at, 200) === undefined))
    const bodyOf = (operation: Operation): string | undefined => operation.fields.length > 0 ? objectText(goodMembers(operation)) : undefined

    await t.test(`${mode}: T9, L6: whatever the headers hold, an operation gives one answer, and one that it documents`, t => check(t, 3 * RUNS, fc.asyncProperty(operation, headers, async (operation, headers) => {
      const [answer, ...more] = await exchange(port, written(operation.method, operation.path, [['x-forwarded-for', elsewhere()], ...headers], bodyOf(operation)))
      assert.ok(answer !== undefined && more.length === 0)
      assert.deepEqual(operation.objections(answer), [])
      if (standardReply(operation.at, answer.status) === undefined) assertEnvelope(answer)
    })))

    await t.test(`${mode}: I1: whatever the query holds, an operation gives an answer that it documents`, t => check(t, RUNS, fc.asyncProperty(operation, fc.oneof(visible, fc.constantFrom('a=%', '%zz', '__proto__=1', 'a[b]=c', '&&&', 'Email=a@b.c', '%00', '?', '#')), async (operation, query) => {
      const [answer] = await exchange(port, written(operation.method, `${operation.path}?${query}`, [['x-forwarded-for', elsewhere()]], bodyOf(operation)))
      assert.ok(answer !== undefined)
      assert.deepEqual(operation.objections(answer), [])
    })))

    await t.test(`${mode}: I3: whatever the method and the target, the answer is an envelope and never HTTP 500`, t => check(t, RUNS, fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'get', 'X'),
      fc.tuple(fc.constantFrom('', '/', '*', ...all.map(({ path }) => path), '/docs', '/docs/', '/docs/static/', '/dev/', '/dev/mailbox.json?To=', '/openapi.', 'http://', 'http://evil.example/health'), fc.oneof(wireText(' '), fc.webPath(), fc.constantFrom('', '%', '/..%2f..%2fpackage.json', '/../../package.json', '%00', '%c0%ae'))).map(parts => parts.join('')),
      async (method, target) => {
        for (const answer of await exchange(port, written(method, target, []))) {
          // Pages and documents are what they are.
          if (answer.status >= 400 || answer.headers['content-type'] === undefined) assertEnvelope(answer)
        }
      })))

    await t.test(`${mode}: X5: a length that lies harms nobody: what comes back is envelopes of 4xx`, t => check(t, RUNS, fc.asyncProperty(fc.constantFrom(...all.filter(({ fields }) => fields.length > 0)), fc.oneof(fc.integer({ min: -5, max: 400 }).map(String), fc.constantFrom('', ' ', '1e2', '0x10', '+5', '99999999999999999999', '1,2', '5 5')), fc.constantFrom('', 'transfer-encoding: chunked\r\n', 'transfer-encoding: chunked, identity\r\n', 'transfer-encoding: gzip\r\n', 'content-length: 1\r\n'), async (operation, length, more) => {
      const body = bodyOf(operation) ?? ''
      fc.pre(length !== String(Buffer.byteLength(body)) || more !== '')
      const answers = await exchange(port, `${operation.method} ${operation.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n${more}connection: close\r\n\r\n${body}`, { hangUp: true })
      for (const answer of answers) {
        assertEnvelope(answer)
        assert.ok(answer.status >= 400, answer.text)
      }
    })))

    await t.test(`${mode}: X5: whatever bytes come, they are answered by envelopes of 4xx or not at all`, t => check(t, RUNS, fc.asyncProperty(fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes)),
      fc.tuple(enveloped, fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.nat()).map(([operation, bytes, at]) => {
        const good = Buffer.from(written(operation.method, operation.path, [], bodyOf(operation)), 'latin1')
        return Buffer.concat([good.subarray(0, at % good.length), Buffer.from(bytes), good.subarray(at % good.length)])
      })
    ), async bytes => {
      for (const answer of await exchange(port, bytes, { hangUp: true })) assertEnvelope(answer)
    })))

    t.equal(await harmed(), '', 'the service lives, and nothing was worth an error in the log')
  })
}
