import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { CodeField, PasswordField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { pending, type Pending } from '../pending.ts'
import { refusalOf, type Problem } from '../problems.ts'
import { Link, View } from '../view.tsx'
import { Again } from './again.tsx'
import { Cancel } from './cancel.tsx'
import { Sent } from './sent.tsx'

function Enter ({ begun }: { begun: Pending }): JSX.Element {
  const { t, go, say, finish } = useApp()
  const { Email } = begun
  const form = useForm({ VerifyCode: '', Password: '' }, { VerifyCode: checks.code, Password: checks.newPassword }, async ({ VerifyCode, Password }) => {
    const result = await auth.updatePassword({ Email, Password, VerifyCode })
    if (!result.ok) {
      if (result.error !== 'CodeWrong' && result.error !== 'CodeExpired') return refusalOf(result, t)
      form.set('VerifyCode', '')
      return { fields: { VerifyCode: t.errors[result.error] } }
    }
    pending('reset').clear()
    const login = await auth.login({ Email, Password })
    if (login.ok) return finish('password_reset', 'profile', t.reset.done)
    go('login', { replace: true })
    say(t.reset.doneLogin)
  })

  async function again (): Promise<true | Problem> {
    const result = await auth.resetPassword({ Email })
    if (!result.ok) {
      form.fail(result)
      return result
    }
    pending('reset').write({ Email, sentAt: Date.now() })
    return true
  }

  return (
    <View title={t.reset.title}>
      <Sent email={Email} />
      <Form form={form} submit={t.reset.submit}>
        <input class='unseen' type='email' name='Email' autocomplete='username' value={Email} readOnly tabIndex={-1} aria-hidden='true' />
        <CodeField form={form} name='VerifyCode' label={t.fields.VerifyCode} hint={t.fields.codeHintPassword} onComplete={() => { document.getElementById(form.idOf('Password'))?.focus() }} />
        <PasswordField form={form} name='Password' label={t.fields.NewPassword} hint={t.reset.ends} chosenBy={[Email]} />
      </Form>
      <Again sentAt={begun.sentAt} send={again} />
      <p class='aside'><Link to='forgot'>{t.code.other}</Link></p>
      <Cancel />
    </View>
  )
}

export function Reset (): JSX.Element {
  const { t } = useApp()
  const [begun] = useState(pending('reset').read())
  if (begun !== undefined) return <Enter begun={begun} />
  return (
    <View title={t.reset.title}>
      <p class='text'>{t.forgot.nothing}</p>
      <p class='aside'><Link to='forgot'>{t.forgot.title}</Link></p>
    </View>
  )
}
