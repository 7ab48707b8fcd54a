/** The top of the document, in Markdown. */
export const introduction = `The account service of Dream 记梦: sign-up by a mailed code, login and sessions, password reset, one's own account, token check, administration and health.

## Answers

Every answer is JSON, an envelope \`{ "Code": integer, "Msg": string, … }\`; only the published keys have the form that their standard fixes.

- **The HTTP status says whether the request could be processed, \`Code\` says what was decided.** A wrong password is a decision: it comes with HTTP 200 and Code 501. So look at \`Code\`, which never depends on the language.
- \`Msg\` is for people: Chinese, or English where \`Accept-Language\` prefers it.
- Each Code of a route is a schema of its own with that one value, so that generated clients can tell answers apart by type: where \`Code\` is 501 there is no \`Token\`, and where it is 200 there is one.
- HTTP 429 and 503 say with \`Retry-After\` in how many seconds it is worth trying again. HTTP 401 means: log in again.

An unknown path is HTTP 404 with Code 404, and a method that a path does not take HTTP 405 with Code 405; both are envelopes.

## Requests

A body is \`application/json\` in UTF-8 of 16 KiB at most. Nothing is converted: a number where a string is due, a field that is not known and one given twice are HTTP 400, and \`Details\` names them.

A password is sent as its SM3 digest (GB/T 32905), 64 hexadecimal digits; one that is sent as it is reaches the same account.

Routes with a lock take the token of a login: \`Authorization: Bearer <Token>\`.

## A worked example

Against a service on this machine that runs without settings, and so shows its mails at \`/dev/mailbox\`. Sign up; the password is the digest of \`correct horse battery staple\`:

\`\`\`sh
BASE=http://127.0.0.1:8888
JSON='Content-Type: application/json'
PASSWORD=70e1b1111d35acc5689c1f09eefb329a80c9ee0f53683015265ed2be34a8b569

curl $BASE/Auth/Sign -H "$JSON" -d '{"Name":"Alice","Email":"alice@example.com","Password":"'$PASSWORD'"}'
# {"Code":200,"Msg":"成功"}
\`\`\`

Create the account with the code from the mail:

\`\`\`sh
curl $BASE/Auth/Verify -H "$JSON" -d '{"Name":"Alice","Email":"alice@example.com","Password":"'$PASSWORD'","VerifyCode":"042917"}'
# {"Code":200,"Msg":"成功"}
\`\`\`

Log in, and have the token checked:

\`\`\`sh
curl $BASE/Auth/Login -H "$JSON" -d '{"Email":"alice@example.com","Password":"'$PASSWORD'"}'
# {"Code":200,"Msg":"成功","Token":"eyJ…","UserID":1}

curl $BASE/CheckJWTToken -H 'Authorization: Bearer eyJ…'
# {"Code":200,"Msg":"成功"}
\`\`\`

With a wrong password there is no token:

\`\`\`sh
curl $BASE/Auth/Login -H "$JSON" -H 'Accept-Language: en' -d '{"Email":"alice@example.com","Password":"wrong"}'
# {"Code":501,"Msg":"Login failed"}
\`\`\`
`
