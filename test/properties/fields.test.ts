import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { build, modes } from '../helper.ts'
import { address, padding, respell, spelling } from './addresses.ts'
import { check } from './check.ts'
import { goodMembers, operations, send, type Field, type Operation } from './operations.ts'
import { anyText, mask, objectText, spell, text, type Member } from './text.ts'

const RUNS = 250
/** Past this no spelling is looked for: it is too long, whatever surrounds it. */
const LONGEST = 1_000

const digits = fc.string({ unit: fc.constantFrom('0', '7', '9', '\uff11', '\u0661', 'a', '-'), minLength: 5, maxLength: 7 })
const value = fc.oneof(anyText, fc.tuple(address, spelling).map(([address, spelling]) => respell(address, spelling)), digits, fc.tuple(padding, text, padding).map(parts => parts.join('')), fc.string({ unit: 'grapheme', minLength: 40, maxLength: 60 }))

const quoted = fc.boolean()
const parameter = fc.tuple(fc.constantFrom('charset', 'Charset', 'CHARSET', 'boundary', 'version', 'q'), fc.constantFrom('utf-8', 'UTF-8', 'Utf-8', 'utf8', 'utf-16', 'utf-16le', 'gbk', 'latin1', 'utf-7', 'x'), quoted, fc.constantFrom(';', '; ', ' ;', ' ; '))
const mediaType = fc.record({
  type: fc.oneof({ weight: 3, arbitrary: fc.mixedCase(fc.constant('application/json')) }, { weight: 1, arbitrary: fc.constantFrom('text/json', 'application/jsonp', 'application/json+x', 'application/ld+json', 'application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain', 'application', '*/*', 'xapplication/json') }),
  parameters: fc.array(parameter, { maxLength: 3 })
})

for (const mode of modes) {
  t.test(`${mode}: fields`, async t => {
    const world = await build(t, mode)
    // What takes a token asks for that first, and what is good would be done: test/properties/bodies.test.ts has what is bad.
    const withBody = (await operations(t, world)).filter(({ fields, secured }) => fields.length > 0 && !secured)
    const field = fc.constantFrom(...withBody.flatMap(operation => operation.fields.map((field): [Operation, Field] => [operation, field])))
    let taken = 0

    await t.test(`${mode}: I5: a string is refused for its field exactly where the document refuses its canonical spelling`, t => check(t, RUNS, fc.asyncProperty(field, value, mask, async ([operation, { name, allows }], value, mask) => {
      fc.pre(value.length <= LONGEST)
      const members = goodMembers(operation).map(([key, good]): Member => key === spell(name, 0) ? [key, spell(value, mask)] : [key, good])
      const { status, body: { Details }, text } = await send(world, operation, { payload: objectText(members) })
      const allowed = allows(value) && !value.includes('\0')
      assert.equal(status !== 400, allowed, text)
      if (allowed) taken++
      else assert.deepEqual(Object(Details).map(({ Field }: { Field: string }) => Field), [name])
    })))
    t.ok(taken > RUNS / 10, 'many of them are taken')

    await t.test(`${mode}: I4: a body is read exactly where all of its media type says JSON in UTF-8, else it is 415`, t => check(t, RUNS, fc.asyncProperty(fc.constantFrom(...withBody), mediaType, async (operation, { type, parameters }) => {
      const header = type + parameters.map(([name, value, quoted, separator]) => `${separator}${name}=${quoted ? `"${value}"` : value}`).join('')
      const json = type.toLowerCase() === 'application/json' && parameters.every(([name, value]) => name.toLowerCase() !== 'charset' || value.toLowerCase() === 'utf-8')
      const { status } = await send(world, operation, { payload: objectText(goodMembers(operation)), headers: { 'content-type': header } })
      assert.equal(status !== 415, json, header)
    })))
  })
}
