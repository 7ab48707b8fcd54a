import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isAccount, useAccount } from '../account.ts'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import { Alert, ProblemText } from '../problem.tsx'
import type { Problem } from '../problems.ts'
import { dayOf } from '../times.ts'
import { Link, View } from '../view.tsx'
import { Cancel } from './cancel.tsx'
import { Sessions } from './sessions.tsx'

/** Has the browser save a text as a file. */
function save (name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // Not before the browser has begun to read it.
  setTimeout(() => { URL.revokeObjectURL(url) }, 10_000)
}

export function Profile (): JSX.Element {
  const { t, say, go, expectLogout } = useApp()
  const account = useAccount()
  const [problem, setProblem] = useState<Problem>()

  async function exportData (): Promise<void> {
    const result = await auth.exportAccount()
    setProblem(result.ok ? undefined : result)
    if (!result.ok) return
    const { ok: _, Code: _code, Msg: _msg, ...data } = result
    save(t.profile.exportFile, `${JSON.stringify(data, undefined, 2)}\n`)
    say(t.profile.exported)
  }
  async function logout (All: boolean): Promise<void> {
    expectLogout(true)
    const result = await auth.logout(All ? { All } : {})
    go('login', { replace: true })
    say(result.ok || result.error === 'Unauthorized' ? t.profile.loggedOut : t.profile.loggedOutHere)
  }

  const found = isAccount(account) ? account : undefined
  const trouble = problem ?? (found === undefined ? account as Problem | undefined : undefined)
  return (
    <View title={t.profile.title} wide>
      <Alert>{trouble !== undefined && <ProblemText problem={trouble} />}</Alert>
      <div class='person'>
        <span class='initial' aria-hidden='true'>{found === undefined ? '' : Array.from(found.Name)[0]}</span>
        <div>
          <p class='name'><bdi>{found?.Name ?? t.loading}</bdi>{found?.Role === 'super_admin' && <span class='tag'>{t.profile.admin}</span>}</p>
          <p class='hint' dir='ltr'>{found?.Email ?? ''}</p>
          {typeof found?.RegisterTime === 'string' && <p class='hint'>{t.profile.since(dayOf(found.RegisterTime, t.lang))}</p>}
        </div>
      </div>
      <Sessions />
      <section>
        <h2>{t.profile.security}</h2>
        <ul class='choices'>
          {found?.Role === 'super_admin' && <li><Link to='admin'>{t.profile.administration}</Link></li>}
          <li><Link to='password'>{t.profile.password}</Link></li>
          <li><Link to='email'>{t.profile.email}</Link></li>
          <li><button type='button' onClick={() => { exportData() }}>{t.profile.export}</button></li>
          <li><Link to='delete' class='risky'>{t.profile.delete}</Link></li>
        </ul>
      </section>
      <div class='buttons'>
        <button type='button' class='secondary' onClick={() => { logout(false) }}>{t.profile.logout}</button>
        <button type='button' class='link' onClick={() => { logout(true) }}>{t.profile.logoutAll}</button>
      </div>
      <Cancel label={t.returning.go} />
    </View>
  )
}
