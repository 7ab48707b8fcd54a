import autocannon from 'autocannon'
import { median, round, type Figure } from './figure.ts'
import { startBeside } from './service.ts'

/** Where hashes run, as `bare.js beside` takes it. */
const PLACES: Record<string, string> = {
  libuv: 'hashes on libuv\'s pool, three at once',
  free: 'hashes on threads, a core left free',
  0: 'hashes on a thread for each core',
  5: 'the same, of niceness 5',
  10: 'the same, of niceness 10',
  19: 'the same, of niceness 19'
}
const ROUNDS = 3
const SECONDS = 3

/** What a route keeps while hashes take all they can get, wherever these run; and how many hashes there are when nobody asks. */
export async function threads (): Promise<Figure[]> {
  const measured = new Map(Object.keys(PLACES).map(place => [place, { requests: [] as number[], p99: [] as number[], hashes: [] as number[], alone: [] as number[] }]))
  for (let i = 0; i < ROUNDS; i++) {
    for (const [place, { requests, p99, hashes, alone }] of measured) {
      const peer = await startBeside(place)
      alone.push(await peer.hashesPerSecond(SECONDS))
      const [load, rate] = await Promise.all([autocannon({ url: peer.url, connections: 8, duration: SECONDS }), peer.hashesPerSecond(SECONDS)])
      requests.push(load.requests.average)
      p99.push(load.latency.p99)
      hashes.push(rate)
      await peer.stop()
    }
  }
  const most = Math.max(...[...measured.values()].map(({ requests }) => median(requests)))
  return [...measured].map(([place, { requests, p99, hashes, alone }]) => ({
    what: PLACES[place] ?? place,
    value: round(median(requests) / most),
    unit: '× best',
    target: '',
    detail: `${Math.round(median(requests))} requests/s, p99 ${median(p99)} ms, with ${round(median(hashes))} hashes/s beside; ${round(median(alone))} hashes/s alone`
  }))
}
