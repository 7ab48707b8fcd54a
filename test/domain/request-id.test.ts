import t from 'tap'
import { createRequestIds } from '../../src/request-id.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const GIVEN = '6f1d0a3e9b7c4d2e8f5a6b7c8d9e0f1a'

t.test('a request has the id that a trusted proxy gave it, and else one of its own', async t => {
  const id = createRequestIds(['10.0.0.0/8', '192.0.2.7', 'fd00::/8'])
  for (const from of ['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', 'fd00::1']) t.equal(id(GIVEN, from), GIVEN, from)
  for (const from of ['11.0.0.1', '192.0.2.8', '::ffff:11.0.0.1', 'fe80::1', '', undefined, 'nowhere']) t.match(id(GIVEN, from), UUID, String(from))
  t.not(id(undefined, '10.0.0.1'), id(undefined, '10.0.0.1'))
  t.match(createRequestIds([])(GIVEN, '127.0.0.1'), UUID, 'who trusts no proxy believes none')
})

t.test('G2, G3: what is no such id is replaced, whoever sends it: what is too short, too long, or holds anything but safe characters', async t => {
  const id = createRequestIds(['127.0.0.1'])
  for (const good of ['a'.repeat(16), 'a'.repeat(60), '550e8400-e29b-41d4-a716-446655440000', 'req_2026.11.26-0001']) t.equal(id(good, '127.0.0.1'), good)
  for (const bad of ['', '123456', 'a'.repeat(15), 'a'.repeat(61), 'f'.repeat(64), `${GIVEN}\n`, `${GIVEN}\r\nx: y`, `${GIVEN} x`, `${GIVEN}"`, `${GIVEN}\u001b[0m`, `${GIVEN}é`, `${GIVEN},${GIVEN}`, 'alice@example.com.invalid', `-${GIVEN}`, [GIVEN, GIVEN]]) {
    t.match(id(bad, '127.0.0.1'), UUID, JSON.stringify(bad))
  }
})
