import { setTimeout as sleep } from 'node:timers/promises'
import { isGrpcServiceError } from '@temporalio/client'
import { expect, test } from 'vitest'
import { connectTemporal } from './temporal.ts'

test('a call that waits for its next try ends with its connection, and throws where it was made', async () => {
  // Nobody listens there: an engine that is away.
  const client = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' })
  const failure = client.workflowService.getSystemInfo({}).catch((error: unknown) => error)
  await sleep(30)
  await client.connection.close()
  const error = await failure
  expect(isGrpcServiceError(error) && error.code).toBe(1)
})
