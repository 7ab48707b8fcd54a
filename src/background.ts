import { apart } from './budget.ts'
import type { Report } from './report.ts'

/** What goes on after the answer: its failure is reported, and the service does not stop before its end. */
export interface Background {
  run: (task: () => Promise<void>, whatFailed: string) => void
  /** Resolves once nothing is under way. */
  settled: () => Promise<void>
}

export function createBackground (report: Report): Background {
  const underWay = new Set<Promise<void>>()
  return {
    run (task, whatFailed) {
      const running = apart(task).catch(error => { report(error, whatFailed) }).finally(() => { underWay.delete(running) })
      underWay.add(running)
    },
    async settled () {
      while (underWay.size > 0) await Promise.all(underWay)
    }
  }
}
