import type { Socket } from 'node:net'
import { politely, startScriptedSmtp, type ScriptedSmtp } from './smtp.ts'
import type { Ending } from './services.ts'

/** A mail server that can misbehave at each step, and what it was given. */
export interface Courier extends ScriptedSmtp {
  /** What it says to a line instead of what a good server says; `undefined`: the same. */
  says: (line: string | undefined, socket: Socket) => string | undefined
  /** The Message-ID of each mail whose end has come, and of each that it took. */
  offered: string[]
  taken: string[]
}

/** @param port of the system's choice, unless it is the one of a server that was there before */
export async function startCourier (t: Ending, port = 0): Promise<Courier> {
  const courier: Pick<Courier, 'says' | 'offered' | 'taken'> = { says: () => undefined, offered: [], taken: [] }
  const ids = new WeakMap<Socket, string>()
  const smtp = await startScriptedSmtp(t, (line, socket) => {
    const [, id] = /^Message-ID: (.*)$/i.exec(line ?? '') ?? []
    if (id !== undefined) ids.set(socket, id)
    const of = ids.get(socket) ?? 'none'
    if (line === '.') courier.offered.push(of)
    const said = courier.says(line, socket) ?? politely(line)
    if (line === '.' && said.startsWith('250')) courier.taken.push(of)
    return said
  }, port)
  return Object.assign(courier, smtp)
}

/** Gives this answer to lines that begin so, and is good otherwise. */
export function answering (beginning: string | undefined, answer: string): Courier['says'] {
  return line => line === beginning || (beginning !== undefined && line?.startsWith(beginning) === true) ? answer : undefined
}
