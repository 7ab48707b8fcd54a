import t from 'tap'
import { parse, stringify } from 'yaml'
import { flatten } from '../clients/flatten.ts'
import { generators } from '../clients/generators.ts'
import { GENERATOR, languages } from '../clients/languages.ts'
import { shapeOf } from '../clients/shape.ts'
import { beginning, MARKS, PAGE } from '../clients/table.ts'
import { walk } from '../clients/walk.ts'
import { file } from './helper.ts'

const text = file('openapi.yaml')
const document: unknown = parse(text)
const [begin, end] = MARKS
const [, written = ''] = file(PAGE).split(begin)
const [table = ''] = written.split(end)
const rows = table.split('\n').filter(line => line.startsWith('| [') || /^\| [a-z]+ \|/.test(line))

t.test('docs/CLIENTS.md says of which generators the clients were, in the versions that npm run clients runs', async t => {
  t.equal(rows.length, generators.length + languages.length)
  for (const generator of generators) {
    t.match(generator.packages.join(' '), /^(?:@?[\w/-]+@\d+\.\d+\.\d+ ?)+$/, `${generator.name} is pinned`)
    const row = rows.find(line => line.startsWith(beginning(generator)))
    t.ok(row, `${generator.name}: run \`npm run clients\``)
    t.match(row, new RegExp(`\\| yes(?:, without [^|]*)? \\| yes \\| ${generator.refusal} \\| ${walk.length} \\|`), generator.name)
  }
  t.ok(table.includes(`\`${GENERATOR}\``))
  for (const { name, options, build } of languages) {
    t.ok(rows.some(line => line.includes(`\`${options.join(' ')}\``) && line.includes(build === undefined ? '| no, generated alone | – |' : `| yes | ${walk.length} |`)), name)
  }
})

t.test('the clients were made of the document as it is, but for its wording', async t => {
  t.match(table, `Shape of the document: \`${shapeOf(document)}\``, 'what clients are made of has changed: run `npm run clients`')
})

t.test('another wording leaves the shape of a document as it is, and a field or an operation that changes does not', async t => {
  const shape = shapeOf(document)
  const changed = (from: string | RegExp, to: string): string => {
    const other = text.replaceAll(from, to)
    t.not(other, text, `${String(from)} is in the document`)
    return shapeOf(parse(other))
  }
  t.equal(changed('summary: Log in', 'summary: Come in'), shape)
  t.equal(changed('alice@example.com', 'bob@example.com'), shape)
  t.not(changed('operationId: login', 'operationId: enter'), shape)
  t.not(changed(/\bRetryAfter\b/g, 'Wait'), shape)
  t.not(changed('maxLength: 100', 'maxLength: 101'), shape)
  const field = { components: { schemas: { Word: { type: 'object', properties: { description: { type: 'string' } } } } } }
  t.not(shapeOf(field), shapeOf({ components: { schemas: { Word: { type: 'object', properties: {} } } } }), 'a field may be called description')
})

t.test('flattened, the document has neither unions nor enumerations, and every field of every outcome', async t => {
  const flat = flatten(document)
  t.notMatch(stringify(flat), /^\s*(?:- )?(?:oneOf|anyOf|enum):/m)
  const { LoginAnswer } = Object(flat).components.schemas
  t.same(LoginAnswer.required, ['Code', 'Msg'], 'required is what every outcome has')
  t.same(Object.keys(LoginAnswer.properties).sort(), ['Code', 'Msg', 'Token', 'UserID'])
  t.match(LoginAnswer.properties.Code, { type: 'integer', description: /One of: 200, 202, 501\./ })
  t.same(Object.keys(Object(flat).paths), Object.keys(Object(document).paths))
})
