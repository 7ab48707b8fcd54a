import { readFileSync } from 'node:fs'
import { dictionary } from '@zxcvbn-ts/language-common'
import { root } from '../root.ts'
import { capitalised, spellings } from './spellings.ts'

// Read at build time only: the service itself knows nothing but digests.

/** How many words of the dictionary, which begins with the most common, are listed in every spelling. */
const MOST_COMMON = 3000
/** Birthdays of most people: half of the passwords chosen in China are digits alone, and many of these a birthday. */
const BIRTHS = { from: Date.UTC(1970, 0, 1), to: Date.UTC(2010, 0, 1) }
const DAY_MS = 86_400_000
const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', '1qaz2wsx3edc4rfv', 'qazwsxedcrfv']
const LONGEST_REPEAT = 16

/** Every password to refuse, each once, in an order that does not change from build to build. */
export function commonPasswords (): string[] {
  const western = dictionary['passwords-common']
  const own = [...lines('china.txt'), ...lines('service.txt')]
  return [...new Set([
    ...western, ...western.map(capitalised),
    ...own, ...[...western.slice(0, MOST_COMMON), ...own].flatMap(spellings),
    ...dates(), ...short(), ...runs()
  ])]
}

function lines (name: string): string[] {
  return readFileSync(new URL(`src/denylist/${name}`, root), 'utf8').split('\n').filter(line => line !== '')
}

/** Neighbours in the alphabet, among the digits and on the keyboard, in either direction. */
function runs (): string[] {
  const rows = ROWS.flatMap(row => [row, Array.from(row).reverse().join('')])
  return rows.flatMap(row => Array.from(row).flatMap((_, from) => Array.from({ length: row.length - from }, (_, i) => row.slice(from, from + i + 1))))
    .filter(run => run.length >= 3)
}

/** 19700101 to 20091231. */
function dates (): string[] {
  const days = (BIRTHS.to - BIRTHS.from) / DAY_MS
  return Array.from({ length: days }, (_, day) => new Date(BIRTHS.from + day * DAY_MS).toISOString().slice(0, 10).replaceAll('-', ''))
}

/**
 * A digest hides how short its password is: one or two printable ASCII characters, three letters, three or four digits, and one
 * character over and over.
 */
function short (): string[] {
  const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  const numbers = [3, 4].flatMap(length => Array.from({ length: 10 ** length }, (_, i) => String(i).padStart(length, '0')))
  const letters = characters.filter(character => /[a-z]/.test(character))
  const pairs = (alphabet: string[]): string[] => alphabet.flatMap(first => alphabet.map(second => first + second))
  const triples = pairs(letters).flatMap(pair => letters.map(letter => pair + letter))
  const repeated = characters.flatMap(character => Array.from({ length: LONGEST_REPEAT - 2 }, (_, i) => character.repeat(3 + i)))
  return [...characters, ...pairs(characters), ...triples, ...numbers, ...repeated]
}
