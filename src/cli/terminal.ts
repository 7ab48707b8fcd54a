import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** A hundred and twenty bits, in characters that can be copied. */
export const generatedPassword = (): string => randomBytes(15).toString('base64url')

/** A line of standard input; empty where it ends first. On a terminal it is asked for, on standard error, and is seen while it is typed or not. */
async function lineOf (question: string, echo: boolean): Promise<string> {
  const terminal = process.stdin.isTTY
  if (terminal || echo) process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => { done() } })
  const lines = createInterface({ input: process.stdin, output: terminal && echo ? process.stderr : silent, terminal })
  try {
    return await new Promise(resolve => {
      lines.once('line', resolve)
      lines.once('close', () => { resolve('') })
    })
  } finally {
    lines.close()
    process.stdin.unref?.()
    if (terminal && !echo) process.stderr.write('\n')
  }
}

export const askForPassword = (): Promise<string> => lineOf('Password: ', false)

export async function confirm (question: string): Promise<boolean> {
  return (await lineOf(`${question} Type "yes": `, true)).trim() === 'yes'
}
