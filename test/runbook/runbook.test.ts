import { readdirSync } from 'node:fs'
import t from 'tap'
import { catalogue } from '../../src/catalogue.ts'
import { settings } from '../../src/config.ts'
import { root } from '../../src/root.ts'
import { file } from '../helper.ts'
import { messagesIn } from './messages.ts'
import { refusalsIn } from './refusals.ts'

const PAGE = 'docs/OPERATIONS.md'

const [, runbook = ''] = /^## Runbook$(.*?)(?=^## |$(?![^]))/ms.exec(file(PAGE)) ?? []
const firstCells = [...runbook.matchAll(/^\| (.+?) \|/gm)].map(([, cell = '']) => cell)
const listed = firstCells.flatMap(cell => /^`(.*)`$/.exec(cell)?.[1] ?? [])

/** Sources of the service; what its commands print is read by who has just run them. */
const sources = ['src', 'plugins', 'routes'].flatMap(folder => readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts') && !name.startsWith('cli/')).map(name => file(`${folder}/${name}`)))

/** It logs by itself, with the log that it is given. */
const CLOSE_WITH_GRACE = file('node_modules/close-with-grace/index.js')

const said = messagesIn([...sources, CLOSE_WITH_GRACE])
const refusals = refusalsIn(sources)
const ofASetting = (text: string): boolean => Object.keys(settings).some(key => text.startsWith(`${key} `) || text.startsWith(`${key}: `))

t.test(`the runbook in ${PAGE} has every message that is logged at warn or above`, async t => {
  t.strictSame([...said.messages].filter(message => !listed.includes(message)).sort(), [])
})

t.test('the runbook has every refusal to start that does not begin with the setting to look at', async t => {
  t.strictSame([...refusals].filter(text => !ofASetting(text) && !listed.includes(text)).sort(), [])
})

t.test('the runbook has nothing that is never said, and nothing twice', async t => {
  t.strictSame(listed.filter(text => !said.messages.has(text) && !refusals.has(text)), [])
  t.strictSame(listed.filter((text, i) => listed.indexOf(text) < i), [])
})

t.test('no message is hidden in an expression that cannot be read', async t => {
  // The text of a Code, which has a row of its own; and an error that close-with-grace was given.
  t.strictSame([...said.unreadable].sort(), ['err', 'failure.message'])
})

t.test('the runbook has every Code that comes with HTTP 500 or above, and those that an operator is asked about', async t => {
  const codes = Object.values(catalogue).filter(({ status }) => status >= 500).map(({ code }) => code)
  t.strictSame(firstCells.filter(cell => /^\d{3}$/.test(cell)).map(Number).sort(), [...codes, 428, 429, 518].sort())
})

t.test('every row of the runbook says what it means and what to do', async t => {
  for (const [row] of runbook.matchAll(/^\| (?:`|\d).*$/gm)) t.match(row, /^\| .+ \| .{10,} \| .{5,} \|$/)
})

/** A source as others are written, § for a dollar sign, and the messages and unreadable expressions in it. */
const written: Array<[source: string, messages: string[], unreadable?: string[]]> = [
  ["log.warn('one')", ['one']],
  ["app.log.error({ err }, 'one')", ['one']],
  ['this.log.fatal(`a §{n} b §{m}`)', ['a … b …']],
  ["log.info('one'); log.debug('two'); console.warn('three')", []],
  ["log[again ? 'debug' : 'warn']({ err }, 'one')", ['one']],
  ["report(error, 'one')", ['one']],
  ['report(error, other.text)', [], ['other.text']],
  ["const tell = (what, more) => { report(more, what) }\ntell('one', 1)", ['one']],
  ["function tell (a, what) { log.warn(what) }\nfunction more (what) { tell(1, what) }\ntell(1, 'one')", ['one']],
  ["const tasks = { run (task, what) { task().catch(error => { report(error, what) }) } }\ntasks.run(() => {}, 'one')\ndatabase.run('no', text)", ['one']],
  ["// log.warn('in a comment')\nconst text = \"log.warn('in a string')\"", []]
]

t.test('messages are read as they are written, whatever stands around them', async t => {
  for (const [source, messages, unreadable = []] of written) {
    const found = messagesIn([source.replaceAll('§', '$')])
    t.strictSame([[...found.messages], [...found.unreadable]], [messages, unreadable], source)
  }
})
