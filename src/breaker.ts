import { Budget, within } from './budget.ts'

/** What a look at a dependency found. */
export interface Finding {
  /** Why it is of no use; `undefined` where it is well. */
  error: unknown
  /** How long the look took, in milliseconds. */
  ms: number
}

/** Knows of one dependency whether asking it is any use, so that a dead one costs milliseconds and not a wait each. */
export interface Breaker {
  /** `open`: it is known dead, and nobody is to ask. */
  state: () => 'closed' | 'open'
  /** What the last look found. */
  last: () => Finding
  /** Takes a look, or joins the one under way. Never rejects. */
  look: () => Promise<Finding>
  /** Somebody asked and had no answer: worth a look. */
  suspect: () => void
  /** Somebody asked and was answered: it is not dead. */
  answered: () => void
  /** Ends the looks. */
  stop: () => void
}

export interface Dependency {
  /** Asks as those do who need it. It is bounded by `limitMs`, which for waits on database and cache service is the budget. */
  probe: () => Promise<unknown>
  limitMs: number
  /** Whether it failed for want of an answer; what refuses in a moment costs nobody time. */
  isDeath: (error: unknown) => boolean
  /** Milliseconds from one look at a dead one to the next. */
  everyMs: number
  /** Told once of each change. */
  changed: (state: 'closed' | 'open', { error }: Finding) => void
}

/**
 * It opens when a look finds no answer and nobody else had one meanwhile, and closes with the first look that is answered. So no request is
 * needed to find out that the dependency is back, and one alone that fails, a pool that is busy or a row that is locked keep nobody out.
 */
export function createBreaker ({ probe, limitMs, isDeath, everyMs, changed }: Dependency): Breaker {
  let state: 'closed' | 'open' = 'closed'
  let last: Finding = { error: undefined, ms: 0 }
  let underWay: Promise<Finding> | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let answers = 0

  async function take (): Promise<Finding> {
    const before = answers
    const start = performance.now()
    const error = await within(new Budget(limitMs), probe).then(() => undefined, (error: unknown) => error ?? new Error('no answer'))
    last = { error, ms: performance.now() - start }
    const found = error !== undefined && isDeath(error) && answers === before ? 'open' : 'closed'
    if (found !== state && !stopped) {
      state = found
      changed(state, last)
    }
    if (state === 'open' && !stopped) timer = setTimeout(look, everyMs).unref()
    return last
  }

  function look (): Promise<Finding> {
    clearTimeout(timer)
    underWay ??= take().finally(() => { underWay = undefined })
    return underWay
  }

  return {
    state: () => state,
    last: () => last,
    look,
    suspect: () => { if (state === 'closed' && !stopped) look() },
    answered: () => { answers++ },
    stop () {
      stopped = true
      clearTimeout(timer)
    }
  }
}
