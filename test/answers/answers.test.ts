import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { root } from '../../src/root.ts'
import { file } from '../helper.ts'
import { emptyFolder } from '../support/program.ts'
import { createJudge } from './judge.ts'
import type { SentAnswer } from './recorder.ts'
import { verdict } from './verdict.ts'

const document = parse(file('openapi.yaml'))
const right: SentAnswer = {
  method: 'POST',
  url: '/Auth/Login',
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', 'x-permitted-cross-domain-policies': 'none' },
  body: JSON.stringify({ Code: 200, Msg: '成功', Token: 'a token', UserID: 1 }),
  by: 'test'
}
const waiting = { status: 429, headers: { ...right.headers, 'retry-after': '42' }, body: JSON.stringify({ Code: 429, Msg: '请求过于频繁', RetryAfter: 42 }) }
const elsewhere = { method: 'GET', url: '/nowhere', status: 404, body: JSON.stringify({ Code: 404, Msg: '接口不存在' }) }

t.test('nothing is held against answers that are as documented', async t => {
  const { objections } = createJudge(document)
  const failed = { body: JSON.stringify({ Code: 501, Msg: '登录失败' }) }
  const session = { method: 'DELETE', url: '/Auth/Sessions/1', status: 400, body: JSON.stringify({ Code: 400, Msg: '请求参数错误', Details: [{ Field: 'SessionID', Reason: '必须是会话编号' }] }) }
  const notTaken = { method: 'PUT', status: 405, headers: { ...right.headers, allow: 'POST' }, body: JSON.stringify({ Code: 405, Msg: '请求方法不允许' }) }
  for (const change of [{}, failed, waiting, session, elsewhere, notTaken, { url: '/Auth/Login?a=b' }]) t.strictSame(objections({ ...right, ...change }), [])
})

t.test('an answer is refused for each way in which it is not as documented', async t => {
  const { objections } = createJudge(document)
  const wrong: Array<[change: Partial<SentAnswer>, objection: RegExp]> = [
    [{ body: JSON.stringify({ Code: 200, Msg: '成功', Token: 'a token', UserID: 1, Password: 'a digest' }) }, /additional properties/],
    [{ body: JSON.stringify({ Code: 501, Msg: '登录失败', Token: 'a token' }) }, /additional properties/],
    [{ body: JSON.stringify({ Code: 200, Msg: '成功', UserID: 1 }) }, /Token/],
    [{ body: JSON.stringify({ Code: 502, Msg: '用户已存在' }) }, /allowed values/],
    [{ body: '<h1>Login</h1>' }, /JSON/],
    [{ status: 201 }, /HTTP 201 is not documented/],
    [{ ...waiting, headers: right.headers }, /retry-after is missing/],
    [{ headers: { ...right.headers, 'x-powered-by': 'Fastify' } }, /x-powered-by is not documented/],
    [{ headers: { ...right.headers, 'content-type': 'text/html' } }, /it is text\/html/],
    [{ ...elsewhere, body: JSON.stringify({ error: 'Not Found' }) }, /Code undefined/],
    [{ ...elsewhere, status: 405 }, /Code 404/],
    [{ ...elsewhere, body: JSON.stringify({ Code: 404, Msg: '接口不存在', Stack: 'at …' }) }, /Stack/]
  ]
  for (const [change, objection] of wrong) t.match(objections({ ...right, ...change }).join(), objection, JSON.stringify(change))
})

t.test('a documented reply is missing until an answer was it, and a wrong answer is none', async t => {
  const { objections, missing } = createJudge(document)
  const before = missing(false)
  t.ok(['POST /Auth/Login 200 200', 'POST /Auth/Login 200 202', 'POST /Auth/Login 200 501', 'POST /Auth/Login 503 512', 'GET /.well-known/jwks.json 200 200'].every(each => before.includes(each)))
  objections({ ...right, headers: {} })
  t.strictSame(missing(false), before)
  objections(right)
  t.strictSame(missing(false), before.filter(each => each !== 'POST /Auth/Login 200 200'))
  t.notMatch(missing(true).join('\n'), / 512$/m, 'where nothing has a Redis, nothing can miss it')
})

t.test('what a process sends is recorded as it was sent, whichever way it goes, and a wrong answer found', async t => {
  const folder = emptyFolder(t)
  const built = (name: string): string => fileURLToPath(new URL(`dist-test/${name}.js`, root))
  const { status, stderr } = spawnSync(process.execPath, [`--import=${built('answers.recorder')}`, built('answers.answering-worker')], { env: { TEST_ANSWERS: folder }, encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const answers = readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')).map((line): SentAnswer => JSON.parse(line))
  t.strictSame(answers.map(({ method, url }) => `${method} ${url}`), ['POST /Auth/Login', 'POST /Auth/Login', 'GET /CheckJWTToken'])
  t.match(answers.at(-1), { status: 200, headers: { 'x-auth-user-id': '1' }, body: '{"Code":200,"Msg":"成功"}' })

  const { wrong, missing } = verdict(folder, file('openapi.yaml'), true)
  t.ok(wrong.length > 0 && wrong.every(each => /^POST \/Auth\/Login \(answers.answering-worker.js\): .*additional properties/.test(each)), wrong.join('\n'))
  t.notOk(missing.includes('GET /CheckJWTToken 200 200'), 'the right one counts')
  t.ok(missing.includes('POST /Auth/Login 200 200'), 'the wrong one does not')
})
