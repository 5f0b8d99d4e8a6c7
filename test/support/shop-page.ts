import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A page of a shop, on an origin of its own, whose policy lets through what it must and no more. */
export interface ShopPage {
  readonly origin: string
  /** Where the script of Rumbo comes from, and what stands in its tag. Set before the page is asked for. */
  rumbo: { readonly url: string; readonly attributes: Readonly<Record<string, string>> }
  readonly stop: () => Promise<void>
}

/** Starts one. Every path is the same page. */
export async function startShopPage(): Promise<ShopPage> {
  const server = createServer((request, response) => {
    const { url, attributes } = page.rumbo
    const written = Object.entries(attributes).map(([name, value]) => `data-${name}="${value}"`)
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'self'; script-src ${url}; connect-src ${url}; style-src 'self'; require-trusted-types-for 'script'; base-uri 'none'; frame-ancestors 'none'`,
    })
    response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title>
      <script src="${url}/onsite.js" ${written.join(' ')}></script></head>
      <body><h1>${request.url === '/' ? 'Sofas' : 'Guide'}</h1></body></html>`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const page: ShopPage = {
    origin: `http://127.0.0.1:${port}`,
    rumbo: { url: '', attributes: {} },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return page
}
