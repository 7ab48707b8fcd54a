/**
 * The page at `/docs`. What it shows comes from its own script, and from Swagger UI.
 *
 * @param mailbox where the development mailbox is, where there is one
 */
export function docsPage (mailbox: string | undefined): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dream Auth · API</title>
<link rel="icon" href="/docs/static/favicon-32x32.png">
<link rel="stylesheet" href="/docs/static/swagger-ui.css">
<link rel="stylesheet" href="/docs/static/docs.css">
<script src="/docs/static/swagger-ui-bundle.js" defer></script>
<script src="/docs/static/docs.js" type="module"></script>
</head>
<body${mailbox === undefined ? '' : ` data-mailbox="${mailbox}"`}>
<section id="start" aria-labelledby="start-title"></section>
<div id="swagger-ui"></div>
<p id="status" role="status"></p>
<noscript>This page needs JavaScript. The document is at <a href="/openapi.yaml">/openapi.yaml</a>.</noscript>
</body>
</html>
`
}
