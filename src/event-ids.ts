import { randomInt, randomUUID } from 'node:crypto'

const COUNTS = 0x1000
/** A clock put back by no more than this is waited for; one put back further is followed, or order would be lost for as long. */
const STEP_BACK_MS = 10_000

const withTime = (milliseconds: number, rest: string): string => {
  const time = milliseconds.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest}`
}

/**
 * Makes UUIDs of version 7 (RFC 9562, 6.2, method 1): they sort by time, and those of one process in the order in which they
 * were made, also within a millisecond. The argument is the wall clock in milliseconds.
 */
export function createEventIds (): (milliseconds: number) => string {
  let time = 0
  let count = 0
  return milliseconds => {
    const current = Math.floor(milliseconds)
    if (current > time || current < time - STEP_BACK_MS) {
      time = current
      // From the lower half, to leave room for what follows within the same millisecond.
      count = randomInt(COUNTS / 2)
    } else if (++count === COUNTS) {
      time++
      count = 0
    }
    // Variant and 62 random bits are those of a version 4.
    return withTime(time, `7${count.toString(16).padStart(3, '0')}${randomUUID().slice(18)}`)
  }
}

/** What every id made from this time on is at least, and every earlier one is below. */
export function leastEventId (milliseconds: number): string {
  return withTime(Math.max(0, Math.floor(milliseconds)), '7000-8000-000000000000')
}

/** When an id was made: wall clock in milliseconds. */
export function timeOfEventId (id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
}
