import type { Attack } from './attack.ts'

export const credentials: Attack[] = []
