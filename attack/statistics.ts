import { rankBiserial, rankBiserialDeviation } from '../test/support/statistics.ts'

/** Upper tail of the standard normal distribution (Abramowitz and Stegun, 26.2.17). */
function upperTail (z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail = Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z >= 0 ? tail : 1 - tail
}

/**
 * The rank test of Mann and Whitney. `auc` is how often a value of the one is above one of the other: 0.5 where they cannot be told
 * apart, 0 or 1 where one look tells; `p` is how likely as much comes of chance.
 */
export function rankTest (ones: number[], others: number[]): { auc: number, p: number } {
  const correlation = rankBiserial(ones, others)
  return { auc: (correlation + 1) / 2, p: 2 * upperTail(Math.abs(correlation / rankBiserialDeviation(ones.length, others.length))) }
}

/** How likely digits this uneven come of chance, all places taken together: a chi-square test, by the approximation of Wilson and Hilferty. */
export function digitsTest (codes: string[]): number {
  const expected = codes.length / 10
  let chi = 0
  for (let place = 0; place < 6; place++) {
    for (let digit = 0; digit < 10; digit++) {
      const seen = codes.filter(code => code[place] === String(digit)).length
      chi += (seen - expected) ** 2 / expected
    }
  }
  const freedom = 54
  const spread = 2 / (9 * freedom)
  return upperTail(((chi / freedom) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread))
}
