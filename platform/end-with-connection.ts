import type { ConnectionOptions } from '@temporalio/client'

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number]
/** What an interceptor gets of the next one; it may hand it on as it is. */
type Call = ReturnType<Parameters<Interceptor>[1]>

/** gRPC's code for what its caller gave up: nobody tries it again. */
const CANCELLED = 1

/**
 * Ends calls whose connection was closed before their next try: they fail as cancelled ones do. Without it
 * that try throws out of the SDK's timer, where nobody catches it, and takes the process along. To stand
 * behind the interceptor that tries again.
 */
export const endWithConnection: Interceptor = (options, nextCall) => {
  const call = (): Call => {
    try {
      return nextCall(options)
    } catch (error) {
      return endedCall(error instanceof Error ? error.message : String(error))
    }
  }
  // The library's own class adds nothing that it asks of a call.
  return call() as ReturnType<Interceptor>
}

/** A call that is over as soon as it starts. */
function endedCall(details: string): Call {
  return {
    start: (metadata, listener) => {
      listener?.onReceiveMessage?.(null)
      listener?.onReceiveStatus?.({ code: CANCELLED, details, metadata })
    },
    sendMessageWithContext: () => {},
    sendMessage: () => {},
    startRead: () => {},
    halfClose: () => {},
    cancelWithStatus: () => {},
    getPeer: () => '',
    getAuthContext: () => null,
  }
}
