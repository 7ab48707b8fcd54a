import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useApp } from './app-context.ts'
import { textOf, type Problem } from './problems.ts'

/** Seconds left of a wait that begins anew with each `from`. */
export function useCountdown (seconds: number, from: unknown): number {
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    setLeft(seconds)
    // By the clock, as a tab in the background is woken seldom.
    const end = performance.now() + seconds * 1000
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((end - performance.now()) / 1000))
      setLeft(rest)
      if (rest === 0) clearInterval(timer)
    }, 250)
    return () => { clearInterval(timer) }
  }, [seconds, from])
  return left
}

/** Where what went wrong is said. It is always there, so that what comes into it is read out. */
export function Alert ({ children }: { children: ComponentChildren }): JSX.Element {
  return <div role='alert' class='alert'>{children}</div>
}

function Wait ({ problem }: { problem: Problem }): JSX.Element {
  const { t } = useApp()
  const left = useCountdown(problem.RetryAfter ?? 0, problem)
  // Read out once; what runs down is for the eye.
  return (
    <p>
      <span class='unseen'>{t.errors.TooManyRequests(t.minutes(problem.RetryAfter ?? 1))}</span>
      <span aria-hidden='true'>{left > 0 ? t.errors.TooManyRequests(t.minutes(left)) : t.retry}</span>
    </p>
  )
}

export function ProblemText ({ problem }: { problem: Problem }): JSX.Element {
  const { t } = useApp()
  return problem.error === 'TooManyRequests' ? <Wait problem={problem} /> : <p>{textOf(problem, t)}</p>
}
