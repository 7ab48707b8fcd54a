/** What the service must withstand, by group. An id keeps its meaning: tests name it in their titles. */
export const groups = {
  C: 'Credentials',
  R: 'Registration',
  P: 'Password reset',
  K: 'Codes',
  L: 'Throttling',
  E: 'Enumeration and timing',
  T: 'Tokens and sessions',
  I: 'Input',
  X: 'Transport',
  G: 'Logging',
  F: 'Configuration',
  D: 'Dependencies',
  S: 'Shutdown and health',
  V: 'Privacy'
} as const

export type Group = keyof typeof groups

/** Where one proof is enough: embedded mode has no Redis, and SM3 is checked before there is a mode. */
export const provedOnce: Readonly<Record<string, string>> = { D3: 'server', F2: 'no difference' }

export const requirements = {
  C1: 'A password is stored as a PHC string, stretched, under a salt of its own of at least 16 bytes.',
  C2: 'A digest is exactly 64 hexadecimal digits of either case; any other string is the password itself, and both reach one account.',
  C3: 'Common passwords are refused also as digests, and so are the empty password, the address, its local part and the name.',
  C4: 'A hash weaker than today\'s is replaced at login unless the row has changed meanwhile; what a row may ask for is bounded.',
  C5: 'What the old service stored is wrapped without waiting for a login, verified through the wrap, and replaced at the next login.',
  C6: 'A pepper is kept outside the database and named by a key id; a damaged row or a wrong pepper is a failed login and no crash.',
  C7: 'Hashing is bounded: a storm of logins leaves the rest of the service responsive, and the excess is refused at once.',
  C8: 'There is no default administrator, and no input makes one.',

  R1: 'No account exists before Verify.',
  R2: 'The code proves the mailbox: what is stored is what the bearer of the code sent, and not what asked for it.',
  R3: 'Addresses and names are unique by an index of the database, also for many at once.',
  R4: 'With HIDE_ACCOUNTS, known and unknown addresses are answered alike, in content and in time.',
  R5: 'Verify is all or nothing under a cut connection, and can be tried again.',

  P1: 'Asking for a reset changes nothing; only the code does.',
  P2: 'A reset code is bound to its account.',
  P3: 'Without an outstanding reset there is no update.',
  P4: 'A reset revokes every token and code of the account, tells the owner by mail, and returns no token.',
  P5: 'Nothing that a client says about host, origin or proxy reaches a mail.',

  K1: 'Codes come from a cryptographic source, uniform over 000000 to 999999.',
  K2: 'A code lives ten minutes at most.',
  K3: 'A code works once, also for many at once.',
  K4: 'A code allows five wrong tries, each counted before it is compared.',
  K5: 'A mailbox has a daily budget of tries, across all codes.',
  K6: 'A code serves one purpose.',
  K7: 'A new code voids the old one, and comes no sooner than the cooldown: many requests at once send one mail.',
  K8: 'Only a keyed hash of a code is kept.',
  K9: 'A store that was flushed, or has dropped a key, fails closed.',

  L1: 'Failed logins slow down early, an account takes a hundred in a row at most, and spraying from a block of addresses is noticed.',
  L2: 'Tries are counted atomically: those made at once count too.',
  L3: 'Counters go by the canonical account, whatever its spelling.',
  L4: 'The owner is not locked out: a storm elsewhere does not close a network that has logged in before, and a reset opens the account.',
  L5: 'Known and unknown accounts are throttled alike.',
  L6: 'Only configured proxies are believed; IPv6 counts by /64, and an IPv4 address is one in either notation.',
  L7: 'Every route that tests a password or a code is limited.',
  L8: 'No variant of a path evades the counters.',

  E1: 'At Login an unknown account and a wrong password are the same answer, in content and in time.',
  E2: 'An unknown account costs a hash of today\'s parameters, and so does a row of the old service.',
  E3: 'With HIDE_ACCOUNTS, known and unknown addresses are both sent a mail.',

  T1: 'One algorithm is accepted; `none` and confused ones are refused.',
  T2: 'The key has at least 32 bytes and is no example.',
  T3: 'Every claim has to be there and of its type.',
  T4: 'Keys named by the token are ignored, and critical extensions refused.',
  T5: 'Keys can be rotated with an overlap.',
  T6: 'A token ends at once with a change of the password, deletion, logout or disablement, by version and so within the same second.',
  T7: 'A token carries a type of its own.',
  T8: 'Answers follow RFC 6750; a token in the query is refused.',
  T9: 'A malformed header is never an error of ours, and lost knowledge of revocations never a yes.',
  T10: 'A token has an absolute lifetime, all can be revoked together, and none says anything about the person.',

  I1: 'Nothing is coerced, and no unknown field is taken.',
  I2: 'Repeated keys and `__proto__` are refused.',
  I3: 'Limits are small, and no pattern backtracks.',
  I4: 'A body is JSON by its exact content type.',
  I5: 'Input is made canonical first and judged then.',
  I6: 'No quoted, commented or grouped address is taken: RCPT TO equals what is stored.',
  I7: 'No line break and no HTML gets into a mail.',
  I8: 'Addresses are compared byte by byte, spaces at the end included.',
  I9: 'Nothing but strings and numbers reaches the database driver.',

  X1: 'Answers forbid sniffing and caching, carry a policy, and HSTS behind TLS.',
  X2: 'Origins that browsers may call from are a fixed list.',
  X3: 'A wrong method is 405 with Allow; TRACE is not answered.',
  X4: 'Slow headers, slow bodies and idle connections are cut.',
  X5: 'Conflicting lengths are refused, and errors tell nothing of the inside.',

  G1: 'Every authentication event is recorded, in UTC, with its request id.',
  G2: 'No digest, code or token is in any log, and addresses are masked.',
  G3: 'An event is one line, and nothing can be injected into it.',

  F1: 'A missing or weak setting stops the start; the key is named and never the value.',
  F2: 'SM3 is checked against published values.',
  F3: 'MySQL, Redis and SMTP speak TLS, and a database user with only the rights it needs is enough.',

  D1: 'Without the database the answer is 510 in time, and service resumes by itself.',
  D2: 'A slow or half-open dependency costs bounded time.',
  D3: 'Without Redis the service fails closed, quickly.',
  D4: 'A mail that fails is 518: its code void, its cooldown over, logins unaffected.',
  D5: 'An unhandled error ends nothing.',
  D6: 'Jumps of the clock do no harm.',

  S1: 'SIGTERM drains, drops no request and exits with 0.',
  S2: 'A process killed in the middle leaves no code that works twice and no half account.',
  S3: 'Health is cheap and truthful.',

  V1: 'Deletion erases row, codes, counters and sessions.',
  V2: 'A person can have their own data.',
  V3: 'What was never verified expires.'
} as const satisfies Record<`${Group}${number}`, string>

export type Id = keyof typeof requirements

export const ids = Object.keys(requirements) as Id[]

export const isId = (text: string): text is Id => Object.hasOwn(requirements, text)

/** The requirements of a group, in order. */
export const idsOf = (group: Group): Id[] => ids.filter(id => id.startsWith(group))
