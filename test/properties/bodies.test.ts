import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { bearer, build, modes, type Answer, type World } from '../helper.ts'
import { check } from './check.ts'
import { goodBody, goodMembers, operations, send, type Field, type Operation, type Sending } from './operations.ts'
import { HALVES, json, layout, mask, objectText, spell, text, type Member } from './text.ts'

interface Detail { Field: string, Reason: string }

const RUNS = 100
const POLLUTING = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__']

/** What the service writes by itself, whatever is asked. */
const OWN_KEYS = /^dream:(health$|revocations:)/

/** All that a request may change, as far as it can be seen from outside. */
async function state ({ mode, rows, mails, redis }: World): Promise<unknown> {
  return { rows: await rows('SELECT * FROM Users'), mails: (await mails()).length, keys: mode === 'server' ? (await redis.keys('*')).filter(key => !OWN_KEYS.test(key)).sort() : [] }
}

/** Puts a member among others, at a place from 0 for the first. */
function among (members: Member[], place: number, member: Member): Member[] {
  return members.toSpliced(place % (members.length + 1), 0, member)
}

for (const mode of modes) {
  t.test(`${mode}: bodies`, async t => {
    const world = await build(t, mode)
    const withBody = (await operations(t, world)).filter(({ fields }) => fields.length > 0)
    const operation = fc.constantFrom(...withBody)
    const field = fc.constantFrom(...withBody.flatMap(operation => operation.fields.map((field): [Operation, Field] => [operation, field])))
    // Whoever may do everything: what is bad is refused for what it is.
    const alice = { Name: 'Alice', Email: 'alice@example.com', Password: 'correct horse battery staple' }
    await world.register(alice)
    await world.rows("UPDATE Users SET Role = 'super_admin'")
    const { headers: authorization } = bearer(await world.login(alice))
    const before = await state(world)

    /** Sends what is bad, which must be refused with one of the statuses and change nothing. */
    async function refused (operation: Operation, sending: Sending, ...statuses: number[]): Promise<Answer> {
      const answer = await send(world, operation, { ...sending, headers: { 'accept-language': 'en', ...operation.secured && authorization, ...sending.headers } })
      assert.ok(statuses.includes(answer.status), answer.text)
      assert.deepEqual(await state(world), before, 'it has changed something')
      return answer
    }

    await t.test(`${mode}: I1: any JSON but an object of the documented fields is 400 and changes nothing`, t => check(t, RUNS, fc.asyncProperty(operation, json, async (operation, value) => {
      const names = new Set(typeof value === 'object' && value !== null ? Object.keys(value) : [])
      fc.pre(operation.fields.some(({ name, required }) => required && !names.has(name)))
      await refused(operation, { payload: JSON.stringify(value) }, 400)
    })))

    await t.test(`${mode}: I1: a field of another type is 400, is named, and changes nothing`, t => check(t, RUNS, fc.asyncProperty(field, json, fc.nat(3), async ([operation, { name, allows }], value, nesting) => {
      const body = Object.fromEntries(goodBody(operation))
      const wrong = [value, [body[name]], { [name]: body[name] }, [[body[name], value]]][nesting]
      fc.pre(typeof wrong !== 'string' && !allows(wrong))
      const { body: { Details } } = await refused(operation, { payload: JSON.stringify({ ...body, [name]: wrong }) }, 400)
      assert.deepEqual(new Set(Object(Details).map(({ Field }: Detail) => Field)), new Set([name]))
    })))

    await t.test(`${mode}: I1: a field too many or too few is 400, is named, and changes nothing`, t => check(t, RUNS, fc.asyncProperty(field, text, json, mask, fc.nat(9), layout, async ([operation, { name, required }], extra, value, mask, place, layout) => {
      const known = operation.fields.some(({ name }) => name === extra)
      const good = goodMembers(operation)
      const odd = known ? good.filter(([key]) => key !== spell(name, 0)) : among(good, place, [spell(extra, mask), JSON.stringify(value)])
      fc.pre(!known || required)
      const { body: { Details } } = await refused(operation, { payload: objectText(odd, layout) }, 400)
      if (!extra.includes('\0')) assert.ok(Object(Details).some(({ Field }: Detail) => Field === (known ? name : extra)), JSON.stringify(Details))
    })))

    await t.test(`${mode}: I2: whatever key is repeated, wherever and however it is spelt, the body is refused and changes nothing`, t => check(t, RUNS, fc.asyncProperty(field, fc.option(json), mask, fc.nat(9), layout, async ([operation, { name }], other, mask, place, layout) => {
      const good = goodMembers(operation)
      const [, same = ''] = good.find(([key]) => key === spell(name, 0)) ?? []
      const twice = among(good, place, [spell(name, mask), other === null ? same : JSON.stringify(other)])
      const { body: { Details } } = await refused(operation, { payload: objectText(twice, layout) }, 400)
      assert.ok(Object(Details).some(({ Field, Reason }: Detail) => Field === name && Reason === 'is given more than once'), JSON.stringify(Details))
    })))

    await t.test(`${mode}: I2: a key that means something in JavaScript is refused, however it is spelt, and reaches no prototype`, t => check(t, RUNS, fc.asyncProperty(field, fc.constantFrom(...POLLUTING), json, mask, fc.nat(9), fc.boolean(), async ([operation, { name }], key, value, mask, place, within) => {
      const member: Member = [spell(key, mask), JSON.stringify({ polluted: value })]
      const good = goodMembers(operation)
      const members = within ? good.map((each): Member => each[0] === spell(name, 0) ? [each[0], objectText([member])] : each) : among(good, place, member)
      await refused(operation, { payload: objectText(members) }, 400)
      assert.ok(!('polluted' in {}) && typeof Object.prototype.toString === 'function', 'every object has inherited something')
    })))

    await t.test(`${mode}: I2: NUL and half a character are refused in any key and any value, and change nothing`, t => check(t, RUNS, fc.asyncProperty(field, fc.constantFrom('\0', ...HALVES), fc.nat(), fc.nat(1), layout, async ([operation, { name }], bad, place, part, layout) => {
      const spoil = (json: string): string => {
        const at = place % (json.length - 1)
        const value = JSON.parse(json)
        return typeof value === 'string' ? spell(value.slice(0, at) + bad + value.slice(at), 0) : spell(bad, 0)
      }
      const members = goodMembers(operation).map(([key, value]): Member => key !== spell(name, 0) ? [key, value] : part === 0 ? [spoil(key), value] : [key, spoil(value)])
      await refused(operation, { payload: objectText(members, layout) }, 400)
    })))

    await t.test(`${mode}: I3: a value past the documented bounds is 400, is named, and changes nothing`, t => check(t, RUNS, fc.asyncProperty(field, fc.constantFrom('x', '\ud83d\ude00', 'e\u0301', '\u200b', 'a@b.c '), fc.integer({ min: 1, max: 3000 }), mask, async ([operation, { name, schema: { maxLength } }], piece, more, mask) => {
      fc.pre(maxLength !== undefined)
      const long = `${piece}x`.repeat(Math.ceil(Number(maxLength) / 2) + more)
      const payload = objectText(goodMembers(operation).map(([key, value]): Member => key === spell(name, 0) ? [key, spell(long, mask)] : [key, value]))
      const { body: { Details }, status } = await refused(operation, { payload }, 400, 413)
      assert.equal(status === 413, Buffer.byteLength(payload) > 16 * 1024)
      if (status === 400) assert.deepEqual(Details, [{ Field: name, Reason: `must have at most ${maxLength} characters` }])
    })))

    await t.test(`${mode}: I2: any bytes that are not JSON in UTF-8 are 400 and change nothing`, t => check(t, RUNS, fc.asyncProperty(operation, fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.tuple(fc.nat(), fc.integer({ min: 0x80, max: 0xff }))), async (operation, bytes) => {
      // Where no field is required, nothing at all is a body as well.
      fc.pre(bytes.length > 0 || operation.fields.some(({ required }) => required))
      const good = Buffer.from(objectText(goodMembers(operation)))
      // Within ASCII a single byte beyond it is no UTF-8.
      if (Array.isArray(bytes)) good[bytes[0] % good.length] = bytes[1]
      await refused(operation, { payload: Array.isArray(bytes) ? good : Buffer.from(bytes) }, 400)
    })))
  })
}
