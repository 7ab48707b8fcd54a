import type { JSX } from 'preact'
import { useApp } from '../app-context.ts'
import { View } from '../view.tsx'

/** On the way back to the app. The link is for browsers that open an app only where somebody pressed something. */
export function Leaving ({ address, name }: { address: string, name: string }): JSX.Element {
  const { t } = useApp()
  return (
    <View title={t.returning.title}>
      <p class='text'>{t.returning.going(name)}</p>
      <a class='primary' href={address}>{t.returning.go(name)}</a>
    </View>
  )
}
