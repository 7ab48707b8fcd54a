const ENDINGS = ['1', '123', '!']

/** A word with its first letter in upper case: what forms that insist on a capital letter mostly get. */
export function capitalised (word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** The spellings of a word that are guessed first: lower case, capitalised, upper case, and the former two with 1, 123 or ! at their end. */
export function spellings (word: string): string[] {
  const lower = word.toLowerCase()
  const usual = [lower, capitalised(lower)]
  return [...usual, lower.toUpperCase(), ...usual.flatMap(spelling => ENDINGS.map(ending => spelling + ending))]
}
