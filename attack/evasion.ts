import type { Attack } from './attack.ts'

export const evasion: Attack[] = []
