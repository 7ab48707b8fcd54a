/**
 * Rank-biserial correlation of two samples (Mann–Whitney U, scaled): −1 where every value of the first is below every value
 * of the second, 1 where every one is above, 0 where neither tends to be. Ranks do not mind the long tail of a busy machine.
 */
export function rankBiserial (first: number[], second: number[]): number {
  let above = 0
  for (const a of first) {
    for (const b of second) above += Math.sign(a - b)
  }
  return above / (first.length * second.length)
}

/** Its standard deviation where there is no difference. */
export function rankBiserialDeviation (first: number, second: number): number {
  return Math.sqrt((first + second + 1) / (3 * first * second))
}

/**
 * Milliseconds that each takes, in turn and round after round, so that what disturbs one disturbs the others. The first round
 * warms up and does not count.
 */
export async function timesOf (rounds: number, subjects: Record<string, (round: number) => Promise<unknown>>): Promise<Record<string, number[]>> {
  const order = Object.entries(subjects).map(([name, ask]) => ({ name, ask, times: [] as number[] }))
  for (let round = 0; round <= rounds; round++) {
    for (const { ask, times } of order) {
      const start = performance.now()
      await ask(round)
      if (round > 0) times.push(performance.now() - start)
    }
    // Whoever comes first in a round might have it better or worse: everybody does at times.
    order.push(...order.splice(0, 1))
  }
  return Object.fromEntries(order.map(({ name, times }) => [name, times]))
}
