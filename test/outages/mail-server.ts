import type { Socket } from 'node:net'
import type { Ending } from '../support/services.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'

/** How the mail server behaves: takes every mail, refuses for now or for good, dawdles, or hangs up within a message. */
export type Manners = 'polite' | 'refuses for now' | 'refuses for good' | 'tarpit' | 'hangs up'

export interface MailServer {
  settings: Record<string, string>
  manners: Manners
  /** The newest code of an address that was mailed to the end. */
  codes: Map<string, string>
  /** How many mails were taken. */
  taken: () => number
}

/** Three answers of a tarpit are more than any mail is waited for. */
const TARPIT_MS = 3_000

/** A mail server on plain TCP. Mails are expected in English, whose encoding leaves the line with the code as it is. */
export async function startMailServer (ending: Ending): Promise<MailServer> {
  const codes = new Map<string, string>()
  const messages = new WeakMap<Socket, { to: string, code: string }>()
  let taken = 0

  function read (line: string, socket: Socket): void {
    const message = messages.get(socket) ?? { to: '', code: '' }
    messages.set(socket, message)
    message.to = /^RCPT TO:<(.*?)>/.exec(line)?.[1] ?? message.to
    if (/^\d{6}$/.test(line)) message.code = line
    if (line !== '.') return
    taken++
    codes.set(message.to, message.code)
    messages.delete(socket)
  }

  const { settings, lines } = await startScriptedSmtp(ending, (line, socket) => {
    lines.length = 0
    const answer = politely(line)
    const refused = line?.startsWith('RCPT') === true
    if (server.manners === 'refuses for now' && refused) return '451 come back later'
    if (server.manners === 'refuses for good' && refused) return '550 not here'
    if (server.manners === 'hangs up' && line?.startsWith('Subject') === true) socket.destroy()
    if (server.manners === 'tarpit' && answer !== '') {
      setTimeout(() => { if (socket.writable) socket.write(`${answer}\r\n`) }, TARPIT_MS).unref()
      return ''
    }
    if (line !== undefined) read(line, socket)
    return answer
  })
  const server: MailServer = { settings, manners: 'polite', codes, taken: () => taken }
  return server
}
