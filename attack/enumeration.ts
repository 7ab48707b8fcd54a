import type { Attack } from './attack.ts'

export const enumeration: Attack[] = []
