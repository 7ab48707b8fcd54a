import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { auth } from '../auth.ts'
import * as checks from '../checks.ts'
import { TextField } from '../fields.tsx'
import { Form, useForm } from '../form.tsx'
import { pending } from '../pending.ts'
import { refusalOf } from '../problems.ts'
import { Link, View } from '../view.tsx'
import { Cancel } from './cancel.tsx'

export function Forgot (): JSX.Element {
  const { t, go } = useApp()
  const form = useForm({ Email: pending('reset').read()?.Email ?? '' }, { Email: checks.email }, async values => {
    const Email = checks.addressOf(values.Email)
    const result = await auth.resetPassword({ Email })
    if (!result.ok) return refusalOf(result, t)
    pending('reset').write({ Email, sentAt: Date.now() })
    go('reset')
  })
  return (
    <View title={t.forgot.title}>
      <p class='text'>{t.forgot.text}</p>
      <Form form={form} submit={t.forgot.submit}>
        <TextField form={form} name='Email' label={t.fields.Email} type='email' autocomplete='username' />
      </Form>
      <p class='aside'><Link to='login'>{t.forgot.back}</Link></p>
      <Cancel />
    </View>
  )
}
