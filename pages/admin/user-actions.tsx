import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import type { Problem } from '../problems.ts'
import { Dialog } from './dialog.tsx'
import { Input } from './parts.tsx'
import { Trouble } from './trouble.tsx'
import type { User } from './users.tsx'
import { useWords } from './words.ts'
import type { Words } from './zh.ts'

type Action = 'disable' | 'enable' | 'grant' | 'take' | 'revoke' | 'delete'

interface Ways { title: string, text: string, done: string, run: () => Promise<Problem | undefined> }

function waysOf ({ UserID, Email }: User, { user: words }: Words): Record<Action, Ways> {
  const id = String(UserID)
  const asked = async (answer: Promise<{ ok: true } | ({ ok: false } & Problem)>): Promise<Problem | undefined> => {
    const result = await answer
    return result.ok ? undefined : result
  }
  const change = (body: { Disabled?: boolean, Role?: User['Role'] }) => async () => asked(auth.admin.changeUser({ UserID: id, ...body }))
  return {
    disable: { title: words.disable, text: words.disableText, done: words.disabled, run: change({ Disabled: true }) },
    enable: { title: words.enable, text: '', done: words.enabled, run: change({ Disabled: false }) },
    grant: { title: words.grant, text: words.grantText, done: words.granted, run: change({ Role: 'super_admin' }) },
    take: { title: words.take, text: words.takeText, done: words.taken, run: change({ Role: 'user' }) },
    revoke: { title: words.revoke, text: words.revokeText, done: words.revoked, run: async () => asked(auth.admin.revokeUserSessions({ UserID: id })) },
    delete: { title: words.delete, text: words.deleteText, done: words.deleted(Email), run: async () => asked(auth.admin.deleteUser({ UserID: id })) }
  }
}

interface Props {
  user: User
  /** Something was done, and what is shown is no longer true. */
  onDone: () => void
  /** Answers whether the administrator is still one: a 403 has two meanings. */
  mayStill: () => Promise<boolean>
}

/** What can be done to an account; each is asked about before, but for what takes nothing from anybody. */
export function UserActions ({ user, onDone, mayStill }: Props): JSX.Element {
  const { say, go } = useApp()
  const words = useWords()
  const [open, setOpen] = useState<Action>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState(false)
  const ways = waysOf(user, words)

  function begin (action: Action): void {
    setTyped('')
    setWrong(false)
    setProblem(undefined)
    if (action === 'enable') run(action)
    else setOpen(action)
  }

  async function run (action: Action): Promise<void> {
    if (busy) return
    if (action === 'delete' && typed.trim().toLowerCase() !== user.Email.toLowerCase()) return setWrong(true)
    setBusy(true)
    const refused = await ways[action].run()
    const last = refused?.error === 'Forbidden' && await mayStill()
    setBusy(false)
    setOpen(undefined)
    setProblem(last ? { error: 'LastSuperAdmin' } : refused)
    if (refused !== undefined) return
    if (action === 'delete') go('admin/users', { replace: true })
    else onDone()
    say(ways[action].done)
  }

  const offered: Action[] = [user.Disabled ? 'enable' : 'disable', user.Role === 'super_admin' ? 'take' : 'grant', 'revoke', 'delete']
  return (
    <section>
      <h2>{words.user.actions}</h2>
      {problem?.error === 'LastSuperAdmin' ? <div role='alert' class='alert'><p>{words.user.last}</p></div> : <Trouble problem={problem} />}
      <ul class='choices'>
        {/* By place: what undoes an action takes its button, and the focus stays on it. */}
        {offered.map((action, i) => <li key={i}><button type='button' class={action === 'delete' ? 'risky' : ''} onClick={() => { begin(action) }}>{ways[action].title}</button></li>)}
      </ul>
      {open !== undefined && (
        <Dialog title={ways[open].title} confirm={ways[open].title} danger={open === 'delete' || open === 'disable'} busy={busy} onConfirm={() => { run(open) }} onClose={() => { setOpen(undefined) }}>
          <p>{ways[open].text}</p>
          <p class='subject'><bdi>{user.Name}</bdi> <span dir='ltr'>{user.Email}</span></p>
          {open === 'delete' && (
            <Input
              id='confirm-email' label={words.user.deleteLabel} inputMode='email' value={typed} error={wrong ? words.user.deleteWrong : undefined}
              onInput={value => { setTyped(value); setWrong(false) }}
            />
          )}
        </Dialog>
      )}
    </section>
  )
}
