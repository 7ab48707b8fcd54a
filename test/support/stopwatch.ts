import { readFileSync } from 'node:fs'

/** Milliseconds that this thread could have run while the machine ran others instead (proc(5), sched-stats); 0 where the system does not tell. */
function heldUp (): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0
  }
}

/**
 * Begins to measure; what it gives tells the milliseconds since then that were ours. What a busy machine has kept from us is no fault of
 * the service, whose time a test in its process measures with its own.
 */
export function stopwatch (): () => number {
  const [start, before] = [performance.now(), heldUp()]
  return () => Math.max(0, performance.now() - start - (heldUp() - before))
}
