import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { useCountdown } from '../problem.tsx'
import type { Problem } from '../problems.ts'
import { mailboxUrl, settings } from '../settings.ts'

/** In development: where the mail is. */
export function Mailbox (): JSX.Element | null {
  const { t } = useApp()
  return mailboxUrl === undefined ? null : <p><a href={mailboxUrl} target='_blank' rel='noreferrer'>{t.code.mailbox}</a></p>
}

interface AgainProps {
  sentAt: number
  /** Has another code mailed; resolves to whether one was, or to what stood in the way. */
  send: () => Promise<boolean | Problem>
}

/** What to do where no mail comes: wait, look elsewhere, have it sent again. */
export function Again ({ sentAt, send }: AgainProps): JSX.Element {
  const { t, say } = useApp()
  // Never longer than it was at first, should the clock have been put back.
  const [wait, setWait] = useState({ seconds: Math.max(0, Math.min(settings.cooldown, Math.ceil(settings.cooldown - (Date.now() - sentAt) / 1000))) })
  const [busy, setBusy] = useState(false)
  const left = useCountdown(wait.seconds, wait)
  const waiting = left > 0 || busy
  async function onClick (): Promise<void> {
    if (waiting) return
    say('')
    setBusy(true)
    const sent = await send()
    setBusy(false)
    if (sent === true) {
      setWait({ seconds: settings.cooldown })
      say(t.code.resent)
    } else if (typeof sent === 'object' && sent.RetryAfter !== undefined) setWait({ seconds: sent.RetryAfter })
  }
  return (
    <div class='again'>
      <Mailbox />
      <p class='hint'>{t.code.spam}</p>
      {/* Stays where it is while it waits, so that whoever is on it is not thrown off. */}
      <p><button type='button' class='link' aria-disabled={waiting} onClick={() => { onClick() }}>{left > 0 ? t.code.againIn(left) : t.code.again}</button></p>
    </div>
  )
}
