import { median } from '../bench/figure.ts'
import { parseHash } from '../src/phc.ts'
import { createPasswords, type Passwords } from '../src/passwords.ts'
import { createQueue } from '../src/queue.ts'
import { createHashThreads } from '../src/stretch.ts'
import { hex } from '../src/legacy-hash.ts'
import { isGuess, tally, type Attack } from './attack.ts'
import { digest, freshNetwork, ITERATIONS, somebody, type Deployment, type Ground } from './ground.ts'
import { rankTest } from './statistics.ts'
import { guess } from './throttling.ts'

const SAMPLES = 24

/** Sets what is stored for a new account. */
async function stored (deployment: Deployment, password: string): Promise<string> {
  const { Email } = await deployment.register()
  await deployment.rows('UPDATE Users SET Password = ? WHERE EmailKey = ?', [password, Email])
  return Email
}

/** Hashes as the service makes them, at a cost of our choice. */
async function withPasswords<T> (iterations: number, use: (passwords: Passwords) => Promise<T>): Promise<T> {
  const threads = createHashThreads()
  try {
    return await use(createPasswords({ cost: { scheme: 'pbkdf2-sm3', iterations }, requireDigest: false, peppers: [] }, createQueue(1, 10), threads.stretch))
  } finally {
    await threads.close()
  }
}

const sent = { sent: digest('the password of an old account'), digest: digest('the password of an old account') }

/** An account of every kind that the table of an old deployment can hold. */
async function kinds (deployment: Deployment): Promise<Record<string, string>> {
  const wrap = (inner: 'sha256' | 'sm3'): Promise<string> => withPasswords(ITERATIONS.dear, ({ wrap }) => wrap(hex(inner, sent.sent), inner))
  return {
    'wrong password': (await deployment.register()).Email,
    'bare SHA-256': await stored(deployment, hex('sha256', sent.sent)),
    'wrapped SHA-256': await stored(deployment, await wrap('sha256')),
    'wrapped SM3': await stored(deployment, await wrap('sm3')),
    'a tenth of the iterations': await stored(deployment, await withPasswords(ITERATIONS.dear / 10, ({ hash }) => hash(sent))),
    'a damaged row': await stored(deployment, '$pbkdf2-sm3$damaged')
  }
}

async function timing ({ dear }: Ground): Promise<{ held: boolean, came: string }> {
  const accounts = await kinds(dear)
  const times = new Map<string, number[]>(['unknown account', ...Object.keys(accounts)].map(kind => [kind, []]))
  for (let round = 0; round < SAMPLES; round++) {
    await dear.calm()
    for (const [kind, taken] of times) {
      // Each kind at each process, one after the other: what disturbs one sample disturbs its neighbours.
      const { ms } = await dear.login({ ...somebody(), Email: accounts[kind] ?? somebody().Email }, freshNetwork())
      taken.push(ms)
    }
    if (times.size % 2 === 0) await dear.login(somebody(), freshNetwork())
  }
  const unknown = times.get('unknown account') ?? []
  const base = median(unknown)
  const compared = Object.keys(accounts).map(kind => {
    const taken = times.get(kind) ?? []
    const { auc, p } = rankTest(taken, unknown)
    return { told: p < 0.001 && Math.abs(auc - 0.5) > 0.25 && Math.abs(median(taken) - base) > 0.1 * base, said: `${kind} ${median(taken).toFixed(0)} ms (AUC ${auc.toFixed(2)})` }
  })
  return { held: compared.every(({ told }) => !told), came: `unknown ${base.toFixed(0)} ms; ${compared.map(({ said }) => said).join(', ')}` }
}

export const enumeration: Attack[] = [{
  id: 'E1',
  defence: 'one answer for an unknown account and a wrong password, decided in one place',
  probes: [{
    tried: 'every byte of the answers to unknown, wrong, legacy and damaged, in two languages, from both processes',
    async run ({ main }) {
      const emails = [...Object.values(await kinds(main)), ...Array.from({ length: 4 }, () => somebody().Email)]
      const bytes = new Set<string>()
      for (const language of ['zh', 'en']) {
        const answers = await Promise.all(emails.flatMap(Email => [0, 1].map(() => main.post('/Auth/Login', { Email, Password: digest('wrong') }, { from: freshNetwork(), headers: { 'accept-language': language } }))))
        for (const answer of answers) bytes.add(isGuess(answer) ? answer.bytes : `${answer.code}`)
      }
      return { held: bytes.size === 2, came: `${bytes.size} different answers, one a language` }
    }
  }]
}, {
  id: 'E2',
  defence: 'an unknown account costs a hash; cheaper and older hashes are padded to the same cost',
  probes: [{ tried: `${SAMPLES} interleaved logins of each kind, rank test`, run: timing }]
}, {
  id: 'C5',
  defence: 'hashes of the old service are wrapped in salted, stretched ones without waiting for a login, and replaced at login',
  probes: [{
    tried: 'rows with bare SHA-256, bare SM3 and wrapped hashes, logged in to and read again',
    async run ({ main }) {
      const { sent: password } = sent
      const rows = [hex('sha256', password), hex('sm3', password), ...await withPasswords(ITERATIONS.cheap, async ({ wrap }) => [await wrap(hex('sha256', password), 'sha256'), await wrap(hex('sm3', password), 'sm3')])]
      const results = await Promise.all(rows.map(async row => {
        const Email = await stored(main, row)
        const refused = await guess(main, Email, freshNetwork())
        const { code } = await main.login({ Name: '', Email, Password: password }, freshNetwork())
        const [after] = await main.rows('SELECT Password FROM Users WHERE EmailKey = ?', [Email])
        const now = parseHash(String(after?.Password))
        return refused.code === 501 && code === 200 && now !== undefined && now.inner === undefined
      }))
      return { held: !results.includes(false), came: `${results.filter(Boolean).length} of ${rows.length} replaced` }
    }
  }, {
    tried: 'a stolen table of 50 bare SHA-256 hashes, after its owner adopted it beside the service; each stolen hash sent as the password',
    async run ({ main }) {
      const emails = await Promise.all(Array.from({ length: 50 }, () => stored(main, hex('sha256', sent.sent))))
      const said = (await main.run('adopt', '--from', 'sha256')).split('\n').at(-1) ?? ''
      const [bare] = await main.rows('SELECT COUNT(*) AS n FROM Users WHERE LENGTH(Password) = 64')
      const thief = await Promise.all(emails.slice(0, 10).map(Email => main.login({ Name: '', Email, Password: hex('sha256', sent.sent) }, freshNetwork())))
      const owners = await Promise.all(emails.slice(0, 10).map(Email => main.login({ Name: '', Email, Password: sent.sent }, freshNetwork())))
      return { held: Number(bare?.n) === 0 && thief.every(({ code }) => code === 501) && owners.every(({ code }) => code === 200), came: `${String(bare?.n)} bare hashes left (${said.split(',')[0]}); thieves ${tally(thief)}, owners ${tally(owners)}` }
    }
  }, {
    tried: 'a wrapped hash, and what it was made of, sent as the password',
    async run ({ main }) {
      const bare = hex('sha256', sent.sent)
      const wrapped = await withPasswords(ITERATIONS.cheap, ({ wrap }) => wrap(bare, 'sha256'))
      const Email = await stored(main, wrapped)
      const codes = await Promise.all([wrapped, wrapped.split('$').at(-1) ?? '', bare].map(async Password => (await main.login({ Name: '', Email, Password: Password.slice(0, 128) }, freshNetwork())).code))
      return { held: codes.every(code => code === 501), came: codes.join(', ') }
    }
  }]
}]
