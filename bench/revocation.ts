import { median, round, type Figure } from './figure.ts'
import type { Running } from './service.ts'
import { checkToken, enrol, logIn, logOut } from './tokens.ts'

/** How long after a logout was answered by one process another, that remembers the token and is asked without pause, has refused it. */
export async function revocationLatency (here: Running, there: Running, times: number): Promise<Figure> {
  await enrol(here)
  const latencies: number[] = []
  for (let i = 0; i < times; i++) {
    const token = await logIn(here)
    for (const service of [here, there, there]) {
      if (await checkToken(service, token) !== 200) throw new Error('a token of the bench is refused')
    }
    await logOut(here, token)
    const answered = performance.now()
    while (await checkToken(there, token) === 200);
    latencies.push(performance.now() - answered)
  }
  return { what: 'server: a logout reaches another process', value: round(median(latencies)), unit: 'ms after its answer (median)', target: '≤ 1000', detail: `slowest of ${times}: ${round(Math.max(...latencies))} ms` }
}
