import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow'

/** What an activation brought a workflow. */
export interface Activated {
  /** Signals handled. */
  readonly signals: number
  /** Answers of regular activities taken in. */
  readonly answers: number
}

export interface ObserverSinks extends Sinks {
  observer: { activated(activated: Activated): void }
}

/**
 * Reports what every activation brought, once the workflow has dealt with it. Goes with the floor's
 * workflow and with ours alike, so that both pay for being watched.
 */
export const interceptors = (): WorkflowInterceptors => {
  const { observer } = proxySinks<ObserverSinks>()
  return {
    internals: [
      {
        activate(input, next) {
          const jobs = input.activation.jobs ?? []
          // Counted first: what runs the jobs takes some of them out of the list.
          const signals = jobs.filter((job) => job.signalWorkflow != null).length
          const answers = jobs.filter(
            (job) => job.resolveActivity != null && job.resolveActivity.isLocal !== true,
          ).length
          next(input)
          if (signals + answers > 0) observer.activated({ signals, answers })
        },
      },
    ],
  }
}
