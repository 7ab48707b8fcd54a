import t from 'tap'
import { fail } from '../../src/catalogue.ts'
import { createCodes, type Codes, type CodeStore } from '../../src/codes.ts'
import { createOnce } from '../../src/once.ts'
import { createMemoryCodeStore } from '../../src/stores/codes.memory.ts'

const options = { secret: 'a key for tests: 9f2b7c41e8d05a63b1f4', ttlSeconds: 300, cooldownSeconds: 60 }
const silent = (): void => {}
const never = (): boolean => false

/** Codes over the store in the process, and the clock it goes by. */
function codesAt (): { codes: Codes, store: CodeStore, pass: (seconds: number) => void } {
  let now = 0
  const store = createMemoryCodeStore(() => now)
  return { codes: createCodes(store, options, silent, createOnce(() => now)), store, pass: seconds => { now += seconds * 1000 } }
}

/** A code that is not the given one. */
const other = (code: string): string => code.replace(/^./, first => String((Number(first) + 1) % 10))

t.test('K1: codes are six digits, leading zeros kept, and uniform', async t => {
  const { codes } = codesAt()
  const draws = 20_000
  const seen = new Set<string>()
  const counts = Array.from({ length: 6 }, () => new Array<number>(10).fill(0))
  for (let i = 0; i < draws; i++) {
    const code = await codes.issue('sign', `${i}@example.com`)
    if (!/^[0-9]{6}$/.test(code)) t.fail(`not six digits: ${code}`)
    seen.add(code)
    for (const [place, digit] of [...code].entries()) {
      const count = counts[place]
      if (count !== undefined) count[Number(digit)] = (count[Number(digit)] ?? 0) + 1
    }
  }
  for (const [place, count] of counts.entries()) {
    const expected = draws / 10
    const chiSquare = count.reduce((sum, each) => sum + (each - expected) ** 2 / expected, 0)
    // Nine degrees of freedom: a fair source exceeds 50 once in ten million runs.
    t.ok(chiSquare < 50, `digit ${place + 1}: χ² = ${chiSquare.toFixed(1)}`)
  }
  // Of a million codes, 20,000 fair draws hit some 19,800.
  t.ok(seen.size > 19_600, `${seen.size} different codes`)
  // Fair draws miss the first or the last thousandth of the range once in 200 million runs.
  const numbers = [...seen].map(Number)
  t.ok(Math.min(...numbers) < 1_000 && Math.max(...numbers) >= 999_000, 'the range is used to its ends')
})

t.test('K3: a code allows one change and is spent by it', async t => {
  const { codes } = codesAt()
  const code = await codes.issue('sign', 'alice@example.com')
  t.equal(await codes.spend('sign', 'alice@example.com', code, async () => 'changed'), 'changed')
  await t.rejects(codes.spend('sign', 'alice@example.com', code, async () => t.fail('changed twice')), fail('CodeExpired'))
  t.match(await codes.issue('sign', 'alice@example.com'), /^\d{6}$/, 'the next code may be had at once')
})

t.test('R5: a change that fails leaves its code usable, and its error is what the caller sees', async t => {
  const { codes } = codesAt()
  const code = await codes.issue('reset', 'alice@example.com')
  const failure = new Error('the database went away')
  await t.rejects(codes.spend('reset', 'alice@example.com', code, async () => { throw failure }), failure)
  await t.rejects(codes.spend('reset', 'alice@example.com', code, () => { throw failure }), failure, 'also when it fails before its first await')
  t.equal(await codes.spend('reset', 'alice@example.com', code, async () => 'changed'), 'changed')
})

t.test('K3: while a change is under way nobody else can use its code', async t => {
  const { codes } = codesAt()
  const code = await codes.issue('reset', 'alice@example.com')
  await codes.spend('reset', 'alice@example.com', code, async () => {
    await t.rejects(codes.spend('reset', 'alice@example.com', code, async () => t.fail('changed twice')), fail('CodeExpired'))
  })
})

t.test('K6: a code for one purpose is none for the other', async t => {
  const { codes } = codesAt()
  const sign = await codes.issue('sign', 'alice@example.com')
  await t.rejects(codes.spend('reset', 'alice@example.com', sign, async () => t.fail('changed')), fail('CodeExpired'))
  const reset = await codes.issue('reset', 'alice@example.com')
  if (reset !== sign) await t.rejects(codes.spend('reset', 'alice@example.com', sign, async () => t.fail('changed')), fail('CodeWrong'))
  t.equal(await codes.spend('sign', 'alice@example.com', sign, async () => 'signed'), 'signed')
  t.equal(await codes.spend('reset', 'alice@example.com', reset, async () => 'reset'), 'reset')
})

t.test('P2: a code for one address is none for another', async t => {
  const { codes } = codesAt()
  const code = await codes.issue('reset', 'alice@example.com')
  await t.rejects(codes.spend('reset', 'bob@example.com', code, async () => t.fail('changed')), fail('CodeExpired'))
  t.equal(await codes.spend('reset', 'alice@example.com', code, async () => 'changed'), 'changed')
})

t.test('K6, P2, K8: what the store is given differs by purpose, address and key even for the same code, and shows none of them', async t => {
  const kept: Array<{ subject: string, hash: string }> = []
  const recording: CodeStore = { ...createMemoryCodeStore(() => 0), take: async (subject, hash) => { kept.push({ subject, hash }); return 'gone' } }
  const asked = [['sign', 'alice@example.com', options.secret], ['reset', 'alice@example.com', options.secret], ['sign', 'bob@example.com', options.secret], ['sign', 'alice@example.com', 'another key: 5b0d77ae1c9f4e21']] as const
  for (const [purpose, email, secret] of asked) {
    await createCodes(recording, { ...options, secret }, silent, never).spend(purpose, email, '042917', async () => {}).catch(silent)
  }
  t.equal(new Set(kept.map(({ subject }) => subject)).size, 4)
  t.equal(new Set(kept.map(({ hash }) => hash)).size, 4)
  t.notMatch(JSON.stringify(kept), /042917|alice|bob|example/)
})

t.test('K6, P2: a code that moves an account to an address is that account\'s alone, and the address\'s', async t => {
  const { codes } = codesAt()
  const [hers, his] = [{ purpose: 'email', account: 1, version: 1 }, { purpose: 'email', account: 2, version: 1 }] as const
  const code = await codes.issue(hers, 'alice@example.net')
  const moved = async (): Promise<string> => 'moved'
  await t.rejects(codes.spend(his, 'alice@example.net', code, moved), fail('CodeWrong'), 'another account')
  await t.rejects(codes.spend(hers, 'bob@example.net', code, moved), fail('CodeExpired'), 'another address')
  for (const use of ['sign', 'reset'] as const) await t.rejects(codes.spend(use, 'alice@example.net', code, moved), fail('CodeExpired'), use)
  t.equal(await codes.spend(hers, 'alice@example.net', code, moved), 'moved')
})

t.test('K5, K7: several accounts cannot send an address more codes than one: wait, budget and tries are the address\'s', async t => {
  const { codes, pass } = codesAt()
  const account = (i: number) => ({ purpose: 'email', account: i, version: 1 }) as const
  for (let i = 0; i < 10; i++) {
    await codes.issue(account(i), 'alice@example.net')
    if (i === 0) {
      await t.rejects(codes.issue(account(1), 'alice@example.net'), fail('TooManyRequests', { RetryAfter: 60 }))
      await t.rejects(codes.refuseWaiting(account(1), 'alice@example.net'), fail('TooManyRequests', { RetryAfter: 60 }))
    }
    pass(60)
  }
  await t.rejects(codes.issue(account(99), 'alice@example.net'), fail('TooManyRequests', { RetryAfter: 24 * 3600 - 600, audit: 'mailbox-day' }))
  t.match(await codes.issue(account(99), 'bob@example.net'), /^[0-9]{6}$/)
  pass(24 * 3600)
  const code = await codes.issue(account(1), 'alice@example.net')
  for (let i = 2; i < 7; i++) await t.rejects(codes.spend(account(i), 'alice@example.net', code, async () => t.fail('moved')), fail('CodeWrong'))
  await t.rejects(codes.spend(account(1), 'alice@example.net', code, async () => t.fail('moved')), fail('CodeExpired'), 'five tries')
})

t.test('a code for an address that could not be delivered is withdrawn as any other', async t => {
  const { codes } = codesAt()
  const use = { purpose: 'email', account: 1, version: 1 } as const
  for (let i = 0; i < 30; i++) {
    const code = await codes.issue(use, 'alice@example.net')
    await codes.withdraw({ ...use, account: 2 }, 'alice@example.net', code)
    await t.rejects(codes.refuseWaiting(use, 'alice@example.net'), fail('TooManyRequests'), 'only the one named')
    await codes.withdraw(use, 'alice@example.net', code)
  }
})

t.test('P4, V1: codes of an address are revoked, or erased with all that was counted, whatever their purpose', async t => {
  const { codes } = codesAt()
  const uses = ['sign', 'reset', { purpose: 'email', account: 1, version: 1 }] as const
  const issued = (email: string) => Promise.all(uses.map(async use => ({ use, code: await codes.issue(use, email) })))
  const refused = async (email: string, each: Awaited<ReturnType<typeof issued>>): Promise<void> => {
    for (const { use, code } of each) await t.rejects(codes.spend(use, email, code, async () => t.fail('changed')), fail('CodeExpired'))
  }
  const first = await issued('alice@example.com')
  await codes.revokeAll('alice@example.com')
  await refused('alice@example.com', first)
  for (const use of uses) await t.rejects(codes.refuseWaiting(use, 'alice@example.com'), fail('TooManyRequests'), 'the wait stays')
  const others = await issued('bob@example.com')
  for (let i = 0; i < 20; i++) {
    await codes.erase('alice@example.com')
    await refused('alice@example.com', await issued('alice@example.com').then(async each => { await codes.erase('alice@example.com'); return each }))
  }
  for (const { use, code } of others) t.equal(await codes.spend(use, 'bob@example.com', code, async () => 'changed'), 'changed')
})

t.test('K4: a wrong code is 520; five of them void it; an expired, void or never issued one is 521', async t => {
  const { codes, pass } = codesAt()
  const spend = (code: string) => codes.spend('sign', 'alice@example.com', code, async () => 'changed')
  await t.rejects(spend('000000'), fail('CodeExpired'), 'never issued')
  const voided = await codes.issue('sign', 'alice@example.com')
  for (let i = 0; i < 5; i++) await t.rejects(spend(other(voided)), fail('CodeWrong'))
  await t.rejects(spend(voided), fail('CodeExpired'), 'void')
  pass(60)
  const expired = await codes.issue('sign', 'alice@example.com')
  pass(300)
  await t.rejects(spend(expired), fail('CodeExpired'), 'expired')
})

t.test('K7: within the cooldown the next code is refused with the seconds left', async t => {
  const { codes, pass } = codesAt()
  await codes.refuseWaiting('sign', 'alice@example.com')
  const code = await codes.issue('sign', 'alice@example.com')
  pass(17.5)
  for (const ask of [() => codes.issue('sign', 'alice@example.com'), () => codes.refuseWaiting('sign', 'alice@example.com')]) {
    await t.rejects(async () => { await ask() }, fail('TooManyRequests', { RetryAfter: 43 }))
  }
  await codes.refuseWaiting('reset', 'alice@example.com')
  t.equal(await codes.spend('sign', 'alice@example.com', code, async () => 'changed'), 'changed', 'a refusal does not void the code')
})

t.test('a withdrawn code is void and the next may be issued at once', async t => {
  const { codes } = codesAt()
  const code = await codes.issue('sign', 'alice@example.com')
  await codes.withdraw('sign', 'alice@example.com', other(code))
  await t.rejects(codes.refuseWaiting('sign', 'alice@example.com'), fail('TooManyRequests'), 'only the one named is withdrawn')
  await codes.withdraw('sign', 'alice@example.com', code)
  await codes.refuseWaiting('sign', 'alice@example.com')
  await t.rejects(codes.spend('sign', 'alice@example.com', code, async () => t.fail('changed')), fail('CodeExpired'))
})

t.test('K3: a spent code that cannot be cleared away is reported, stays spent, and the change stands', async t => {
  const { store } = codesAt()
  const reported: string[] = []
  const failing: CodeStore = { ...store, remove: async () => { throw new Error('Redis went away') } }
  const codes = createCodes(failing, options, (error, what) => { reported.push(`${String(error)}: ${what}`) }, never)
  const code = await codes.issue('reset', 'alice@example.com')
  t.equal(await codes.spend('reset', 'alice@example.com', code, async () => 'changed'), 'changed')
  t.match(reported, [/Redis went away: .*removed/])
  await t.rejects(codes.spend('reset', 'alice@example.com', code, async () => t.fail('changed twice')), fail('CodeExpired'))
})

t.test('a code that cannot be released is reported, stays void, and the failure of the change is what the caller sees', async t => {
  const { store } = codesAt()
  const reported: string[] = []
  const failing: CodeStore = { ...store, release: async () => { throw new Error('Redis went away') } }
  const codes = createCodes(failing, options, (error, what) => { reported.push(`${String(error)}: ${what}`) }, never)
  const code = await codes.issue('reset', 'alice@example.com')
  const failure = new Error('the database went away')
  await t.rejects(codes.spend('reset', 'alice@example.com', code, async () => { throw failure }), failure)
  t.match(reported, [/Redis went away: .*released/])
  await t.rejects(codes.spend('reset', 'alice@example.com', code, async () => t.fail('changed')), fail('CodeExpired'))
})

t.test('K5: an address is sent ten codes of a kind a day on request of strangers, and ten more for each network it is known on; the trail is told once', async t => {
  const { codes, pass } = codesAt()
  const issueAll = async (asker?: string): Promise<void> => {
    for (let i = 0; i < 10; i++) {
      await codes.refuseWaiting('reset', 'alice@example.com', asker)
      await codes.issue('reset', 'alice@example.com', asker)
      pass(60)
    }
  }
  await issueAll()
  const told = { RetryAfter: 24 * 3600 - 600, audit: 'mailbox-day' }
  await t.rejects(codes.refuseWaiting('reset', 'alice@example.com'), fail('TooManyRequests', told))
  const again = await codes.issue('reset', 'alice@example.com').catch((error: unknown) => Object(error))
  t.same(again.fields, { RetryAfter: told.RetryAfter, limit: 'mailbox-day' }, 'once')
  await issueAll('192.0.2.7')
  await t.rejects(codes.issue('reset', 'alice@example.com', '192.0.2.7'), fail('TooManyRequests'))
  await codes.issue('reset', 'alice@example.com', '198.51.100.9')
  await codes.issue('sign', 'alice@example.com')
  pass(24 * 3600)
  await issueAll()
})

t.test('K5: a code that could not be delivered is not charged', async t => {
  const { codes } = codesAt()
  for (let i = 0; i < 30; i++) await codes.withdraw('sign', 'alice@example.com', await codes.issue('sign', 'alice@example.com'))
  t.match(await codes.issue('sign', 'alice@example.com'), /^[0-9]{6}$/)
})
