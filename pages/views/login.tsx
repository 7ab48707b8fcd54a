import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { isAccount, useAccount } from '../account.ts'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { PasswordField, TextField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { refusalOf } from '../problems.ts'
import { nextView } from '../router.ts'
import { Link, View } from '../view.tsx'
import { Cancel } from './cancel.tsx'

/** Logged in already, and sent here by an app: whether to go on as who one is. */
function Continue ({ onOther }: { onOther: () => void }): JSX.Element {
  const { t, back, finish } = useApp()
  const account = useAccount()
  const name = typeof back === 'object' ? back.name : ''
  return (
    <View title={t.login.title}>
      <p class='text'>{isAccount(account) ? t.returning.signedIn(account.Email) : t.loading}</p>
      <button type='button' class='primary' onClick={() => { finish('logged_in', 'profile', '') }}>{t.returning.continue(name)}</button>
      <p class='aside'><button type='button' class='link' onClick={onOther}>{t.returning.other}</button></p>
      <Cancel />
    </View>
  )
}

function LoginForm (): JSX.Element {
  const { t, go, finish } = useApp()
  const form = useForm({ Email: '', Password: '' }, { Email: checks.email, Password: checks.password }, async ({ Email, Password }) => {
    const result = await auth.login({ Email: checks.addressOf(Email), Password })
    if (!result.ok) return refusalOf(result, t)
    // A step on the way to what the person came for, and not yet that.
    const next = nextView()
    if (next === undefined) finish('logged_in', 'profile', '')
    else go(next, { replace: true })
  })
  return (
    <View title={t.login.title}>
      <Form form={form} submit={t.login.submit}>
        <TextField form={form} name='Email' label={t.fields.Email} type='email' autocomplete='username' />
        <PasswordField form={form} name='Password' label={t.fields.Password} />
        <p class='beside'><Link to='forgot'>{t.login.forgot}</Link></p>
      </Form>
      <p class='aside'>{t.login.none} <Link to='sign-up'>{t.login.signUp}</Link></p>
      <Cancel />
    </View>
  )
}

export function Login (): JSX.Element {
  const { t, signedIn, back, go } = useApp()
  // As it was when the view opened: the form must not go while its login is under way.
  const [other, setOther] = useState(signedIn !== true)
  const idle = !other && (back === 'none' || back === 'refused')
  useEffect(() => { if (idle) go(nextView() ?? 'profile', { replace: true }) }, [idle])
  if (other) return <LoginForm />
  return typeof back === 'object' ? <Continue onOther={() => { setOther(true) }} /> : <p class='loading'>{t.loading}</p>
}
