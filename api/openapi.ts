import type { OpenAPIHono } from '@hono/zod-openapi'
import type { ApiEnv } from './env.ts'

const DESCRIPTION = `
Segment's HTTP tracking API, and resources of our own.

Keys: \`Authorization: Bearer <key>\`, or Basic with the key as user name. The scope that a call needs
stands with its security. Errors are problem documents (RFC 9457) that name everything that is wrong;
\`/docs/problems.md\` explains each. Lists take \`limit\` (at most 200) and \`cursor\`. Commands take an
\`Idempotency-Key\`: the same key and body within 24 hours gets the first answer.
`.trim()

/** Puts the document on `app`, made from the routes that it has by then. */
export function serveOpenApi(app: OpenAPIHono<ApiEnv>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
  })
  app.openAPIRegistry.registerComponent('securitySchemes', 'basic', {
    type: 'http',
    scheme: 'basic',
    description: 'The key as user name, no password',
  })
  // Made once: the routes do not change any more.
  let document: ReturnType<typeof app.getOpenAPI31Document> | undefined
  app.get('/openapi.json', (c) => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: { title: 'Rumbo', version: '0.1.0', description: DESCRIPTION },
      servers: [{ url: '/' }],
    })
    return c.json(document)
  })
}
