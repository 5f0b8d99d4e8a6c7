import { readFile } from 'node:fs/promises'
import { Hono } from 'hono'
import type { ApiEnv } from '../env.ts'

/** The page's parts, as the browser asks for them. All come from this machine: no network is needed. */
const ASSETS = {
  'swagger-ui.css': {
    url: import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
    type: 'text/css; charset=utf-8',
  },
  'swagger-ui-bundle.js': {
    url: import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
    type: 'text/javascript; charset=utf-8',
  },
} as const

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Rumbo API</title>
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <div id="api"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/assets/start.js"></script>
  </body>
</html>
`

const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  persistAuthorization: true,
  displayRequestDuration: true,
  validatorUrl: null,
})
`

/** Nothing from elsewhere runs on a page into which people type keys. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

/** A page to read and try the API, and the list of its problems. Not in `openapi.json`: they are for people. */
export const docsRoutes = () =>
  new Hono<ApiEnv>()
    .get('/docs', (c) => {
      c.header('content-security-policy', POLICY)
      return c.html(PAGE)
    })
    .get('/docs/assets/start.js', (c) =>
      c.body(START, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
    )
    .get('/docs/assets/:file{swagger-ui\\.css|swagger-ui-bundle\\.js}', async (c) => {
      const { url, type } = ASSETS[c.req.param('file') as keyof typeof ASSETS]
      return c.body(await readFile(new URL(url)), 200, {
        'content-type': type,
        'cache-control': 'public, max-age=86400',
      })
    })
    .get('/docs/problems.md', async (c) => {
      const text = await readFile(new URL('../../docs/problems.md', import.meta.url))
      return c.body(text, 200, { 'content-type': 'text/markdown; charset=utf-8' })
    })
