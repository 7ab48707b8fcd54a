const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** Seconds of a lifetime as `JWT_EXPIRES_IN` is written: a number with s, m, h, d or w. */
export function lifetimeSeconds (text: string): number {
  const [, count = '', unit = ''] = /^(\d+) ?([smhdw])$/.exec(text) ?? []
  const seconds = SECONDS[unit]
  if (seconds === undefined) throw new TypeError('not a lifetime')
  return Number(count) * seconds
}
