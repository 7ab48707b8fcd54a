import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { forgetAccount } from '../account.ts'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { CodeField, PasswordField, TextField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { pending, type Pending } from '../pending.ts'
import { refusalOf } from '../problems.ts'
import { BackLink, View } from '../view.tsx'
import { Sent } from './sent.tsx'
import { Mailbox } from './again.tsx'

function Ask ({ onSent }: { onSent: (begun: Pending) => void }): JSX.Element {
  const { t } = useApp()
  const form = useForm({ Email: '', Password: '' }, { Email: checks.email, Password: checks.password }, async values => {
    const Email = checks.addressOf(values.Email)
    const result = await auth.changeEmail({ Email, Password: values.Password })
    if (!result.ok) return result.error === 'LoginFailed' ? { fields: { Password: t.errors.PasswordWrong } } : refusalOf(result, t)
    onSent({ Email, sentAt: Date.now() })
  })
  return (
    <View title={t.email.title}>
      <p class='text'>{t.email.note}</p>
      <Form form={form} submit={t.email.submit}>
        <TextField form={form} name='Email' label={t.fields.NewEmail} type='email' autocomplete='email' />
        <PasswordField form={form} name='Password' label={t.fields.OldPassword} />
      </Form>
      <BackLink to='profile'>{t.back}</BackLink>
    </View>
  )
}

function Confirm ({ begun, onOther }: { begun: Pending, onOther: () => void }): JSX.Element {
  const { t, finish } = useApp()
  const { Email } = begun
  const form = useForm({ VerifyCode: '' }, { VerifyCode: checks.code }, async ({ VerifyCode }) => {
    const result = await auth.confirmEmail({ Email, VerifyCode })
    if (!result.ok) {
      if (result.error !== 'CodeWrong' && result.error !== 'CodeExpired') return { problem: result.error === 'UserExists' ? { error: 'EmailTaken' } : result }
      form.set('VerifyCode', '')
      return { fields: { VerifyCode: t.errors[result.error] } }
    }
    pending('email').clear()
    forgetAccount()
    finish('email_changed', 'profile', t.email.done(Email))
  })
  return (
    <View title={t.code.title}>
      <Sent email={Email} />
      <Form form={form} submit={t.email.confirm}>
        <CodeField form={form} name='VerifyCode' label={t.fields.VerifyCode} hint={t.fields.codeHint} onComplete={() => { form.submit() }} />
      </Form>
      <div class='again'>
        <Mailbox />
        <p class='hint'>{t.email.kept}</p>
      </div>
      {/* Another code takes the password again, which is not kept. */}
      <p class='aside'><button type='button' class='link' onClick={onOther}>{t.code.againOrOther}</button></p>
    </View>
  )
}

export function ChangeEmail (): JSX.Element {
  const [begun, setBegun] = useState(pending('email').read())
  function sent (value: Pending | undefined): void {
    if (value === undefined) pending('email').clear()
    else pending('email').write(value)
    setBegun(value)
  }
  return begun === undefined ? <Ask key='ask' onSent={sent} /> : <Confirm key='confirm' begun={begun} onOther={() => { sent(undefined) }} />
}
