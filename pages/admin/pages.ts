import { useEffect, useRef, useState } from 'preact/hooks'
import type { Problem } from '../problems.ts'

/** A part of a list, and where the next one begins. */
export interface Part<Item> { items: Item[], next: string | undefined, incomplete: boolean }

export interface Paged<Item> extends Part<Item> {
  /** Counted from 1. */
  page: number
  /** What is shown belongs to a question asked before. */
  loading: boolean
  problem: Problem | undefined
  forward: () => void
  back: () => void
  again: () => void
}

const EMPTY = { items: [], next: undefined, incomplete: false }

/**
 * A list that is looked at page by page, forward by the service's cursors and back by those that led here.
 *
 * @param question what is looked for; another one begins at the first page
 * @param ask for the part after a cursor
 */
export function usePages<Question, Item> (question: Question, ask: (question: Question, after: string | undefined) => Promise<Part<Item> | Problem>): Paged<Item> {
  const [part, setPart] = useState<Part<Item>>(EMPTY)
  const [problem, setProblem] = useState<Problem>()
  const [loading, setLoading] = useState(true)
  const [cursors, setCursors] = useState<Array<string | undefined>>([undefined])
  const asked = useRef(0)

  async function load (path: Array<string | undefined>): Promise<void> {
    const mine = ++asked.current
    setLoading(true)
    const answer = await ask(question, path.at(-1))
    // Something else was asked meanwhile.
    if (mine !== asked.current) return
    setLoading(false)
    if ('error' in answer) {
      // What was allowed before may be so no longer.
      setPart(EMPTY)
      setProblem(answer)
      return
    }
    setProblem(undefined)
    setPart(answer)
    setCursors(path)
  }

  useEffect(() => {
    load([undefined])
    return () => { asked.current++ }
  }, [JSON.stringify(question)])

  return {
    ...part,
    page: cursors.length,
    loading,
    problem,
    forward: () => { if (part.next !== undefined) load([...cursors, part.next]) },
    back: () => { if (cursors.length > 1) load(cursors.slice(0, -1)) },
    again: () => { load(cursors) }
  }
}
