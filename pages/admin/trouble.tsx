import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { Alert, ProblemText } from '../problem.tsx'
import type { Problem } from '../problems.ts'

/** What went wrong, and the way to try again. */
export function Trouble ({ problem, again }: { problem: Problem | undefined, again?: () => void }): JSX.Element {
  const { t } = useApp()
  return (
    <Alert>
      {problem !== undefined && <ProblemText problem={problem} />}
      {problem !== undefined && again !== undefined && <button type='button' class='link' onClick={again}>{t.retry}</button>}
    </Alert>
  )
}
