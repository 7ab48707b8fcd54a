import smCrypto from 'sm-crypto'

/** The digest a client makes of a password. */
export const digest = (password: string): string => smCrypto.sm3(password)
