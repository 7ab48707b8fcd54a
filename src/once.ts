/** Whether something is told now: at most once within the milliseconds it lasts. */
export type Once = (what: string, lastsMs: number) => boolean

/** Beyond this the oldest is forgotten, and may be told again. */
const MOST_TOLD = 10_000

/** @param now a clock in milliseconds that never goes back */
export function createOnce (now: () => number): Once {
  const told = new Map<string, number>()
  return (what, lastsMs) => {
    if ((told.get(what) ?? 0) > now()) return false
    told.delete(what)
    told.set(what, now() + lastsMs)
    const [oldest] = told.keys()
    if (told.size > MOST_TOLD && oldest !== undefined) told.delete(oldest)
    return true
  }
}
