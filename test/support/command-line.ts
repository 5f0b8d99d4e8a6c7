import { Writable } from 'node:stream'
import { createApp } from '../../api/app.ts'
import type { Context } from '../../cli/context.ts'
import { run } from '../../cli/run.ts'
import { connectTo, type Server } from '../../cli/server.ts'
import type { TestApi } from './api.ts'

/** What a command line said and ended with. */
export interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output, read as JSON. */
  readonly json: () => unknown
}

/** A command line as a shell would take it apart, as far as double quotes go. */
export const words = (line: string): string[] =>
  (line.match(/(?:[^\s"]|"[^"]*")+/g) ?? []).map((word) => word.replaceAll('"', ''))

/** Carries out a command line in this process. Without a server it finds none; without `ask` there is no terminal. */
export async function runCommand(
  args: readonly string[],
  {
    server,
    ask = null,
    signal = new AbortController().signal,
  }: { server?: Server; ask?: Context['ask']; signal?: AbortSignal } = {},
): Promise<Said> {
  const [stdout, stderr] = [new Kept(), new Kept()]
  const code = await run(args, {
    stdout,
    stderr,
    ask,
    signal,
    connect: () => {
      if (server === undefined) throw new Error('This command line was to need no server')
      return server
    },
  })
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    json: () => JSON.parse(stdout.text) as unknown,
  }
}

/** The API of a test as a server for the command line, without a network. `before` sees every request and may answer it. */
export function serverOf(
  { deps, key }: TestApi,
  before: (request: Request) => Response | undefined | Promise<Response | undefined> = () =>
    undefined,
): Server {
  const app = createApp(deps)
  const signal = new AbortController().signal
  return connectTo({
    url: 'http://rumbo.test',
    key,
    signal,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      return (await before(request.clone())) ?? app.request(request)
    },
  })
}

class Kept extends Writable {
  text = ''

  override _write(chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
