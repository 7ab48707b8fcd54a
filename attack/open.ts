/** What is known to be possible: each is bounded or the price of something else. The numbers are those of src/limits.ts. */
export const open: string[] = []
