import type { Client } from '@temporalio/client'

/**
 * Every text that the engine holds in the client's namespace: of all runs each event of the history
 * with its decoded payloads and summaries, search attributes and memo, and what a live actor shows.
 */
export async function readEngineTexts(client: Client): Promise<string[]> {
  const texts: string[] = []
  for await (const { workflowId, runId } of client.workflow.list()) {
    const handle = client.workflow.getHandle(workflowId, runId)
    collect(await handle.fetchHistory(), texts)
    const { raw, status } = await handle.describe()
    collect(raw, texts)
    if (status.name === 'RUNNING')
      collect(await handle.query('__temporal_workflow_metadata'), texts)
  }
  return texts
}

/** Strings as they are, bytes as the text they hold, names of fields that callers choose. */
function collect(value: unknown, texts: string[]): void {
  if (typeof value === 'string') texts.push(value)
  else if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('utf8'))
  else if (Array.isArray(value)) for (const each of value) collect(each, texts)
  else if (typeof value === 'object' && value !== null)
    for (const [name, each] of Object.entries(value)) {
      texts.push(name)
      collect(each, texts)
    }
}
