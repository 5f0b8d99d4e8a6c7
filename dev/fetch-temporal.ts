import { Runtime } from '@temporalio/worker'

// Run as a process of its own, `<folder> <version>`: makes the SDK download its dev server into the
// folder. The SDK has no call for that alone, so the server is started once and stopped.
/** The SDK fetches a file anew when it is older than this; ours is pinned and never goes stale. */
const KEPT_MS = 10 * 365 * 86_400_000

const [downloadDir = '', version = ''] = process.argv.slice(2)
const runtime = Runtime.instance()
try {
  const server = await runtime.createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir,
      version,
      ttl: KEPT_MS,
      sdkName: 'sdk-typescript',
      sdkVersion: '1.24',
    },
    namespace: 'default',
    ip: '127.0.0.1',
    port: null,
    uiPort: null,
    dbFilename: null,
    ui: false,
    log: { format: 'pretty', level: 'error' },
    extraArgs: [],
  })
  await runtime.shutdownEphemeralServer(server)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
