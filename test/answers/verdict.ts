import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { createJudge } from './judge.ts'
import type { SentAnswer } from './recorder.ts'

const MOST_SHOWN = 20

export interface Verdict {
  /** How many different answers were looked at. */
  answers: number
  /** What is wrong with them, each once. */
  wrong: string[]
  /** Documented replies that were never seen. */
  missing: string[]
}

/**
 * Judges every answer of a run.
 *
 * @param folder where its processes have written them
 * @param document the text of openapi.yaml
 * @param embeddedOnly whether server mode was left out
 */
export function verdict (folder: string, document: string, embeddedOnly: boolean): Verdict {
  const judge = createJudge(parse(document))
  const wrong = new Set<string>()
  let answers = 0
  for (const file of readdirSync(folder)) {
    // The last line of a process that was killed may be half of one.
    for (const line of readFileSync(join(folder, file), 'utf8').split('\n').slice(0, -1)) {
      const answer: SentAnswer = JSON.parse(line)
      answers++
      const objections = judge.objections(answer)
      if (objections.length > 0) wrong.add(`${answer.method} ${answer.url.slice(0, 200)} (${basename(answer.by)}): ${objections.join(', ')}: ${answer.body.slice(0, 500)}`)
    }
  }
  return { answers, wrong: [...wrong], missing: judge.missing(embeddedOnly) }
}

/** A list for people, cut where it is long. */
export function shown (list: string[]): string {
  const more = list.length - MOST_SHOWN
  return [...list.slice(0, MOST_SHOWN), ...more > 0 ? [`and ${more} more`] : []].map(line => `  ${line}`).join('\n')
}
