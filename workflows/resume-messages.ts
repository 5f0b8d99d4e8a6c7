/** All that callers need to know of a resume: its type, id, input. */

export const RESUME_WORKFLOW = 'resume'

/** One workflow for each, while it is being worked off. */
export const resumeWorkflowId = (resumeId: string): string => `resume/${resumeId}`

export interface ResumeInput {
  readonly resumeId: string
}
