import type { Test } from 'tap'
import { emptyFolder, compiled, start } from './program.ts'

export interface Ended { code: unknown, stdout: string, stderr: string }

/** Runs `npm run user` as it is compiled, to its end. */
export async function user (t: Test, settings: Record<string, string>, args: string[], input = ''): Promise<Ended> {
  const program = start(t, process.execPath, [compiled('user'), ...args], settings, emptyFolder(t))
  program.child.stdin?.end(input)
  return { code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
}
