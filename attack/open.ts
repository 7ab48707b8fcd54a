import { WAY_BACK_DAYS } from '../src/own-account.ts'
import { GRACE_MS } from '../src/sessions.ts'
import { limits } from '../src/limits.ts'

const [ACCOUNT_QUARTER, ACCOUNT] = limits.account
const [BLOCK] = limits.block
const [MAILBOX] = limits.mailbox
const [, NETWORK_DAY] = limits.network
const TRIES = 5
const QUARTERS = 96

/** What is known to be possible: each is bounded, or the price of something else. */
export const open: string[] = [
  `Try ${ACCOUNT.points} passwords at an account (${ACCOUNT_QUARTER.points} at once, and as many each quarter of an hour), from as many networks as they like, and after a week of quiet as many again. In between the account is closed to strangers, and its owner can log in from networks used before, or after a reset.`,
  `Keep an account closed to networks that are new to it, for ${ACCOUNT.points} wrong passwords a week. A reset opens it.`,
  `Spray: one guess at each of many accounts from many blocks is as many logins that failed. A network has ${NETWORK_DAY.points.toLocaleString('en')} guesses a day, a block ${(BLOCK.points * QUARTERS).toLocaleString('en')}. The list of common passwords is what stands against it.`,
  `Guess at codes: ${MAILBOX.points} codes a day with ${TRIES} tries each, one chance in ${(1_000_000 / MAILBOX.points / TRIES).toLocaleString('en')} a day for one mailbox, each code announced to its owner by a mail. Over many mailboxes the chances add up.`,
  `Send a mailbox ${MAILBOX.points} mails of each kind a day, hold its cooldown for as many minutes, and void a code that its owner waits for: a new code takes the place of the older one, and ${TRIES} wrong guesses use any code up.`,
  'Use up the share that strangers have of a mailbox\'s codes, so that an owner on a network new to the account waits a day for a reset. From a network used before it goes on.',
  'Sit behind the same address as an owner: such a network is believed more, and can be throttled together with the owner.',
  'Ask Sign and ResetPassword who has an account, some 60 times a quarter of an hour and network, unless `HIDE_ACCOUNTS=true`. The answer that a name is taken after a valid code remains.',
  'Tell some accounts from none by the time of a wrong password, after `PASSWORD_HASH` was changed or the iterations were lowered: those whose hashes cost more than any of the 500 oldest accounts, at which a process looks when it starts.',
  `With token and password: everything their owner can, at once and without a trace in the mailbox but a notice; deletion cannot be undone. An address that the account was moved from has it back for ${WAY_BACK_DAYS} days, which is as true for whoever reads a mailbox that its owner has given up.`,
  'With a copy of a token: act as its owner until the session ends. A copy that both refresh is noticed at the next refresh but one; a change of password ends every session but the one that asks, and so not a copy of its token until it is refreshed.',
  `Hold a session alive with a token that was refreshed less than ${GRACE_MS / 1000} s ago: answers may be lost.`,
  'With write access to the table: replace a hash, or make one that holds a hashing thread for some seconds. With write access to Redis: forget every count, though no code comes back.',
  'With the key of the tokens (`JWT_SECRET_KEY`): everything. With the table and Redis alone: try passwords against the salted hashes, one stretching each, unless a pepper is set.',
  'Fill every line and queue with many machines: this service answers 429 and 529 quickly, and volume is for whoever stands in front of it.'
]
