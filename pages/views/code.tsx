import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { CodeField, PasswordField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { chosenPassword, pending, type Pending } from '../pending.ts'
import { refusalOf } from '../problems.ts'
import { Link, View } from '../view.tsx'
import { Again } from './again.tsx'
import { Cancel } from './cancel.tsx'
import { Sent } from './sent.tsx'

interface EnterProps { begun: Pending & { Name: string } }

function Enter ({ begun }: EnterProps): JSX.Element {
  const { t, go, say, finish } = useApp()
  const { Name, Email } = begun
  // Nothing but the memory of the page has the password: after a reload the person types it again, and what is typed then counts.
  const [forgotten] = useState(chosenPassword.get() === '')
  const form = useForm({ VerifyCode: '', Password: chosenPassword.get() }, { VerifyCode: checks.code, Password: checks.newPassword }, async ({ VerifyCode, Password }) => {
    const result = await auth.verify({ Name, Email, Password, VerifyCode })
    if (!result.ok) {
      if (result.error === 'CodeWrong' || result.error === 'CodeExpired') form.set('VerifyCode', '')
      return refusal(result)
    }
    pending('sign-up').clear()
    chosenPassword.set('')
    const login = await auth.login({ Email, Password })
    if (login.ok) return finish('signed_up', 'profile', t.code.done)
    // The account is there all the same.
    go('login', { replace: true })
    say(t.code.doneLogin)
  })

  /** What is taken meanwhile cannot be helped here: back to the form, which says so. */
  function refusal (result: Parameters<typeof refusalOf>[0]): ReturnType<typeof refusalOf> {
    if (result.error === 'UserExists') return { problem: { error: result.Field === 'Name' ? 'NameTaken' : 'EmailTaken' } }
    return result.error === 'CodeWrong' || result.error === 'CodeExpired' ? { fields: { VerifyCode: t.errors[result.error] } } : refusalOf(result, t)
  }

  async function again (): Promise<boolean | { error: string }> {
    const wrong = checks.newPassword(form.values.Password, t)
    if (wrong !== undefined) {
      form.fail(undefined, { Password: wrong })
      return false
    }
    const result = await auth.sign({ Name, Email, Password: form.values.Password })
    if (!result.ok) {
      const { problem, fields } = refusal(result)
      form.fail(problem, fields)
      return result
    }
    pending('sign-up').write({ Name, Email, sentAt: Date.now() })
    return true
  }

  return (
    <View title={t.code.title}>
      <Sent email={Email} />
      <Form form={form} submit={t.code.submit}>
        {/* For the browser's keeper of passwords. */}
        <input class='unseen' type='email' name='Email' autocomplete='username' value={Email} readOnly tabIndex={-1} aria-hidden='true' />
        <CodeField form={form} name='VerifyCode' label={t.fields.VerifyCode} hint={forgotten ? t.fields.codeHintPassword : t.fields.codeHint} onComplete={() => { if (forgotten) document.getElementById(form.idOf('Password'))?.focus(); else form.submit() }} />
        {forgotten && <PasswordField form={form} name='Password' label={t.fields.Password} hint={t.code.reloaded} chosenBy={[Name, Email]} />}
      </Form>
      <Again sentAt={begun.sentAt} send={again} />
      <p class='aside'><Link to='sign-up'>{t.code.other}</Link></p>
      <Cancel />
    </View>
  )
}

export function Code (): JSX.Element {
  const { t } = useApp()
  const [begun] = useState(pending('sign-up').read())
  if (begun?.Name !== undefined) return <Enter begun={{ ...begun, Name: begun.Name }} />
  return (
    <View title={t.code.title}>
      <p class='text'>{t.code.nothing}</p>
      <p class='aside'><Link to='sign-up'>{t.signUp.title}</Link> · <Link to='login'>{t.login.title}</Link></p>
    </View>
  )
}
