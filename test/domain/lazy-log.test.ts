import t from 'tap'
import { withLazyChildren } from '../../src/lazy-log.ts'
import { createLog } from '../../src/log.ts'

/** A log, the lines of it, and how many children it has made. */
function recorded (level: string) {
  const lines: Array<Record<string, unknown>> = []
  let children = 0
  const log = createLog(level, { write: line => { lines.push(JSON.parse(line)) } })
  log.onChild = () => { children++ }
  return { log: withLazyChildren(log), lines, children: () => children }
}

t.test('a child is made when it first logs, and once', async t => {
  const { log, lines, children } = recorded('info')
  const child = log.child({ reqId: 'a' })
  t.equal(children(), 0)
  child.info({ status: 200 }, 'request')
  child.warn('and %s', 'more')
  t.equal(children(), 1)
  t.match(lines, [{ level: 30, reqId: 'a', status: 200, msg: 'request' }, { level: 40, reqId: 'a', msg: 'and more' }])
})

t.test('a child of a child says what both are told to', async t => {
  const { log, lines } = recorded('info')
  log.child({ a: 1 }).child({ b: 2 }).error({ c: 3 }, 'deep')
  t.match(lines, [{ level: 50, a: 1, b: 2, c: 3, msg: 'deep' }])
})

t.test('a child keeps to its level, or else to that of its parent', async t => {
  const { log, lines } = recorded('info')
  const [quiet, loud, same] = [log.child({}, { level: 'warn' }), log.child({}, { level: 'debug' }), log.child({})]
  t.strictSame([quiet.level, loud.level, same.level, quiet.child({}).level], ['warn', 'debug', 'info', 'warn'])
  for (const child of [quiet, loud, same]) {
    child.debug('debug')
    child.info('info')
    child.warn('warn')
  }
  t.strictSame(lines.map(({ msg }) => msg), ['warn', 'debug', 'info', 'warn', 'info', 'warn'])
})

t.test('G2: errors are logged as the log shows them: without what a driver hangs on them', async t => {
  const { log, lines } = recorded('info')
  log.child({}).error({ err: Object.assign(new Error('refused for alice@example.com'), { sql: 'INSERT' }) }, 'failed')
  t.match(lines, [{ err: { type: 'Error', message: 'refused for ***' } }])
  t.notMatch(JSON.stringify(lines), /INSERT|alice/)
})
