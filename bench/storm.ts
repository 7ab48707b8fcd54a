import { setTimeout as sleep } from 'node:timers/promises'
import { median, quantile, round, type Figure } from './figure.ts'
import type { Running } from './service.ts'

const LOGINS = 200
const PROBE_MS = 10

interface Answers { health: number[], refusedMs: number[], refused: number }

async function timed (work: () => Promise<Response>): Promise<{ ms: number, response: Response }> {
  const start = performance.now()
  const response = await work()
  await response.arrayBuffer()
  return { ms: performance.now() - start, response }
}

/** So many logins at once, each of an account and from a network of its own, and probes of `/health` until the last is answered. */
async function storm (url: string, round: number): Promise<Answers> {
  const answers: Answers = { health: [], refusedMs: [], refused: 0 }
  let raging = true
  const logins = Promise.all(Array.from({ length: LOGINS }, async (_, i) => {
    const { ms, response } = await timed(() => fetch(`${url}/Auth/Login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.${round}.${i}.1` },
      body: JSON.stringify({ Email: `nobody${round}-${i}@example.com`, Password: 'a password of nobody' })
    }))
    if (response.status !== 503) return
    answers.refused++
    answers.refusedMs.push(ms)
  })).then(() => { raging = false })
  // Set by the callback above.
  // eslint-disable-next-line no-unmodified-loop-condition
  while (raging) {
    answers.health.push((await timed(() => fetch(`${url}/health`))).ms)
    await sleep(PROBE_MS)
  }
  await logins
  return answers
}

/** What a load balancer sees while 200 logins come at once. The service must believe the bench about the address of its clients. */
export async function healthInStorm (what: string, { url }: Running, rounds: number): Promise<Figure> {
  const answers: Answers[] = []
  for (let i = 0; i < rounds; i++) answers.push(await storm(url, i))
  const p99s = answers.map(({ health }) => quantile(health, 0.99))
  return {
    what: `${what}: p99 of health in a storm of ${LOGINS} logins`,
    value: round(median(p99s)),
    unit: 'ms',
    target: '≤ 200',
    detail: `slowest ${round(Math.max(...answers.flatMap(({ health }) => health)))} ms; ${median(answers.map(({ refused }) => refused))} refused with 529, half of them within ${round(median(answers.flatMap(({ refusedMs }) => refusedMs)))} ms`
  }
}
