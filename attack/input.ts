import type { Attack } from './attack.ts'

export const input: Attack[] = []
