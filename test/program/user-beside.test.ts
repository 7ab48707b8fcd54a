import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { deployment, digest, modes } from '../helper.ts'
import { ask, register, serve } from '../support/program.ts'
import { user } from '../support/user.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const credentials = ({ Email, Password }: typeof alice): object => ({ Email, Password })
const bearer = (token: unknown): Record<string, string> => ({ authorization: `Bearer ${String(token)}` })

/** A second where the machine has nothing else to do; without word from the program it would be a minute. */
const BOUND_MS = 10_000

/** Milliseconds until a token is refused, asked every few. */
async function refusedAfter (url: string, token: unknown): Promise<number> {
  const since = performance.now()
  while ((await ask(`${url}/CheckJWTToken`, undefined, bearer(token))).status !== 401) {
    if (performance.now() - since > 20_000) throw new Error('never refused')
    await sleep(20)
  }
  return performance.now() - since
}

for (const mode of modes) {
  t.test(`${mode}: T6: beside the running service, what is disabled or revoked from a shell is refused there soon`, async t => {
    const settings = await deployment(t, mode)
    const url = await serve(t, settings).url()
    await register(url, alice)
    const login = async (): Promise<unknown> => (await ask(`${url}/Auth/Login`, credentials(alice))).body.Token
    const token = await login()
    t.match(await ask(`${url}/CheckJWTToken`, undefined, bearer(token)), { status: 200 })
    t.match(await user(t, settings, ['disable', ' ALICE@example.com']), { code: 0, stdout: /^Account \d+ \(alice@example\.com\) is disabled, and its sessions have ended\.\n$/, stderr: '' })
    t.ok(await refusedAfter(url, token) < BOUND_MS)
    t.match(await ask(`${url}/Auth/Login`, credentials(alice)), { body: { Code: 501 } })
    t.match(await user(t, settings, ['enable', 'alice@example.com']), { code: 0 })
    t.match(await ask(`${url}/CheckJWTToken`, undefined, bearer(token)), { status: 401 })
    const second = await login()
    t.match(await ask(`${url}/CheckJWTToken`, undefined, bearer(second)), { status: 200 })
    const { stdout } = await user(t, settings, ['revoke', 'alice@example.com', '--json'])
    t.match(JSON.parse(stdout), { User: { Email: 'alice@example.com', Disabled: false } })
    t.ok(await refusedAfter(url, second) < BOUND_MS)
  })
}
