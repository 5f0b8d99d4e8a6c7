import { createServer } from 'node:net'

/** `preferred` if nobody listens there, else any free port. Without one: any free port. */
export async function freePort(preferred = 0, host = '127.0.0.1'): Promise<number> {
  return (await portIfFree(preferred, host)) ?? (await freePort(0, host))
}

/** The port (0: any) if it can be listened on; undefined if it is taken. */
export async function portIfFree(port: number, host: string): Promise<number | undefined> {
  const probe = createServer()
  return new Promise((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    probe.listen(port, host, () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}
